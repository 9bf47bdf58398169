package command_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/luastore/luastore/internal/command"
	"github.com/luastore/luastore/internal/transcript"
)

// LATENCY GRAPH must draw what Redis draws of the same samples.
func TestLatencyGraph(t *testing.T) {
	server := transcript.StartRedis(t)
	do := func(line string) command.Reply { return server.Do(strings.Fields(line)) }
	do("CONFIG SET latency-monitor-threshold 5")
	for _, seconds := range []string{"0.025", "0.3", "0.01"} {
		begin := time.Now().Unix()
		do("DEBUG SLEEP " + seconds)
		var samples [][2]int
		for _, sample := range do("LATENCY HISTORY command").Elems() {
			samples = append(samples, [2]int{int(sample.Elems()[0].Int()), int(sample.Elems()[1].Int())})
		}
		longest := int(do("LATENCY LATEST").Elems()[0].Elems()[3].Int())
		want := do("LATENCY GRAPH command").Str()
		var got []string
		for now := begin; now <= time.Now().Unix(); now++ { // when it was drawn
			got = append(got, command.LatencyGraph("command", samples, longest, now))
		}
		if !slices.Contains(got, want) {
			t.Errorf("%v (-want +got):\n%s", samples, cmp.Diff(want, got[len(got)-1]))
		}
		time.Sleep(time.Until(time.Unix(time.Now().Unix()+1, 0))) // each second has one sample
	}
}

// More samples than fit into a line are drawn in several, as high as in one.
func TestLatencyGraphLines(t *testing.T) {
	var samples [][2]int
	for i := range 160 {
		samples = append(samples, [2]int{1_700_000_000 + i, 10 + i})
	}
	const now = 1_700_000_000 + 160
	lines := strings.Split(command.LatencyGraph("command", samples, 200, now), "\n")
	if lines[0] != "command - high 169 ms, low 10 ms (all time high 200 ms)" {
		t.Errorf("the title is %q", lines[0])
	}
	var widths []int
	for _, line := range lines[1:] {
		widths = append(widths, len(line))
	}
	// A line of dashes; four rows, a space, and ages: of two letters, such as 2m; in
	// the second part of three at most, such as 59s.
	want := slices.Concat(slices.Repeat([]int{80}, 1+4+1+2), []int{0}, slices.Repeat([]int{80}, 4+1+3), []int{0})
	if diff := cmp.Diff(want, widths); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

// LATENCY HISTOGRAM must count what Redis counts, where the time of all calls is
// taken.
func TestLatencyHistogram(t *testing.T) {
	server, local := transcript.StartRedis(t), newLocal()
	counts := func(e transcript.Executor, names string) (lines []string) {
		reply := e.Do(strings.Fields("LATENCY HISTOGRAM " + names)).Elems()
		for pair := range slices.Chunk(reply, 2) {
			histogram := pair[1].Elems()
			buckets := histogram[3].Elems()
			lines = append(lines, fmt.Sprintf("%s: %d, %d", pair[0].Str(), histogram[1].Int(), buckets[len(buckets)-1].Int()))
		}
		slices.Sort(lines)
		return lines
	}
	for _, e := range []transcript.Executor{server, local} {
		for _, line := range []string{
			"CONFIG SET slowlog-log-slower-than 0", "CONFIG RESETSTAT", "SET k v", "SET k w", "GET", "GET k", "INCR k", "NOSUCH", "CONFIG GET maxmemory",
			"MULTI", "SET k v", "LPOP k", "EXEC", "CONFIG SET latency-tracking no", "GET k", "CONFIG SET latency-tracking yes", "PING",
		} {
			e.Do(strings.Fields(line))
		}
	}
	for _, names := range []string{"", "set config SET nosuch get latency config|get"} {
		if diff := cmp.Diff(counts(server, names), counts(local, names)); diff != "" {
			t.Errorf("%q (-want +got):\n%s", names, diff)
		}
	}
}

// A histogram must have the buckets of Redis.
func TestLatencyBuckets(t *testing.T) {
	server := transcript.StartRedis(t)
	for _, seconds := range []string{"0", "0.0001", "0.001", "0.01", "0.1", "1.1"} {
		server.Do(strings.Fields("DEBUG SLEEP " + seconds))
	}
	histogram := server.Do(strings.Fields("LATENCY HISTOGRAM debug")).Elems()[1].Elems()[3].Elems()
	for pair := range slices.Chunk(histogram, 2) {
		micros := pair[0].Int()
		last := micros > 1_000_000
		if got := command.LatencyBucket(time.Duration(micros) * time.Microsecond); got != micros {
			t.Errorf("a call of %d µs is among those of %d µs at most", micros, got)
		}
		if got := command.LatencyBucket(time.Duration(micros+1) * time.Microsecond); got <= micros && !last || got > micros && last {
			t.Errorf("a call of %d µs is among those of %d µs at most", micros+1, got)
		}
	}
}
