package link

import (
	"math/rand/v2"
	"sync"
	"testing"
)

// A place has its turn when all that joined before it have left or stepped out, and
// never before.
func TestLine(t *testing.T) {
	var l Line
	a, b, c := l.Join(), l.Join(), l.Join()
	if !a.First() || b.First() || c.First() || !c.Last() || b.Last() {
		t.Fatal("the first of three places is not the first, or the last not the last")
	}
	turn, alarm := c.Turn()
	b.Leave()
	a.Hold()
	a.Leave()
	if c.First() {
		t.Fatal("a place that is held has left")
	}
	l.Alarm()
	<-alarm
	a.StepOut()
	<-turn
	if !c.First() || a.First() {
		t.Fatal("a place has not stepped out")
	}
	if turn, _ = a.Turn(); a.First() {
		t.Fatal("a place that has stepped out comes before others")
	}
	c.Leave()
	<-turn
	a.StepOut()
	a.Leave()
	if d := l.Join(); !d.First() || !d.Last() {
		t.Fatal("the only place is not the first and the last")
	}
}

// Whatever goroutines do, places are served in the order in which they joined.
func TestLineOrder(t *testing.T) {
	const places = 2000
	var l Line
	var order []int
	var all sync.WaitGroup
	rnd := rand.New(rand.NewPCG(1, 1))
	for i := range places {
		p := l.Join()
		last := rnd.IntN(3) == 0 // to hold it
		if last {
			p.Hold()
		}
		all.Go(func() {
			for !p.First() {
				turn, _ := p.Turn()
				<-turn
			}
			order = append(order, i)
			if last {
				all.Go(p.Leave)
			}
			p.Leave()
		})
	}
	all.Wait()
	for i, n := range order {
		if i != n {
			t.Fatalf("place %d was served as number %d", n, i)
		}
	}
	if len(order) != places {
		t.Errorf("%d of %d places were served", len(order), places)
	}
}
