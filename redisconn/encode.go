package redisconn

import (
	"strconv"

	"github.com/luastore/luastore/internal/command"
)

// appendReply appends the reply in the version of the protocol.
func appendReply(b []byte, r command.Reply, resp int) []byte {
	switch r.Kind {
	case command.NilKind:
		if resp == 3 {
			return append(b, "_\r\n"...)
		}
		return append(b, "$-1\r\n"...)
	case command.NilArrayKind:
		if resp == 3 {
			return append(b, "_\r\n"...)
		}
		return append(b, "*-1\r\n"...)
	case command.IntKind:
		return appendHead(b, ':', r.Int())
	case command.BulkKind:
		return appendBulk(b, '$', r.Str())
	case command.StatusKind:
		return appendLine(b, '+', r.Str())
	case command.ErrorKind:
		return appendLine(b, '-', r.Str())
	case command.ArrayKind:
		return appendElems(appendHead(b, '*', int64(r.Announced())), r, resp)
	case command.RepliesKind:
		return appendElems(b, r, resp)
	}
	if resp != 3 {
		return appendReply(b, r.RESP2(), resp)
	}
	switch r.Kind {
	case command.MapKind:
		b = appendHead(b, '%', int64(len(r.Elems())/2))
	case command.AttributeKind:
		b = appendHead(b, '|', int64(len(r.Elems())/2))
	case command.SetKind:
		b = appendHead(b, '~', int64(len(r.Elems())))
	case command.PushKind:
		b = appendHead(b, '>', int64(len(r.Elems())))
	case command.DoubleKind:
		return appendLine(b, ',', r.DoubleText())
	case command.BoolKind:
		if r.Int() != 0 {
			return append(b, "#t\r\n"...)
		}
		return append(b, "#f\r\n"...)
	case command.BigNumberKind:
		return appendLine(b, '(', r.Str())
	case command.VerbatimKind:
		return appendBulk(b, '=', r.Str())
	}
	return appendElems(b, r, resp)
}

func appendElems(b []byte, r command.Reply, resp int) []byte {
	for _, e := range r.Elems() {
		b = appendReply(b, e, resp)
	}
	return b
}

// appendHead appends a line of a number.
func appendHead(b []byte, kind byte, n int64) []byte {
	b = strconv.AppendInt(append(b, kind), n, 10)
	return append(b, '\r', '\n')
}

func appendLine(b []byte, kind byte, text string) []byte {
	b = append(append(b, kind), text...)
	return append(b, '\r', '\n')
}

func appendBulk(b []byte, kind byte, text string) []byte {
	b = append(appendHead(b, kind, int64(len(text))), text...)
	return append(b, '\r', '\n')
}
