package worktest

import (
	"runtime"
	"testing"
	"time"
)

func TestOnlyWorkCounts(t *testing.T) {
	if runtime.GOOS != "linux" {
		if took := CPU(func() { time.Sleep(time.Millisecond) }); took < time.Millisecond {
			t.Errorf("%s", took)
		}
		return
	}
	if took := CPU(func() { time.Sleep(200 * time.Millisecond) }); took > 100*time.Millisecond {
		t.Errorf("sleeping took %s", took)
	}
	spin := func() {
		for began := used(); used()-began < 50*time.Millisecond; {
		}
	}
	if took := CPU(spin); took < 50*time.Millisecond {
		t.Errorf("working took %s", took)
	}
	if took := CPU(func() {
		done := make(chan bool)
		go func() { spin(); close(done) }()
		<-done
	}); took > 40*time.Millisecond {
		t.Errorf("waiting for another's work took %s", took)
	}
}
