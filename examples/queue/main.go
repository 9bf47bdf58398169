// Queue is a queue of jobs that loses none: a worker who takes a job and does
// not finish it in time loses it to another. Its scripts are files, which are
// checked when the program starts.
package main

import (
	"context"
	"embed"
	"errors"
	"fmt"
	"io"
	"log"
	"os"
	"time"

	"github.com/luastore/luastore"
)

//go:embed scripts/*.lua
var files embed.FS

// A Queue keeps its jobs in keys that begin with its name.
type Queue struct {
	Name    string
	Timeout time.Duration // that a worker has for a job
	Store   luastore.Scripter
	scripts *luastore.Bundle
}

// NewQueue returns a queue on a store, or what is wrong with its scripts.
func NewQueue(name string, timeout time.Duration, store luastore.Scripter) (*Queue, error) {
	scripts, err := luastore.LoadFS(files, "scripts/*.lua")
	return &Queue{name, timeout, store, scripts}, err
}

// The keys. On a cluster what is in braces keeps them together.
func (q *Queue) waiting() string { return "{" + q.Name + "}:waiting" }
func (q *Queue) jobs() string    { return "{" + q.Name + "}:jobs" }
func (q *Queue) taken() string   { return "{" + q.Name + "}:taken" }

// Push adds a job and returns its number.
func (q *Queue) Push(ctx context.Context, job string) (id int64, err error) {
	return q.scripts.Get("scripts/push.lua").Run(ctx, q.Store, []string{q.waiting(), q.jobs()}, job).Int64()
}

// A Job was taken by a worker.
type Job struct {
	ID, Text string
	deadline string // what tells this worker from others who take the job
}

// Take takes the next job. If there is none the error is luastore.ErrNil.
func (q *Queue) Take(ctx context.Context) (Job, error) {
	keys := []string{q.waiting(), q.jobs(), q.taken()}
	reply, err := q.scripts.Get("scripts/take.lua").Run(ctx, q.Store, keys, q.Timeout.Milliseconds()).StringSlice()
	if err != nil {
		return Job{}, err
	}
	return Job{ID: reply[0], deadline: reply[1], Text: reply[2]}, nil
}

// Done ends a job, and says whether it still was the worker's.
func (q *Queue) Done(ctx context.Context, job Job) (bool, error) {
	return q.scripts.Get("scripts/done.lua").Run(ctx, q.Store, []string{q.jobs(), q.taken()}, job.ID, job.deadline).Bool()
}

func main() {
	now := time.Now()
	store := luastore.New(&luastore.Options{Now: func() time.Time { return now }, DeclaredKeysOnly: true})
	if err := run(os.Stdout, store, func(d time.Duration) { now = now.Add(d) }); err != nil {
		log.Fatal(err)
	}
}

// run tells a story of two workers; wait lets time pass.
func run(w io.Writer, store *luastore.Store, wait func(time.Duration)) error {
	const timeout = 30 * time.Second
	ctx := context.Background()
	queue, err := NewQueue("mail", timeout, store)
	if err != nil {
		return err
	}
	for _, job := range []string{"welcome ann", "remind bob"} {
		if _, err := queue.Push(ctx, job); err != nil {
			return err
		}
	}
	var failed error
	take := func(who string) Job {
		job, err := queue.Take(ctx)
		switch {
		case errors.Is(err, luastore.ErrNil):
			fmt.Fprintln(w, who, "finds nothing to do")
		case err != nil:
			failed = errors.Join(failed, err)
		default:
			fmt.Fprintf(w, "%s takes job %s: %s\n", who, job.ID, job.Text)
		}
		return job
	}
	done := func(who string, job Job) {
		switch ok, err := queue.Done(ctx, job); {
		case err != nil:
			failed = errors.Join(failed, err)
		case ok:
			fmt.Fprintf(w, "%s has done job %s\n", who, job.ID)
		default:
			fmt.Fprintf(w, "%s is too late with job %s\n", who, job.ID)
		}
	}
	first, second := take("cat"), take("dan")
	take("cat")
	done("dan", second)
	wait(timeout)
	fmt.Fprintf(w, "%v pass without a word of cat\n", timeout)
	again := take("dan")
	done("cat", first)
	done("dan", again)
	take("cat")
	return failed
}
