package lambdahttp

import (
	"testing"
	"testing/synctest"
	"time"
)

// TestNoJobWaitsForAnother has jobs that end only when all of them run.
func TestNoJobWaitsForAnother(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := newWorkers()
		for range 3 { // the second and third time, by those that are idle
			const jobs = 50
			began, all, done := make(chan bool, jobs), make(chan bool), make(chan bool, jobs)
			for range jobs {
				w.run(func() {
					began <- true
					<-all
					done <- true
				})
			}
			for range jobs {
				<-began
			}
			close(all)
			for range jobs {
				<-done
			}
			synctest.Wait()
		}
		time.Sleep(2 * idleTime) // the bubble ends only if no goroutine is left
	})
}
