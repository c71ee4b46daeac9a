package llm

import (
	"sluice/core/internal/json"
)

// Native is the residue of a decoded object: the members for which this
// package has no word, kept as they came. The dialect they came from writes
// them back; any other one reports them dropped.
//
// A member enters the canonical types when two dialects have it.
type Native struct {
	Dialect Dialect    // whose words these are; empty when there are none
	Members json.Value // one JSON object, or nil
}

// IsZero reports whether there is no residue.
func (n Native) IsZero() bool { return n.Empty() }

// Empty reports whether there is no residue.
func (n Native) Empty() bool { return len(n.Members) == 0 || string(n.Members) == "{}" }

// For returns the members if they belong to d, else nil.
func (n Native) For(d Dialect) json.Value {
	if n.Dialect != d || n.Empty() {
		return nil
	}
	return n.Members
}

// Names lists the members, in their order.
func (n Native) Names() []string {
	if n.Empty() {
		return nil
	}
	return json.Names(n.Members)
}

// ForeignTo returns the names of the members that d cannot write: all of
// them when they are another dialect's, none otherwise. Members that are empty
// ({}, [], "" or null) are left out: they say how something was written, and
// nothing is lost without them.
func (n Native) ForeignTo(d Dialect) []string {
	if n.Dialect == d || n.Empty() {
		return nil
	}
	ms, err := json.Members(n.Members)
	if err != nil {
		return nil
	}
	var names []string
	for _, m := range ms {
		switch string(m.Value) {
		case "{}", "[]", `""`, "null":
		default:
			names = append(names, m.Name)
		}
	}
	return names
}

// Residue is the residue of an object of d: the members of rest, after those
// extra ones that have a value. The members are not copied.
func Residue(d Dialect, rest json.Value, extra ...json.Member) Native {
	members := json.Join(rest, extra...)
	if members == nil {
		return Native{}
	}
	return Native{Dialect: d, Members: members}
}

// NativeOf wraps the members that a decoder of d did not know.
func NativeOf(d Dialect, members json.Value) Native {
	if len(members) == 0 || string(members) == "{}" {
		return Native{}
	}
	return Native{Dialect: d, Members: members.Clone()}
}
