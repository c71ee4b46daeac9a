package route

import (
	"errors"
	"slices"

	"sluice/core"
	"sluice/core/llm"
)

// telling is the failure that says most to the client when all targets have
// failed. That is the last one, as with the reference; but where it only says
// that the last target could not take the request, and another one had
// trouble of its own before, that trouble is why there is no answer.
//
// An attempt that could not be made any more says nothing: then the last one
// that was made counts.
type telling struct{ trouble, last error }

// add hears of a failure that is not the last one.
func (t *telling) add(err error) {
	if !errors.Is(err, core.ErrSpent) {
		t.last = err
	}
	if t.trouble == nil && kindIn(err, llm.RateLimited, llm.Quota, llm.Overloaded, llm.Timeout, llm.Unreachable, llm.Upstream, llm.Truncated) {
		t.trouble = err
	}
}

// of chooses between the last failure and what was heard before.
func (t *telling) of(last error) error {
	if t.last != nil && errors.Is(last, core.ErrSpent) {
		last = t.last
	}
	if t.trouble != nil && kindIn(last, llm.BadRequest, llm.NotFound, llm.TooLarge, llm.UnsupportedMedia, llm.ContextLength, llm.Unsupported) {
		return t.trouble
	}
	return last
}

func kindIn(err error, kinds ...llm.ErrorKind) bool {
	e, ok := errors.AsType[*llm.Error](err)
	return ok && slices.Contains(kinds, e.Kind)
}
