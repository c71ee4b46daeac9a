package lambdaemu

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"sync"
	"time"
)

// An environment is one process of the function with a Runtime API of its own,
// so that it is known which process asks.
type environment struct {
	emu     *Emulator
	cmd     *exec.Cmd
	api     *http.Server
	started time.Time
	ready   chan struct{} // closed when the first event is asked for
	exited  chan struct{} // closed when the process is gone
	work    chan *invocation
	busy    bool // has a slot; guarded by the emulator's mutex

	mu       sync.Mutex
	init     time.Duration // until ready; zero once it was reported
	current  *invocation   // handed out and not ended
	starting bool
	gone     bool
}

func (e *Emulator) startEnvironment() (*environment, error) {
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, fmt.Errorf("opening a Runtime API: %w", err)
	}
	env := &environment{
		emu: e, started: time.Now(), starting: true,
		ready: make(chan struct{}), exited: make(chan struct{}), work: make(chan *invocation, 1),
	}
	env.api = &http.Server{Handler: env.runtimeAPI()}
	env.cmd, err = e.command(ln.Addr().String())
	if err == nil {
		err = env.cmd.Start()
	}
	if err != nil {
		ln.Close()
		return nil, fmt.Errorf("starting the function: %w", err)
	}
	e.running.Go(func() { env.api.Serve(ln) })
	e.running.Go(env.wait)
	return env, nil
}

func (e *Emulator) command(api string) (*exec.Cmd, error) {
	path, err := filepath.Abs(e.config.Binary)
	if err != nil {
		return nil, err
	}
	cmd := exec.Command(path)
	cmd.Dir = filepath.Dir(path)
	cmd.Stdout, cmd.Stderr = e, e
	cmd.WaitDelay = time.Second
	cmd.SysProcAttr = ownGroup()
	cmd.Env = append(e.environ(cmd.Dir), e.config.Env...) // of two values the last counts
	cmd.Env = append(cmd.Env, "AWS_LAMBDA_RUNTIME_API="+api)
	return cmd, nil
}

// environ is what Lambda sets for a function on an OS-only runtime. The
// credentials are made up.
//
// See https://docs.aws.amazon.com/lambda/latest/dg/configuration-envvars.html#configuration-envvars-runtime.
func (e *Emulator) environ(dir string) []string {
	c := e.config
	return []string{
		"_HANDLER=bootstrap",
		"AWS_REGION=" + region,
		"AWS_DEFAULT_REGION=" + region,
		"AWS_ACCESS_KEY_ID=emulated",
		"AWS_SECRET_ACCESS_KEY=emulated",
		"AWS_SESSION_TOKEN=emulated",
		"AWS_LAMBDA_FUNCTION_NAME=" + c.Name,
		"AWS_LAMBDA_FUNCTION_MEMORY_SIZE=" + strconv.Itoa(c.Memory),
		"AWS_LAMBDA_FUNCTION_VERSION=$LATEST",
		"AWS_LAMBDA_INITIALIZATION_TYPE=on-demand",
		"AWS_LAMBDA_LOG_GROUP_NAME=/aws/lambda/" + c.Name,
		"AWS_LAMBDA_LOG_STREAM_NAME=" + time.Now().UTC().Format("2006/01/02") + "/[$LATEST]" + newID(),
		"AWS_LAMBDA_LOG_FORMAT=JSON",
		"AWS_LAMBDA_LOG_LEVEL=INFO",
		"AWS_XRAY_CONTEXT_MISSING=LOG_ERROR",
		"LAMBDA_TASK_ROOT=" + dir,
		"LAMBDA_RUNTIME_DIR=/var/runtime",
		"LANG=en_US.UTF-8",
		"TZ=:UTC",
		"PATH=/usr/local/bin:/usr/bin:/bin:/opt/bin",
		"TMPDIR=" + os.TempDir(),
	}
}

var errInit = errors.New("the function did not start")

// waitReady waits for the process to ask for its first event. One that does
// not is killed.
func (v *environment) waitReady() error {
	late := time.NewTimer(v.emu.config.InitTimeout)
	defer late.Stop()
	select {
	case <-v.ready:
		return nil
	case <-v.exited:
	case <-late.C:
		v.kill()
		<-v.exited
	}
	select {
	case <-v.ready: // it was ready long ago and died while it was frozen
		return nil
	default:
		return errInit
	}
}

// wait ends what the process leaves behind when it is gone.
func (v *environment) wait() {
	err := v.cmd.Wait()
	v.mu.Lock()
	v.gone = true
	inv, starting := v.current, v.starting
	v.current = nil
	v.mu.Unlock()
	if starting {
		v.emu.logf("INIT_REPORT Init Duration: %.2f ms\tPhase: init\tStatus: error\tError Type: Runtime.ExitError (%v)", millis(time.Since(v.started)), err)
	}
	if inv != nil {
		if inv.fail("error", "Runtime.ExitError") {
			v.emu.logf("RequestId: %s Error: Runtime exited: %v", inv.id, err)
		}
		v.report(inv)
	}
	v.api.Close()
	v.emu.release(v, false)
	close(v.exited)
}

// kill ends the process, frozen or not.
func (v *environment) kill() { v.signal(kill) }

func (v *environment) signal(f func(pid int)) {
	v.mu.Lock()
	defer v.mu.Unlock()
	if !v.gone {
		f(v.cmd.Process.Pid)
	}
}

// settle is called when the process asks for an event: it has started, or has
// ended an invocation, and then it is frozen.
func (v *environment) settle() {
	v.mu.Lock()
	inv, first := v.current, v.starting
	v.current, v.starting = nil, false
	if first {
		v.init = time.Since(v.started)
	}
	v.mu.Unlock()
	if first {
		close(v.ready)
		return
	}
	if inv != nil {
		if !inv.isAnswered() {
			inv.fail("error", "Runtime.NoResponse")
		}
		v.report(inv)
		v.signal(freeze)
		v.emu.release(v, true)
	}
}

// take waits for an invocation, wakes the process and starts the clock.
func (v *environment) take(ctx context.Context) (*invocation, bool) {
	select {
	case <-ctx.Done():
		return nil, false
	case inv := <-v.work:
		v.signal(thaw)
		v.emu.logf("START RequestId: %s Version: $LATEST", inv.id)
		return inv, v.begin(inv)
	}
}

// begin makes inv the current invocation. It reports false if the process is
// gone.
func (v *environment) begin(inv *invocation) bool {
	v.mu.Lock()
	defer v.mu.Unlock()
	if v.gone {
		return false
	}
	v.current = inv
	timeout := v.emu.config.Timeout
	inv.begin(timeout, func() {
		v.emu.logf("%s %s Task timed out after %.2f seconds", time.Now().UTC().Format("2006-01-02T15:04:05.000Z"), inv.id, timeout.Seconds())
		v.kill()
	})
	return true
}

// invocation returns the one that is under way, if its id is that.
func (v *environment) invocation(id string) (*invocation, bool) {
	v.mu.Lock()
	defer v.mu.Unlock()
	return v.current, v.current != nil && v.current.id == id
}

func (v *environment) report(inv *invocation) {
	r := inv.end()
	v.mu.Lock()
	r.Init, v.init = v.init, 0
	v.mu.Unlock()
	r.Billed = billed(r.Duration + r.Init)
	r.Memory, r.MaxMemory = v.emu.config.Memory, maxMemory(v.cmd.Process.Pid)
	v.emu.logf("END RequestId: %s", inv.id)
	v.emu.addReport(r)
}
