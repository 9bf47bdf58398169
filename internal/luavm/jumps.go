package luavm

import "strings"

// go-lua keeps the jumps that go to one place, which it does not know yet, in a
// list, and walks through the whole list for each of its jumps, each time that
// something is added: its time is cubic in the length of the longest list. So it
// is given sources that make none of more than some dozens of jumps, whatever the
// script looks like:
//
//   - Of a long chain of and, or, each few operands are written as #(…), which puts
//     their value into a register. The # is taken out again.
//   - Where jumps would be carried on through the ends of many blocks, an empty
//     return stands between them, which is taken out again.
//   - A loop with many breaks, or an if with many elseif, has an empty return in
//     the place of each jump to its end, and behind its end: the former are made
//     jumps to the latter. Each elseif then begins an if of its own.
//
// What is written so stands on the line of a token of the source, as everything
// does, by which it is found in the chunk.

// longest is how many jumps a list may have until something is done about it.
// Lists can be a few times as long.
const longest = 32

// A factor is one or more operands of a chain of and, or of or, that have been
// read.
type factor struct {
	from   int32 // the token where it begins
	jumps  int   // that it makes
	folded int   // how often what it consists of was put into a register
}

// An expression is what has been read of one.
type expression struct {
	ands, ors       []factor // before the present operand
	andFrom, orFrom int32    // where the operand of and begins, and that of or
	jumps           int      // of the parentheses in the present operand
}

// begin begins an expression at token i.
func (e *expression) begin(i int) {
	*e = expression{ands: e.ands[:0], ors: e.ors[:0], andFrom: int32(i), orFrom: int32(i)}
}

// size is how many jumps the expression has in its lists.
func (e *expression) size() int { return sum(e.ors) + sum(e.ands) + e.jumps }

func sum(operands []factor) (jumps int) {
	for _, o := range operands {
		jumps += o.jumps
	}
	return jumps
}

// and reads the operator at token i, and or likewise.
func (a *analyzer) and(e *expression, i int) {
	e.ands = a.fold(append(e.ands, factor{e.andFrom, e.jumps + 1, 0}), i)
	e.andFrom, e.jumps = int32(i+1), 0
}

func (a *analyzer) or(e *expression, i int) {
	e.ors = a.fold(append(e.ors, factor{e.orFrom, sum(e.ands) + e.jumps + 1, 0}), i)
	e.ands, e.andFrom, e.orFrom, e.jumps = e.ands[:0], int32(i+1), int32(i+1), 0
}

// fold puts the last operands, which end before token i, into a register, if they
// are too many; and those that are such themselves, if they are too many.
func (a *analyzer) fold(operands []factor, i int) []factor {
	for {
		first, jumps := len(operands)-1, 0
		folded := operands[first].folded
		for ; first >= 0 && operands[first].folded == folded; first-- {
			jumps += operands[first].jumps
		}
		if first++; jumps < longest {
			return operands
		}
		from := operands[first].from
		a.register(int(from), i)
		operands = append(operands[:first], factor{from, 1, folded + 1})
	}
}

// register makes the value from token from on until before token to be put into a
// register.
func (a *analyzer) register(from, to int) {
	a.lengths[from]++
	a.closing[to]++
}

// A mark is an empty return behind a token, in code that the source does not have.
// It goes to the nop behind the token that it names or, if that is noToken, is a nop
// itself.
type mark int32

const noToken mark = -1

// nop puts a nop behind token i, where a statement ends: no jump is carried on.
func (a *analyzer) nop(i int) {
	a.marks[i] = append(a.marks[i], noToken)
	a.pending = 0
}

// endStatement ends the expression, if any, that the block b was in: what it would
// jump to may come next.
func (a *analyzer) endStatement(b *block, i int) {
	a.pending += b.size()
	b.begin(i)
}

// endArm ends an arm of the if b at the else or elseif that token i is.
func (a *analyzer) endArm(b *block, i int) {
	a.endStatement(b, i)
	if !b.otherwise {
		b.exits += 1 + a.pending
		b.arms = append(b.arms, arm{int32(i), b.leaves})
	}
	a.pending, b.condition, b.leaves = b.condition, 0, false
	b.otherwise = b.otherwise || a.tokens[i].kind == tokElse
}

// endLoop ends the loop b behind token i.
func (a *analyzer) endLoop(b *block, i int) {
	a.pending += b.exits
	if b.exits <= longest {
		if a.pending > longest {
			a.nop(i)
		}
		return
	}
	for _, at := range b.breaks {
		a.marks[int(at)] = []mark{mark(i)}
	}
	a.nop(i)
}

