package command

import (
	"math"
	"math/big"
	"slices"
	"strconv"
	"unsafe"
)

// Kind says what a Reply is, in the terms of Redis's protocol.
type Kind uint8

const (
	NilKind Kind = iota // no value: the null bulk string of RESP2, the null of RESP3
	NilArrayKind
	IntKind
	BoolKind
	DoubleKind

	BulkKind // from here on there is a text
	StatusKind
	BigNumberKind
	VerbatimKind // three bytes of format, a colon, the text
	ErrorKind

	ArrayKind // from here on there are elements
	MapKind   // keys and values in turn
	SetKind
	PushKind      // what nobody asked for, to a connection
	RepliesKind   // several replies in a row, or none
	AttributeKind // keys and values in turn, before a reply to a connection in RESP3

	Kinds // how many there are
)

// A Reply is what a command answers. It is passed by value; the zero Reply is
// nil. Kinds that only RESP3 has are kept as they are: whoever hands a reply
// to a RESP2 caller converts it (RESP2).
//
// It has four words, because what has more is copied through memory from each
// function to the next, which took a tenth of the time of a short script.
type Reply struct {
	Kind Kind
	resp uint8          // the version of the protocol that it is bound to, see In; 0: none
	num  int64          // IntKind, BoolKind; DoubleKind as its bits; ErrorKind: 1 if p is a *detailed
	n    int            // the length of
	p    unsafe.Pointer // the text; the elements; of a LongDouble its text
}

// detailed is the text of an error reply, with more than the text says.
type detailed struct {
	text   string
	detail any
}

// Text returns the reply of a kind that has a text.
func Text(k Kind, s string) Reply {
	return Reply{Kind: k, n: len(s), p: unsafe.Pointer(unsafe.StringData(s))}
}

// Elements returns the reply of a kind that has elements.
func Elements(k Kind, elems []Reply) Reply {
	return Reply{Kind: k, n: len(elems), p: unsafe.Pointer(unsafe.SliceData(elems))}
}

// Str returns the text of the reply, "" if its kind has none.
func (r Reply) Str() string {
	if r.Kind >= ErrorKind {
		return r.errorText()
	}
	return unsafe.String((*byte)(r.p), r.n)
}

// TextLen returns the length of Str.
func (r Reply) TextLen() int {
	if r.Kind >= ArrayKind {
		return 0
	}
	return r.n
}

func (r Reply) errorText() string {
	switch {
	case r.Kind > ErrorKind:
		return ""
	case r.num != 0:
		return (*detailed)(r.p).text
	}
	return unsafe.String((*byte)(r.p), r.n)
}

// Detail returns what [ErrWith] was given, or nil.
func (r Reply) Detail() any {
	if r.Kind != ErrorKind || r.num == 0 {
		return nil
	}
	return (*detailed)(r.p).detail
}

// Elems returns the elements of the reply, none if its kind has none.
func (r Reply) Elems() []Reply {
	if r.Kind < ArrayKind {
		return nil
	}
	return unsafe.Slice((*Reply)(r.p), r.n)
}

// IsAggregate reports whether the reply is of a kind that has elements.
func (r Reply) IsAggregate() bool { return r.Kind >= ArrayKind }

// With returns the reply with other elements, if its kind has any.
func (r Reply) With(elems []Reply) Reply {
	if r.Kind < ArrayKind {
		return r
	}
	with := Elements(r.Kind, elems)
	with.resp = r.resp
	return with
}

// In returns the reply bound to a version of the protocol, 3 or else 2: it is
// encoded in that version whatever the connection speaks by then. The elements of
// EXEC's reply are bound, for HELLO may stand between them.
func (r Reply) In(resp int) Reply {
	if r.resp = 2; resp == 3 {
		r.resp = 3
	}
	return r
}

// Version returns the version of the protocol in which a connection that speaks
// resp gets the reply.
func (r Reply) Version(resp int) int {
	if r.resp != 0 {
		return int(r.resp)
	}
	return resp
}

// Answer returns the reply proper, for callers that take only one: of several in a
// row the last that is neither pushed nor an attribute, nil if there is none. Other
// replies are returned as they are.
func (r Reply) Answer() Reply {
	switch r.Kind {
	case RepliesKind:
		for _, e := range slices.Backward(r.Elems()) {
			if e.Kind != PushKind && e.Kind != AttributeKind {
				return e.Answer()
			}
		}
		return Reply{}
	case AttributeKind:
		return Reply{}
	}
	return r
}

// Equal says whether the replies are of one kind and have the same in them.
func (r Reply) Equal(other Reply) bool {
	return r.Kind == other.Kind && (r.num == other.num || r.Kind == ErrorKind) && r.Str() == other.Str() &&
		slices.EqualFunc(r.Elems(), other.Elems(), Reply.Equal)
}

// Size returns how many bytes the reply takes, with its texts and elements. Texts
// count each time they occur, though they may share their bytes: the encoded reply is
// no longer than that.
func (r Reply) Size() int {
	n := replySize + r.TextLen()
	for _, e := range r.Elems() {
		n += e.Size()
	}
	return n
}

// replySize is the size of a Reply in bytes, without its text and elements.
const replySize = int(unsafe.Sizeof(Reply{}))

// OK is the status that most writes answer.
var OK = Status("OK")

