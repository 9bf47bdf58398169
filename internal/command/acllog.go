package command

import (
	"slices"
	"strings"

	"github.com/luastore/luastore/internal/acl"
)

// aclLog is what was denied, the last first.
type aclLog []*denial

// A denial is calls that were denied in the same way.
type denial struct {
	reason           acl.Reason
	context          string // where they were made: toplevel, multi, lua
	object, username string
	count            int
	at               int64  // when the last was, in Unix milliseconds
	client           string // who made it, as CLIENT INFO says
}

// How like denials are made one: only with the last ones, and only so long
// after the last, in milliseconds.
const (
	aclLogGrouped  = 10
	aclLogTogether = 60_000
)

// logDenial logs that a call of the session was denied to the user.
func (db *DB) logDenial(s *Session, reason acl.Reason, object, username string) {
	client, from := "", s
	if s.caller != nil {
		from = s.caller
	}
	if from.Client != nil {
		client = strings.TrimSuffix(db.clientLine(from), "\n")
	}
	d := &denial{
		reason: reason, context: db.aclContext(s), object: strings.Clone(cString(object)), username: strings.Clone(username),
		count: 1, at: db.Millis(), client: client,
	}
	recent := db.aclLog[:min(len(db.aclLog), aclLogGrouped)]
	if i := slices.IndexFunc(recent, d.like); i >= 0 {
		d.count += recent[i].count
		db.aclLog = slices.Delete(db.aclLog, i, i+1)
	}
	db.aclLog = slices.Insert(db.aclLog, 0, d)
	if most := db.Config.ACLLogMaxLen; len(db.aclLog) > most {
		db.aclLog = slices.Delete(db.aclLog, most, len(db.aclLog))
	}
}

func (d *denial) like(o *denial) bool {
	return o.reason == d.reason && o.context == d.context && o.object == d.object && o.username == d.username &&
		d.at-o.at <= aclLogTogether
}

// aclContext says where the session's commands come from.
func (db *DB) aclContext(s *Session) string {
	switch {
	case s.Script:
		return "lua"
	case s.queueing() || db.executing == s:
		return "multi"
	}
	return "toplevel"
}

// reply is what ACL LOG answers at a time.
func (l aclLog) reply(count, now int64) Reply {
	elems := []Reply{}
	for _, d := range l[:min(count, int64(len(l)))] {
		elems = append(elems, Map(
			Bulk("count"), Int(d.count),
			Bulk("reason"), Bulk(d.reason.String()),
			Bulk("context"), Bulk(d.context),
			Bulk("object"), Bulk(d.object),
			Bulk("username"), Bulk(d.username),
			Bulk("age-seconds"), Double(float64(now-d.at)/1000),
			Bulk("client-info"), Bulk(d.client),
		))
	}
	return Array(elems...)
}
