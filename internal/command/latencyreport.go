package command

import (
	"fmt"
	"maps"
	"math"
	"math/bits"
	"slices"
	"strconv"
	"strings"
	"time"
)

// What LATENCY makes of times: a drawing, an advice, a histogram.

// latencyGraph draws the samples of an event, each a column.
func latencyGraph(c *Call) Reply {
	event := cString(c.arg(2))
	series := c.db.latency[event]
	if series == nil {
		c.fail(ErrorLine("ERR No samples available for event '" + event + "'"))
	}
	return Verbatim(series.graph(event, c.db.Now().Unix()))
}

// How many columns and rows a drawing has.
const (
	graphColumns = 80
	graphRows    = 4
)

func (s *latencySeries) graph(event string, now int64) string {
	compare := func(a, b latencySample) int { return a.milli - b.milli }
	low, high := slices.MinFunc(s.samples, compare).milli, slices.MaxFunc(s.samples, compare).milli
	parts := []string{fmt.Sprintf("%s - high %d ms, low %d ms (all time high %d ms)\n%s\n",
		event, high, low, s.longest, strings.Repeat("-", graphColumns))}
	for part := range slices.Chunk(s.samples, graphColumns) {
		parts = append(parts, drawSamples(part, low, high, now))
	}
	return parts[0] + strings.Join(parts[1:], "\n")
}

// drawSamples draws a column for each sample, as high as it is between low and
// high, and under it how long ago that was, downwards.
func drawSamples(samples []latencySample, low, high int, now int64) string {
	const tops = "_o#" // how full the highest cell of a column is
	columns := make([]string, len(samples))
	height := 0
	for i, s := range samples {
		step := min((s.milli-low)*len(tops)*graphRows/max(high-low, 1), len(tops)*graphRows-1)
		full := step / len(tops)
		columns[i] = strings.Repeat(" ", graphRows-1-full) + tops[step%len(tops):][:1] + strings.Repeat("|", full) + " " + age(now-s.at)
		height = max(height, len(columns[i]))
	}
	var b strings.Builder
	for row := range height {
		for _, column := range columns {
			if row < len(column) {
				b.WriteByte(column[row])
			} else {
				b.WriteByte(' ')
			}
		}
		b.WriteByte('\n')
	}
	return b.String()
}

// age returns a number of seconds in the largest unit of which there is one.
func age(seconds int64) string {
	switch {
	case seconds < 60:
		return strconv.FormatInt(seconds, 10) + "s"
	case seconds < 60*60:
		return strconv.FormatInt(seconds/60, 10) + "m"
	case seconds < 24*60*60:
		return strconv.FormatInt(seconds/(60*60), 10) + "h"
	}
	return strconv.FormatInt(seconds/(24*60*60), 10) + "d"
}

// latencyDoctor says in words what the samples are, and where to look further.
func latencyDoctor(c *Call) Reply {
	threshold := c.db.Config.LatencyMonitorThreshold
	if len(c.db.latency) == 0 {
		if threshold == 0 {
			return Verbatim("Nothing is measured: latency-monitor-threshold is 0. CONFIG SET can change it.\n")
		}
		return Verbatim(fmt.Sprintf("No call has taken %d ms, the latency-monitor-threshold.\n", threshold))
	}
	var b strings.Builder
	for _, event := range slices.Sorted(maps.Keys(c.db.latency)) {
		fmt.Fprintf(&b, "%s: %s\n", event, c.db.latency[event].summary(c.db.Now().Unix()))
	}
	if slower := c.db.Config.SlowlogSlowerThan; slower < 0 || slower/1000 > threshold {
		fmt.Fprintf(&b, "SLOWLOG GET will say which calls are so long after CONFIG SET slowlog-log-slower-than %d.\n", threshold*1000)
	} else {
		b.WriteString("SLOWLOG GET says which calls were so long.\n")
	}
	if c.db.latency["fast-command"] != nil {
		b.WriteString("Commands that do little (fast-command) take long only where the process waits for a processor or for memory.\n")
	}
	return Verbatim(b.String())
}

// summary describes the samples, the first of which was some time before now.
func (s *latencySeries) summary(now int64) string {
	n, sum, deviation := len(s.samples), 0, 0
	for _, sample := range s.samples {
		sum += sample.milli
	}
	average := sum / n
	for _, sample := range s.samples {
		deviation += max(sample.milli-average, average-sample.milli)
	}
	return fmt.Sprintf("%d of the last %d seconds had long calls. The longest of each took %d ms on average (mean deviation %d ms), the longest ever %d ms.",
		n, now-s.samples[0].at+1, average, deviation/n, s.longest)
}

// durations counts calls by how long they took. Bucket i has those of less than
// durationLimit(i), but for those in the buckets before; the last has all others.
type durations struct {
	calls [21]uint64 // by bucket
	count uint64     // their sum
	last  int        // the bucket of the last sample
}

// durationLimit returns the end of a bucket of durations: 2^i times a
// microsecond, about, which is 2^10 ns and what a histogram with two digits does
// not tell from that.
func durationLimit(i int) time.Duration { return 1032 << i }

// bucket returns the bucket of a duration, which counts by whole microseconds.
func (d *durations) bucket(took time.Duration) int {
	i := bits.Len64(uint64(took.Truncate(time.Microsecond) / durationLimit(0)))
	return min(i, len(d.calls)-1)
}

// add counts n calls.
func (d *durations) add(took time.Duration, n uint64) {
	d.calls[d.bucket(took)] += n
	d.count += n
}

// reply is what LATENCY HISTOGRAM says of them: how many calls took so many
// microseconds at most.
func (d *durations) reply() Reply {
	var histogram []Reply
	calls := 0
	for i, n := range d.calls {
		if n > 0 {
			calls += int(n)
			limit := durationLimit(i)
			if i == len(d.calls)-1 {
				limit = 1 << 30 // where Redis's histograms end
			}
			histogram = append(histogram, Int((limit - 1).Microseconds()), Int(calls))
		}
	}
	return Map(Bulk("calls"), Int(calls), Bulk("histogram_usec"), Map(histogram...))
}

// percentile returns how many microseconds so many percent of the calls took at
// most.
func (d *durations) percentile(percent float64) float64 {
	wanted := max(uint64(math.Round(percent/100*float64(d.count))), 1)
	i, calls := 0, d.calls[0]
	for calls < wanted && i < len(d.calls)-1 {
		i++
		calls += d.calls[i]
	}
	// The largest number that a histogram with two digits does not tell from 2^i.
	return float64(int64(1004)<<i-1) / 1000
}

// latencyHistogram answers how long the calls took.
func latencyHistogram(c *Call) Reply {
	var m fields
	show := func(cmd *Command) {
		if h := c.db.stats.histogram(cmd); h != nil {
			r := h.reply()
			c.reserveReply(r)
			m.add(cmd.Name, r)
		}
	}
	if len(c.args) == 2 {
		c.db.table.Walk(show)
	}
	for _, name := range c.args[2:] {
		if cmd := c.db.table.exactly(name); cmd != nil {
			show(cmd)
			cmd.subcommands.Walk(show)
		}
	}
	return Map(m...)
}