// endIf ends the if b at token i.
func (a *analyzer) endIf(b *block, i int) {
	a.pending += b.condition + b.exits
	if b.exits > longest {
		for _, arm := range b.arms {
			if a.tokens[arm.end].kind != tokElseif {
				continue
			}
			a.split[int(arm.end)] = true
			if !arm.leaves {
				a.marks[int(arm.end)-1] = append(a.marks[int(arm.end)-1], mark(i))
			}
		}
		a.nop(i)
	} else if a.pending > longest {
		a.nop(i)
	}
}

// endUntil notices whether a statement begins at token i, and so the one that ends
// with the condition of a repeat is over.
func (a *analyzer) endUntil(b *block, i int) {
	if b.repeat == nil || !a.beginsStatement(i) {
		return
	}
	a.endStatement(b, i)
	a.endLoop(b.repeat, i-1)
	b.repeat = nil
}

// beginsStatement reports whether token i, if it is right where it is, follows the
// end of an expression that is the end of a statement.
func (a *analyzer) beginsStatement(i int) bool {
	switch a.tokens[i-1].kind {
	case tokName, tokString, tokNumber, tokNil, tokTrue, tokFalse, tokDots, tokEnd:
	case tokSymbol:
		if strings.IndexByte(")]}", a.src[a.tokens[i-1].from]) < 0 {
			return false
		}
	default:
		return false
	}
	switch a.tokens[i].kind {
	case tokName, tokBreak, tokDo, tokElse, tokElseif, tokEnd, tokFor, tokFunction, tokIf, tokLocal, tokRepeat, tokReturn,
		tokUntil, tokWhile, tokEOF, tokError:
		return true
	}
	return a.is(i, ';')
}

// unclosed does what is done at the ends of blocks for those that have none: there
// is an error in the source, but the compiler must come to it.
func (a *analyzer) unclosed() {
	end := len(a.tokens) - 1
	for i := range a.open {
		b := &a.open[i]
		if b.token >= 0 && a.tokens[b.token].kind == tokIf {
			a.endIf(b, end)
		} else if b.loop == i && i > 0 {
			a.endLoop(b, end)
		}
	}
	delete(a.marks, end)
}

// resolve makes the instructions of f and its functions that rewrite has added what
// they stand for.
func (l *loader) resolve(f *chunkFunction) {
	s := l.src
	if len(s.marks) == 0 && len(s.lengths) == 0 {
		return
	}
	l.m.Tick(len(f.code))
	nops := map[mark]int{} // where they are
	type jump struct {
		pc int
		to mark
	}
	var jumps []jump
	seen := map[int]int{}                       // of a token's marks, or of its lengths
	for pc, i := range f.code[:len(f.code)-1] { // the last one is the function's own return
		at := l.tokenAt(int(f.lines[pc]))
		switch {
		case i.op() == chunkReturn && i.b() == 1 && seen[at] < len(s.marks[at]):
			to := s.marks[at][seen[at]]
			seen[at]++
			if to == noToken {
				f.code[pc], nops[mark(at)] = chunkExtraArg, pc
			} else {
				jumps = append(jumps, jump{pc, to})
			}
		case i.op() == chunkLen && s.lengths[at] > 0:
			if n := seen[at]; n > 0 || !s.is(at, '#') {
				f.code[pc] = i&^63 + chunkMove + 1<<14 // of which added knows
			}
			seen[at]++
		}
	}
	var variables []int // there are at each instruction
	if len(jumps) > 0 && len(f.functions) > 0 {
		variables = f.variables()
	}
	for _, j := range jumps {
		pc, ok := nops[j.to]
		check(ok)
		if pc-j.pc > maxJump {
			panic(l.failNear(int(j.to), "control structure too long"))
		}
		closes := 0 // the register from which on upvalues are closed, and 1 more; 0: none
		if variables != nil {
			closes = variables[pc] + 1
		}
		f.code[j.pc] = (chunkJump | chunkInstruction(closes)<<6).withSBX(pc - j.pc - 1)
	}
	for _, g := range f.functions {
		l.resolve(g)
	}
}

// variables returns how many local variables there are at each instruction.
func (f *chunkFunction) variables() []int {
	n := make([]int, len(f.code)+1)
	for _, v := range f.locals {
		check(v.from >= 0 && v.from <= v.to && int(v.to) <= len(f.code))
		n[v.from]++
		n[v.to]--
	}
	for pc := range f.code {
		n[pc+1] += n[pc]
	}
	return n
}

// added reports whether resolve has made the instruction i.
func (i chunkInstruction) added() bool {
	return i.op() == chunkExtraArg || i.op() == chunkMove && i.c() > 0
}
