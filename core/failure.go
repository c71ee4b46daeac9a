package core

// A Failure is an error of a target, with what is known of the target.
type Failure struct {
	Option   string // path of the target in the config
	Provider string
	Retries  int // made; -1: used up, or waiting longer made no sense
	Err      error
}

func (f *Failure) Error() string { return f.Err.Error() }

func (f *Failure) Unwrap() error { return f.Err }

// Told marks the failure of a stream that the stream itself has told: the
// client of a forwarded stream has seen it and is not told again.
type Told struct{ Err error }

func (t *Told) Error() string { return t.Err.Error() }

func (t *Told) Unwrap() error { return t.Err }
