package lambdahttp

import "time"

// idleTime is how long a worker waits for something to do.
const idleTime = 2 * time.Second

// workers run what follows responses, each in a goroutine of its own for as
// long as it takes. A goroutine that is done takes the next job, since its stack
// has grown already: growing it costs as much as writing a record.
type workers struct{ jobs chan func() }

func newWorkers() workers { return workers{make(chan func())} }

// run has job run, now.
func (w workers) run(job func()) {
	select {
	case w.jobs <- job:
	default:
		go w.work(job)
	}
}

func (w workers) work(job func()) {
	idle := time.NewTimer(idleTime)
	defer idle.Stop()
	for {
		job()
		idle.Reset(idleTime)
		select {
		case job = <-w.jobs:
		case <-idle.C:
			return
		}
	}
}
