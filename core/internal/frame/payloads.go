package frame

import (
	"fmt"

	"sluice/core/internal/json"
)

// payloads reads the payloads of an AWS event stream as one text, as SageMaker
// sends what a container writes. An exception becomes an event of its own, in
// the form in which streams of chat tell errors.
//
// https://docs.aws.amazon.com/sagemaker/latest/APIReference/API_runtime_ResponseStream.html
type payloads struct {
	from eventStream
	rest []byte // of the payload that is being read
}

// Read implements [io.Reader].
func (p *payloads) Read(b []byte) (int, error) {
	for len(p.rest) == 0 {
		f, err := p.from.next()
		if err != nil {
			return 0, err
		}
		if p.rest = f.Data; f.Exception {
			p.rest = told(f)
		}
	}
	n := copy(b, p.rest)
	p.rest = p.rest[n:]
	return n, nil
}

// told writes an exception as an event.
func told(f Frame) []byte {
	message := json.Unquote(json.Lookup(f.Data, "Message"))
	if message == "" {
		message = json.Unquote(json.Lookup(f.Data, "message"))
	}
	return fmt.Appendf(nil, "\n\ndata: {\"error\":{\"message\":%s,\"type\":%s}}\n\n", json.Quote(message), json.Quote(f.Event))
}
