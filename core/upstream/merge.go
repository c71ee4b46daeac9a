package upstream

import "sluice/core"

// Merge returns the call with the parameters that its target sets, for those
// who look at the body before it is sent. They are not set again.
func Merge(call *core.Call, t Target) (*core.Call, error) {
	if call.Merged || !t.changes() {
		return call, nil
	}
	x := &exchange{target: t, call: call}
	if err := x.override(); err != nil {
		return nil, err
	}
	own := *x.call
	own.Merged = true
	return &own, nil
}
