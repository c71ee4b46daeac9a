package guard

import (
	"maps"
	"slices"

	"sluice/core/llm"
)

// sent is what a client has been given of an answer's structure.
type sent struct {
	open    []place
	choices []int // that were begun
}

func (s *sent) see(e *llm.Event) {
	at := place{e.Choice, e.Part}
	switch e.Kind {
	case llm.EventPartStart:
		s.open = append(s.open, at)
		if !slices.Contains(s.choices, e.Choice) {
			s.choices = append(s.choices, e.Choice)
		}
	case llm.EventPartStop:
		s.open = slices.DeleteFunc(s.open, func(p place) bool { return p == at })
	}
}

// inOrder lists the flows of a choice by their parts.
func (*sent) inOrder(flows map[place]*flow, choice int) []*flow {
	var list []*flow
	for _, at := range slices.SortedFunc(maps.Keys(flows), func(a, b place) int { return a.part - b.part }) {
		if at.choice == choice {
			list = append(list, flows[at])
		}
	}
	return list
}

// refusal ends an answer in the middle. Choices that had finished by
// themselves keep their reasons, which are among the ends.
func (s *sent) refusal(ends []llm.Event) []llm.Event {
	var out, finishes []llm.Event
	for _, at := range s.open {
		out = append(out, llm.Event{Kind: llm.EventPartStop, Choice: at.choice, Part: at.part})
	}
	choices := slices.Clone(s.choices)
	if len(choices) == 0 && !slices.ContainsFunc(ends, isFinish) {
		choices = []int{0}
	}
	for i := range ends {
		if ends[i].Kind == llm.EventDone {
			continue
		}
		finishes = append(finishes, ends[i])
		if isFinish(ends[i]) {
			choices = slices.DeleteFunc(choices, func(c int) bool { return c == ends[i].Choice })
		}
	}
	slices.Sort(choices)
	for _, c := range choices {
		out = append(out, llm.Event{Kind: llm.EventFinish, Choice: c, Finish: llm.Finish{Reason: llm.FinishContentFilter}})
	}
	return append(append(out, finishes...), llm.Event{Kind: llm.EventDone})
}

func isFinish(e llm.Event) bool { return e.Kind == llm.EventFinish }
