package openaichat

import (
	"testing"

	"sluice/core/dialect"
	"sluice/core/llm"
)

func TestErrorsOfATargetNameIt(t *testing.T) {
	t.Parallel()
	x, err := Codec{}.Prepare(&llm.Request{}, dialect.Target{Provider: "groq"})
	if err != nil {
		t.Fatal(err)
	}
	if e := x.DecodeError(500, nil, nil); e.Provider != "groq" {
		t.Errorf("got %+v", e)
	}
}
