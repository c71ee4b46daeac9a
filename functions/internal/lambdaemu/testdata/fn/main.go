// Command fn is the function of the emulator's tests: a handler for each thing
// that can go wrong between a handler and its client.
package main

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"os"
	"strings"
	"time"

	"sluice/core"
	"sluice/functions/internal/lambdahttp"
)

func main() {
	if os.Getenv("FAIL_INIT") != "" {
		fmt.Println("cannot start")
		os.Exit(3)
	}
	if start := plain[os.Getenv("PLAIN")]; start != nil {
		start()
	}
	mux := http.NewServeMux()
	mux.HandleFunc("/echo", echo)
	mux.HandleFunc("/stream", stream)
	mux.HandleFunc("/acknowledged", acknowledged)
	mux.HandleFunc("/panic", func(http.ResponseWriter, *http.Request) { panic("before") })
	mux.HandleFunc("/panic-in-stream", panicInStream)
	mux.HandleFunc("/status/{code}", status)
	mux.HandleFunc("/hook", hook)
	mux.HandleFunc("/leave-goroutine", leaveGoroutine)
	mux.HandleFunc("/hang", func(_ http.ResponseWriter, r *http.Request) { time.Sleep(time.Minute) })
	mux.HandleFunc("/exit", func(http.ResponseWriter, *http.Request) { os.Exit(7) })
	mux.HandleFunc("/exit-in-stream", exitInStream)
	mux.HandleFunc("/tenant", tenant)
	mux.HandleFunc("/cookies", cookies)
	mux.HandleFunc("/model/{id}/converse", model)
	mux.HandleFunc("/pid", func(w http.ResponseWriter, _ *http.Request) { fmt.Fprint(w, os.Getpid()) })
	mux.HandleFunc("/env", func(w http.ResponseWriter, r *http.Request) { io.WriteString(w, os.Getenv(r.FormValue("name"))) })
	if err := lambdahttp.Start(context.Background(), mux, lambdahttp.Options{}, os.Getenv); err != nil {
		fmt.Println(err)
		os.Exit(1)
	}
}

func echo(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Content-Type", r.Header.Get("Content-Type"))
	w.Header().Set("X-Length", fmt.Sprint(r.ContentLength))
	w.Header().Set("X-Remote", r.RemoteAddr)
	io.Copy(w, r.Body)
}

// stream sends events, each after a wait, and notes that it came to its end.
func stream(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Content-Type", "text/event-stream")
	w.(http.Flusher).Flush()
	for i := range 5 {
		time.Sleep(100 * time.Millisecond)
		fmt.Fprintf(w, "data: %d\n\n", i)
	}
	note(r, "ended")
}

// acknowledged sends events, each when the client has noted that it has the one
// before it.
func acknowledged(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Content-Type", "text/event-stream")
	for i := range 5 {
		for noted := ""; strings.Count(noted, "\n") < i; time.Sleep(time.Millisecond) {
			b, _ := os.ReadFile(r.Header.Get("X-Notes"))
			noted = string(b)
		}
		fmt.Fprintf(w, "data: %d\n\n", i)
	}
}

func panicInStream(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Content-Type", "text/event-stream")
	io.WriteString(w, "data: 1\n\n")
	panic("in the stream")
}

func exitInStream(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Content-Type", "text/event-stream")
	io.WriteString(w, "data: 1\n\n")
	time.Sleep(50 * time.Millisecond)
	os.Exit(7)
}

func status(w http.ResponseWriter, r *http.Request) {
	var code int
	fmt.Sscan(r.PathValue("code"), &code)
	if code/100 == 3 && code != http.StatusNotModified {
		w.Header().Set("Location", "/elsewhere")
	}
	w.WriteHeader(code)
}

func hook(w http.ResponseWriter, r *http.Request) {
	core.RunAfter(r.Context(), func(ctx context.Context) {
		time.Sleep(300 * time.Millisecond)
		note(r, "hook done")
	})
	io.WriteString(w, "answered")
}

func leaveGoroutine(w http.ResponseWriter, r *http.Request) {
	go func() {
		for {
			note(r, "tick")
			time.Sleep(10 * time.Millisecond)
		}
	}()
	io.WriteString(w, "left")
}

func tenant(w http.ResponseWriter, r *http.Request) {
	if name := r.Header.Get("X-Tenant"); name != "" {
		w.Header().Set("X-Tenant", name)
	}
	b, _ := io.ReadAll(r.Body)
	fmt.Fprintf(w, "%d: %s", os.Getpid(), b)
}

func cookies(w http.ResponseWriter, r *http.Request) {
	for _, c := range r.Cookies() {
		http.SetCookie(w, &http.Cookie{Name: c.Name, Value: strings.ToUpper(c.Value)})
	}
	fmt.Fprintf(w, "%q", r.Header["Cookie"])
}

func model(w http.ResponseWriter, r *http.Request) {
	fmt.Fprintf(w, "%s %s", r.PathValue("id"), r.RequestURI)
}

// note adds a line to the file that the request names.
func note(r *http.Request, line string) {
	f, err := os.OpenFile(r.Header.Get("X-Notes"), os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o600)
	if err != nil {
		return
	}
	defer f.Close()
	fmt.Fprintln(f, line)
}
