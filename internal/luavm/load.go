package luavm

import (
	"bytes"
	"io"
	"strings"

	lua "github.com/Shopify/go-lua"
)

// MaxSource is the length of the longest source that Load takes, in bytes.
const MaxSource = 1 << 20

// Load compiles the source text of a chunk and returns it as a function. The
// chunk name is shown in errors: "@name" or "=name", or the text itself. A
// binary chunk is no text, and so an error. An error is a *SyntaxError or, if
// Load is called while nothing runs, what stopped it as it would stop a run.
func (m *Machine) Load(src, chunkName string) (f *Closure, err error) {
	l := &loader{m: m, chunkName: shorten(chunkName), names: map[string]*Constant{}}
	if !m.busy {
		m.begin()
	}
	defer func() {
		if !m.busy {
			m.end()
		}
		switch p := recover().(type) {
		case nil:
			return
		case *SyntaxError:
			err = p
		case *stop:
			if m.busy {
				panic(p)
			}
			err = p.err
		default:
			if p != any(errChunk) {
				panic(p)
			}
			// The compiler is right only for functions of some size.
			err = &SyntaxError{chunkName, 1, "function or expression too complex near '<eof>'"}
		}
		f = nil
	}()
	p, err := l.load(src)
	if err != nil {
		return nil, err
	}
	f = m.newClosure(p)
	f.upvalues[0] = m.globalsUp
	return f, nil
}

// loader compiles one chunk.
type loader struct {
	m         *Machine
	chunkName string
	names     map[string]*Constant // of the chunk
	src       *source
}

func (l *loader) load(src string) (*proto, error) {
	if len(src) > MaxSource {
		return nil, &SyntaxError{l.chunkName, 1, "chunk has too many lines"}
	}
	// Each step takes some milliseconds for a large source, so that a look at the
	// context between them is often enough.
	s := analyze(lex(src), l.m.Debug != nil)
	l.src = s
	l.m.Tick(len(src) / 10)
	if s.tooLong > 0 {
		return nil, l.failNear(s.tooLong, "control structure too long")
	}
	r := &lineReader{src: s.rewrite(), m: l.m}
	chunk, text := compile(r)
	switch {
	case r.stopped != nil:
		panic(r.stopped)
	case text != "":
		return nil, l.explain(text, r.lines-1)
	}
	l.m.Tick(len(src) / 10)
	f, err := readChunk(chunk)
	if err != nil {
		return nil, l.failNear(len(s.tokens)-1, "function or expression too complex")
	}
	l.m.Tick(len(src) / 10)
	return l.translate(f, nil), nil
}

// compile gives the source to go-lua and returns its chunk, or its error.
func compile(r *lineReader) (chunk []byte, problem string) {
	defer func() {
		if p := recover(); p != nil {
			problem = "compiler failed"
		}
	}()
	state := lua.NewState()
	if err := state.Load(r, "=?", "t"); err != nil {
		text, _ := state.ToString(-1)
		if text == "" {
			text = err.Error()
		}
		return nil, text
	}
	var b bytes.Buffer
	if err := state.Dump(&b); err != nil {
		return nil, err.Error()
	}
	return b.Bytes(), ""
}

// lineReader reads a line at a time, so as to know how far it was read, and
// counts that as work.
type lineReader struct {
	src     string
	lines   int
	m       *Machine
	stopped any // the panic that must go on behind the compiler
}

func (r *lineReader) Read(b []byte) (int, error) {
	if r.src == "" || !r.tick() {
		return 0, io.EOF
	}
	n := strings.IndexByte(r.src, '\n') + 1
	if n > len(b) {
		n = len(b)
	} else {
		r.lines++
	}
	copy(b, r.src[:n])
	r.src = r.src[n:]
	return n, nil
}

// tick counts an instruction and says whether to go on.
func (r *lineReader) tick() (ok bool) {
	defer func() {
		if p := recover(); p != nil {
			r.stopped, ok = p, false
		}
	}()
	r.m.Tick(10)
	return true
}
