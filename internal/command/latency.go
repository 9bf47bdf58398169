package command

import (
	"maps"
	"slices"
	"time"
)

// LATENCY: how long the longest calls took, and what else the store does on its own,
// second by second, while latency-monitor-threshold asks for it.
var latencyCommands = []Row{
	{Name: "latency", Arity: -2},
	{Name: "latency|doctor", Arity: 2, Flags: Admin | NoScript | Loading | Stale, Tips: []string{AnyOutput, AllNodes, SpecialResponse}, Run: latencyDoctor},
	{Name: "latency|graph", Arity: 3, Flags: Admin | NoScript | Loading | Stale, Tips: []string{AnyOutput, AllNodes, SpecialResponse}, Run: latencyGraph},
	{Name: "latency|help", Arity: 2, Flags: Loading | Stale, Run: latencyHelp},
	{Name: "latency|histogram", Arity: -2, Flags: Admin | NoScript | Loading | Stale, Tips: []string{AnyOutput, AllNodes, SpecialResponse}, Run: latencyHistogram},
	{Name: "latency|history", Arity: 3, Flags: Admin | NoScript | Loading | Stale, Tips: []string{AnyOutput, AllNodes, SpecialResponse}, Run: latencyHistory},
	{Name: "latency|latest", Arity: 2, Flags: Admin | NoScript | Loading | Stale, Tips: []string{AnyOutput, AllNodes, SpecialResponse}, Run: latencyLatest},
	{Name: "latency|reset", Arity: -2, Flags: Admin | NoScript | Loading | Stale, Tips: []string{AllNodes, AllSucceed}, Run: latencyReset},
}

// latency is the series of samples by the kind of event.
type latency map[string]*latencySeries

type latencySeries struct {
	samples []latencySample // the last latencySamples
	longest int
}

type latencySample struct {
	at    int64 // Unix seconds
	milli int
}

// latencySamples is how many samples are kept, each of another second.
const latencySamples = 160

func latencyHelp(c *Call) Reply {
	return c.Help(
		"DOCTOR",
		"    Return a human readable latency analysis report.",
		"GRAPH <event>",
		"    Return an ASCII latency graph for the <event> class.",
		"HISTORY <event>",
		"    Return time-latency samples for the <event> class.",
		"LATEST",
		"    Return the latest latency samples for all events.",
		"RESET [<event> ...]",
		"    Reset latency data of one or more <event> classes.",
		"    (default: reset all data for all event classes)",
		"HISTOGRAM [COMMAND ...]",
		"    Return a cumulative distribution of latencies in the format of a histogram for the specified command names.",
		"    If no commands are specified then all histograms are replied.",
	)
}

func latencyHistory(c *Call) Reply {
	elems := []Reply{}
	if series := c.db.latency[cString(c.arg(2))]; series != nil {
		for _, s := range series.samples {
			elems = append(elems, Array(Int(s.at), Int(s.milli)))
		}
	}
	return Array(elems...)
}

func latencyLatest(c *Call) Reply {
	elems := []Reply{}
	for _, event := range slices.Sorted(maps.Keys(c.db.latency)) {
		series := c.db.latency[event]
		last := series.samples[len(series.samples)-1]
		elems = append(elems, Array(Bulk(event), Int(last.at), Int(last.milli), Int(series.longest)))
	}
	return Array(elems...)
}

func latencyReset(c *Call) Reply {
	n := len(c.db.latency)
	if len(c.args) == 2 {
		clear(c.db.latency)
		return Int(n)
	}
	for _, event := range c.args[2:] {
		delete(c.db.latency, cString(event))
	}
	return Int(n - len(c.db.latency))
}

// add adds a sample if the event took as long as the threshold, in milliseconds.
func (l *latency) add(event string, at int64, took time.Duration, threshold int) {
	milli := int(took.Milliseconds())
	if threshold == 0 || milli < threshold {
		return
	}
	if *l == nil {
		*l = latency{}
	}
	series := (*l)[event]
	if series == nil {
		series = new(latencySeries)
		(*l)[event] = series
	}
	series.add(latencySample{at, milli})
}

// watch begins to measure what the store does on its own, which watched ends; 0 if
// nothing is measured.
func (db *DB) watch() (since int64) {
	if db.Config.LatencyMonitorThreshold == 0 {
		return 0
	}
	return monotonic()
}

// watched adds a sample of what watch began.
func (db *DB) watched(event string, since int64) {
	if since != 0 {
		db.latency.add(event, db.Now().Unix(), time.Duration(monotonic()-since), db.Config.LatencyMonitorThreshold)
	}
}

func (s *latencySeries) add(sample latencySample) {
	s.longest = max(s.longest, sample.milli)
	if n := len(s.samples); n > 0 && s.samples[n-1].at == sample.at {
		s.samples[n-1].milli = max(s.samples[n-1].milli, sample.milli)
		return
	}
	if len(s.samples) == latencySamples {
		s.samples = slices.Delete(s.samples, 0, 1)
	}
	s.samples = append(s.samples, sample)
}
