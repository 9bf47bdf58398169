package transcript

import (
	"bufio"
	"fmt"
	"io"
	"math"
	"strconv"
	"strings"

	"github.com/luastore/luastore/internal/command"
)

// conn is a client's end of a connection that speaks Redis's protocol.
type conn struct {
	*bufio.Reader
	*bufio.Writer
}

// send sends a command.
func (c conn) send(args []string) error {
	fmt.Fprintf(c, "*%d\r\n", len(args))
	for _, a := range args {
		fmt.Fprintf(c, "$%d\r\n%s\r\n", len(a), a)
	}
	return c.Flush()
}

// receive returns the next reply.
func (c conn) receive() (r command.Reply, err error) {
	line, err := c.ReadString('\n')
	if err != nil {
		return r, err
	}
	line = strings.TrimSuffix(line, "\r\n")
	kind, text := line[0], line[1:]
	switch kind {
	case '+':
		return command.Status(text), nil
	case '-':
		return command.Err(text), nil
	case '(':
		return command.Text(command.BigNumberKind, text), nil
	case '_':
		return command.Reply{}, nil
	case '#':
		return command.Bool(text == "t"), nil
	case ',':
		return parseDouble(text)
	}
	n, err := strconv.ParseInt(text, 10, 64)
	if err != nil {
		return r, fmt.Errorf("a line of the protocol that no client knows: %q", line)
	}
	switch {
	case kind == ':':
		return command.Int(n), nil
	case kind == '$' && n < 0:
		return command.Reply{}, nil
	case kind == '*' && n < 0:
		return command.NilArray(), nil
	case kind == '$' || kind == '=':
		b := make([]byte, n+2)
		_, err = io.ReadFull(c, b)
		r = command.Bulk(string(b[:n]))
		if kind == '=' {
			r.Kind = command.VerbatimKind
		}
		return r, err
	}
	switch kind {
	case '*', '>':
		r = command.Array()
	case '~':
		r = command.Set()
	case '%':
		r, n = command.Map(), 2*n
	default:
		return r, fmt.Errorf("a line of the protocol that no client knows: %q", line)
	}
	var elems []command.Reply
	for range n {
		e, err := c.receive()
		if err != nil {
			return r, err
		}
		elems = append(elems, e)
	}
	return r.With(elems), nil
}

// parseDouble reads a double, and makes sure that this project would print it
// like the server does.
func parseDouble(text string) (command.Reply, error) {
	number, negative := strings.CutPrefix(text, "-")
	f, err := strconv.ParseFloat(number, 64)
	if negative {
		f = math.Copysign(f, -1) // of NaN too
	}
	r := command.Double(f)
	if err == nil && r.DoubleText() != text {
		r = command.LongDouble(f)
	}
	if err == nil && r.DoubleText() != text {
		err = fmt.Errorf("the server prints %s as %q", command.FormatDouble(f), text)
	}
	return r, err
}
