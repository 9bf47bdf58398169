package command

import "math"

// Replies have a budget of bytes, DB.MaxReply for each call, and for a transaction as
// a whole. Handlers reserve what they are about to make, before they make it and
// before they change anything: room and put do, for elements and their texts, and
// reserve does for all else. What the reply then takes is counted once, when the
// handler returns. The replies to a script's commands have no budget but the
// script's memory, of which they become a part.

// ReplyTooLarge is the error of a command whose reply exceeds its budget.
const ReplyTooLarge = "ERR reply too large"

// ReplyBudget returns how many bytes the reply to the session's current command may
// have.
func (db *DB) ReplyBudget(s *Session) int {
	if db.executing == s {
		return s.call.budget
	}
	return db.replyBudget(s)
}

// replyBudget returns the budget of a call that is not part of a transaction.
func (db *DB) replyBudget(s *Session) int {
	if s.Script || db.MaxReply <= 0 {
		return math.MaxInt
	}
	return db.MaxReply
}

// reserve fails the call if its reply cannot have n more bytes.
func (c *Call) reserve(n int) {
	if n > c.budget-c.reserved {
		c.fail(ReplyTooLarge)
	}
	c.reserved += n
}

// reserveText is reserve for a reply that is a text of n bytes.
func (c *Call) reserveText(n int) { c.reserve(replySize + n) }

// reserveElems is reserve for n elements, without their texts, which are counted as
// memory.
func (c *Call) reserveElems(n int) {
	if n > (c.budget-c.reserved)/replySize {
		c.fail(ReplyTooLarge)
	}
	c.reserved += n * replySize
	c.alloc(n * replySize)
}

// reserveReply is reserve for a part of the reply that was made, and is small, with
// its work and memory.
func (c *Call) reserveReply(r Reply) {
	c.reserve(r.Size() - replySize) // which is the room for it
	c.count(r)
}

// putReply is put of an aggregate that was made, and reserves its elements.
func (c *Call) putReply(elems []Reply, r Reply) []Reply {
	c.reserveReply(r)
	return c.put(elems, r)
}

// Counted says that the handler has seen to it that its reply fits into the budget,
// or that it must be answered whatever its size.
func (c *Call) Counted() { c.counted = true }

// spend counts the reply, and refuses it if it exceeds the budget. The reply to a
// command that writes is not refused any more: its handler has reserved it.
func (c *Call) spend(r Reply) {
	if c.budget == math.MaxInt {
		return
	}
	n := c.size(r)
	if c.budget -= n; c.budget < 0 && c.mayBeRefused() && (n > smallReply || c.cmd.Flags&Read != 0) {
		c.fail(ReplyTooLarge)
	}
}

// smallReply is more than any command answers, in bytes, that changes something other
// than keys.
const smallReply = 512

// size is Size, in which the call may be ended.
func (c *Call) size(r Reply) int {
	n := replySize + r.TextLen()
	for i, e := range r.Elems() {
		if e.IsAggregate() {
			n += c.size(e)
		} else {
			n += replySize + e.TextLen()
		}
		if i%putsPerCheck == putsPerCheck-1 && c.mayBeRefused() {
			c.Check()
		}
	}
	return n
}

// mayBeRefused reports whether the command changes nothing that would stay.
func (c *Call) mayBeRefused() bool { return c.cmd.Flags&Write == 0 && !c.counted }
