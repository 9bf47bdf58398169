package command

import (
	"slices"
	"strings"
)

// CLIENT TRACKING: connections that keep what they have read hear when it has
// changed. Who reads what is in trackingtable.go.

// tracking is what a client has while it tracks keys.
type tracking struct {
	redirect int64 // the number of the client that hears in its place; 0: none
	broken   bool  // which was not there when it was to hear something
	optIn    bool  // it keeps only what it reads after CLIENT CACHING YES,
	optOut   bool  // or all but what it reads after CLIENT CACHING NO;
	caching  bool  // and that is what its last command was
	noLoop   bool  // it does not hear of its own changes

	broadcast bool // it hears of all changes of keys that begin with
	prefixes  []string
}

const errCaching = "ERR CLIENT CACHING can be called only when the client is in tracking mode with OPTIN or OPTOUT mode enabled"

func clientCaching(c *Call) Reply {
	t := c.client().tracking
	yes := c.is(2, "yes")
	switch {
	case t == nil:
		c.fail(errCaching)
	case !yes && !c.is(2, "no"):
		c.fail(errSyntax)
	case yes && !t.optIn:
		c.fail("ERR CLIENT CACHING YES is only valid when tracking is enabled in OPTIN mode.")
	case !yes && !t.optOut:
		c.fail("ERR CLIENT CACHING NO is only valid when tracking is enabled in OPTOUT mode.")
	}
	undoable(c, &t.caching)
	t.caching = true
	return OK
}

func clientGetRedir(c *Call) Reply { return Int(c.client().redirect()) }

// redirect returns the number of the client that hears in the place of c: 0 if
// c itself does, -1 if it does not track keys.
func (c *Client) redirect() int64 {
	if c.tracking == nil {
		return -1
	}
	return c.tracking.redirect
}

func clientTracking(c *Call) Reply {
	client := c.client()
	t, prefixes := c.trackingOptions()
	was := client.tracking
	switch {
	case c.is(2, "off"):
		c.undoingTracking()
		c.db.stopTracking(c.s)
		return OK
	case !c.is(2, "on"):
		c.fail(errSyntax)
	case len(prefixes) > 0 && !t.broadcast:
		c.fail("ERR PREFIX option requires BCAST mode to be enabled")
	case was != nil && was.broadcast != t.broadcast:
		c.fail("ERR You can't switch BCAST mode on/off before disabling tracking for this client, and then re-enabling it with a different mode.")
	case t.broadcast && (t.optIn || t.optOut):
		c.fail("ERR OPTIN and OPTOUT are not compatible with BCAST")
	case t.optIn && t.optOut:
		c.fail("ERR You can't specify both OPTIN mode and OPTOUT mode")
	case was != nil && (t.optIn && was.optOut || t.optOut && was.optIn):
		c.fail("ERR You can't switch OPTIN/OPTOUT mode before disabling tracking for this client, and then re-enabling it with a different mode.")
	}
	if was != nil {
		t.prefixes, t.caching = was.prefixes, was.caching
	}
	if t.broadcast {
		c.checkPrefixes(t.prefixes, prefixes)
		if len(prefixes) == 0 {
			prefixes = []string{""}
		}
		t.prefixes = slices.Concat(t.prefixes, prefixes)
		slices.Sort(t.prefixes)
		t.prefixes = slices.Compact(t.prefixes)
	}
	c.undoingTracking()
	c.db.track(c.s, t)
	return OK
}

// undoingTracking must be called before a call changes what its client tracks.
func (c *Call) undoingTracking() {
	db, s, was := c.db, c.s, c.s.Client.tracking
	c.Undoing(func() {
		if was == nil {
			db.stopTracking(s)
		} else {
			db.track(s, was)
		}
	})
}

// trackingOptions reads what follows ON or OFF.
func (c *Call) trackingOptions() (t *tracking, prefixes []string) {
	t = new(tracking)
	for i := 3; i < len(c.args); i++ {
		switch more := i+1 < len(c.args); {
		case c.is(i, "redirect") && more:
			i++
			if t.redirect != 0 {
				c.fail("ERR A client can only redirect to a single other client")
			}
			t.redirect = c.int(i)
			if _, ok := c.db.findClient(t.redirect); !ok {
				c.fail("ERR The client ID you want redirect to does not exist")
			}
		case c.is(i, "bcast"):
			t.broadcast = true
		case c.is(i, "optin"):
			t.optIn = true
		case c.is(i, "optout"):
			t.optOut = true
		case c.is(i, "noloop"):
			t.noLoop = true
		case c.is(i, "prefix") && more:
			i++
			prefixes = append(prefixes, strings.Clone(c.arg(i)))
		default:
			c.fail(errSyntax)
		}
	}
	return t, prefixes
}

// checkPrefixes fails the call if a prefix begins with another one, so that no
// key is told of twice. It names the first that does, and the first that this
// overlaps with.
func (c *Call) checkPrefixes(old, added []string) {
	overlap := func(a, b string) bool { return strings.HasPrefix(a, b) || strings.HasPrefix(b, a) }
	complain := func(a, what, b string) {
		c.fail(ErrorLine("ERR Prefix '" + cString(a) + "' overlaps with " + what + " prefix '" + cString(b) + "'. Prefixes for a single client must not overlap."))
	}
	c.tick((len(old) + len(added)) * elementTicks)
	overlaps := overlapping(slices.Concat(old, added))
	for i, a := range added {
		if !overlaps[a] {
			continue
		}
		for _, b := range old {
			if overlap(a, b) {
				complain(a, "an existing", b)
			}
		}
		for _, b := range added[i+1:] {
			if overlap(a, b) {
				complain(a, "another provided", b)
			}
		}
	}
}

// overlapping returns those of the texts that begin with another one, or that
// another one begins with. It sorts the texts: what begins with one of them is
// right behind it.
func overlapping(texts []string) map[string]bool {
	slices.Sort(texts)
	found := map[string]bool{}
	first := 0 // the shortest that texts[i] can begin with
	for i := 1; i < len(texts); i++ {
		if strings.HasPrefix(texts[i], texts[first]) {
			found[texts[first]], found[texts[i]] = true, true
		} else {
			first = i
		}
	}
	return found
}

func clientTrackingInfo(c *Call) Reply {
	client := c.client()
	t := client.tracking
	if t == nil {
		return Map(Bulk("flags"), Set(Bulk("off")), Bulk("redirect"), Int(client.redirect()), Bulk("prefixes"), Array())
	}
	flags := []Reply{Bulk("on")}
	for _, f := range []struct {
		name string
		set  bool
	}{
		{"bcast", t.broadcast},
		{"optin", t.optIn},
		{"caching-yes", t.optIn && t.caching},
		{"optout", t.optOut},
		{"caching-no", t.optOut && t.caching},
		{"noloop", t.noLoop},
		{"broken_redirect", t.broken},
	} {
		if f.set {
			flags = append(flags, Bulk(f.name))
		}
	}
	return Map(Bulk("flags"), Set(flags...), Bulk("redirect"), Int(t.redirect), Bulk("prefixes"), Bulks(t.prefixes...))
}