func Int[N int | int64](n N) Reply { return Reply{Kind: IntKind, num: int64(n)} }
func Bulk(s string) Reply          { return Text(BulkKind, s) }
func Status(s string) Reply        { return Text(StatusKind, s) }
func Array(elems ...Reply) Reply   { return Elements(ArrayKind, elems) }
func Map(elems ...Reply) Reply     { return Elements(MapKind, elems) }
func Set(elems ...Reply) Reply     { return Elements(SetKind, elems) }
func Double(f float64) Reply       { return Reply{Kind: DoubleKind, num: int64(math.Float64bits(f))} }
func BigNumber(s string) Reply     { return Text(BigNumberKind, lineBreaks.Replace(s)) }
func Verbatim(s string) Reply      { return VerbatimOf("txt", s) }
func Push(elems ...Reply) Reply    { return Elements(PushKind, elems) }
func Replies(rs ...Reply) Reply    { return Elements(RepliesKind, rs) }
func NilArray() Reply              { return Reply{Kind: NilArrayKind} }

// VerbatimOf returns a verbatim text in a format. Of the format three bytes count,
// up to a zero byte: more are cut off, and missing ones are spaces.
func VerbatimOf(format, s string) Reply {
	format = cString(format[:min(len(format), verbatimFormat)])
	return Text(VerbatimKind, format+"   "[len(format):]+":"+s)
}

// verbatimFormat is how many bytes the format of a verbatim text has.
const verbatimFormat = 3

// VerbatimText returns the text of a VerbatimKind without its format, and
// VerbatimFormat the format.
func (r Reply) VerbatimText() string {
	s := r.Str()
	return s[min(len(s), verbatimFormat+1):]
}

func (r Reply) VerbatimFormat() string {
	s := r.Str()
	return s[:min(len(s), verbatimFormat)]
}

// LongDouble is a Double that is shown with 17 digits after the point.
func LongDouble(f float64) Reply {
	r := Text(DoubleKind, formatLongDouble(big.NewFloat(f)))
	r.num = Double(f).num
	return r
}

// Announcing returns the array r as one whose head announces n elements, of which some
// are not sent.
func (r Reply) Announcing(n int) Reply {
	r.num = int64(n)
	return r
}

// Announced returns how many elements the head of an array announces.
func (r Reply) Announced() int {
	if r.Kind == ArrayKind && r.num > 0 {
		return int(r.num)
	}
	return r.n
}

// Err is an error reply: a code, a space and a message.
func Err(text string) Reply { return Text(ErrorKind, text) }

// ErrWith is Err with a detail for the package above: what is known of the error
// beside its text.
func ErrWith(text string, detail any) Reply {
	return Reply{Kind: ErrorKind, num: 1, n: len(text), p: unsafe.Pointer(&detailed{text, detail})}
}

func Bool(b bool) Reply {
	if b {
		return Reply{Kind: BoolKind, num: 1}
	}
	return Reply{Kind: BoolKind}
}

// Bulks is an array of bulk strings.
func Bulks(texts ...string) Reply {
	elems := make([]Reply, len(texts))
	for i, s := range texts {
		elems[i] = Bulk(s)
	}
	return Array(elems...)
}

// Int returns the number of an IntKind reply, and 1 or 0 for a BoolKind.
func (r Reply) Int() int64 { return r.num }

// Double returns the number of a DoubleKind reply.
func (r Reply) Double() float64 { return math.Float64frombits(uint64(r.num)) }

// DoubleText returns the text of a DoubleKind reply.
func (r Reply) DoubleText() string {
	if r.Str() != "" {
		return r.Str()
	}
	return FormatDouble(r.Double())
}

// IsError says whether the reply is an error.
func (r Reply) IsError() bool { return r.Kind == ErrorKind }

// RESP2 returns the reply as the protocol's version 2 has it: aggregates are
// arrays, numbers that are no integers are bulk strings, and attributes, which it
// does not have, are no reply at all. What is bound to version 3 stays as it is.
// Elements are copied only if one of them changes.
func (r Reply) RESP2() Reply {
	if r.resp == 3 {
		return r
	}
	switch r.Kind {
	case DoubleKind:
		return Bulk(r.DoubleText())
	case BoolKind:
		return Int(r.num)
	case BigNumberKind:
		return Bulk(r.Str())
	case VerbatimKind:
		return Bulk(r.VerbatimText())
	case AttributeKind:
		return Replies()
	case ArrayKind, MapKind, SetKind, PushKind, RepliesKind:
	default:
		return r
	}
	elems := r.Elems()
	var changed []Reply // a copy, from the first element on that changes
	for i, e := range elems {
		simple := e.RESP2()
		if changed == nil && simple != e {
			changed = append(make([]Reply, 0, len(elems)), elems[:i]...)
		}
		if changed != nil && e.Kind != AttributeKind {
			changed = append(changed, simple)
		}
	}
	if changed != nil {
		elems = changed
	}
	if r.Kind == RepliesKind {
		return Replies(elems...)
	}
	return Array(elems...)
}

// FormatDouble returns f's text in replies, that of C's %.17g.
func FormatDouble(f float64) string {
	switch {
	case math.IsInf(f, 1):
		return "inf"
	case math.IsInf(f, -1):
		return "-inf"
	case math.IsNaN(f) && math.Signbit(f):
		return "-nan"
	case math.IsNaN(f):
		return "nan"
	}
	const exact = 1e17 // below, integers have no exponent
	if n := int64(f); float64(n) == f && -exact < f && f < exact && (n != 0 || !math.Signbit(f)) {
		return strconv.FormatInt(n, 10)
	}
	return strconv.FormatFloat(f, 'g', 17, 64)
}

// flag answers 1 for true and 0 for false, as most predicates of Redis do.
func flag(b bool) Reply {
	if b {
		return Int(1)
	}
	return Int(0)
}
