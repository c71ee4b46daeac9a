package route

import (
	"context"
	"fmt"
	"slices"
	"time"

	"sluice/core"
	"sluice/core/internal/query"
	"sluice/core/llm"
	"sluice/core/price"
)

// conditional sends a call to the child that the first condition which holds
// names, and to no other. What it can and what it costs is what that child
// can and costs.
type conditional struct {
	group
	fields     *fields
	conditions []branch
	otherwise  branch // of index -1 if there is no default
}

// A branch leads to a child.
type branch struct {
	query query.Query[*view]
	index int
	why   string // for the trace
}

func newConditional(s *Strategy, g group, names []string) *conditional {
	c := &conditional{group: g, fields: s.fields, otherwise: branch{index: -1}}
	for i, cond := range s.conditions {
		c.conditions = append(c.conditions, branch{cond.query, slices.Index(names, cond.then), fmt.Sprintf("condition %d holds: %s", i, cond.then)})
	}
	if s.Default != "" {
		c.otherwise = branch{nil, slices.Index(names, s.Default), "no condition holds: " + s.Default}
	}
	return c
}

func (s *conditional) Handle(ctx context.Context, c *core.Call) (*core.Reply, error) {
	b := s.choose(c)
	if b.index < 0 {
		return nil, llm.Errorf(llm.Invalid, "Query router did not resolve to any valid target")
	}
	c.Trace.Note(s.at, b.why)
	return s.children[b.index].Handle(ctx, c)
}

func (s *conditional) choose(c *core.Call) branch {
	v := s.fields.of(c)
	if i := slices.IndexFunc(s.conditions, func(b branch) bool { return b.query.Holds(v) }); i >= 0 {
		return s.conditions[i]
	}
	return s.otherwise
}

// chosen is the child that the call would go to, nil if there is none.
func (s *conditional) chosen(c *core.Call) child {
	if b := s.choose(c); b.index >= 0 {
		return s.children[b.index]
	}
	return nil
}

func (s *conditional) unable(c *core.Call) string {
	if t := s.chosen(c); t != nil {
		return t.unable(c)
	}
	return "no condition holds"
}

func (s *conditional) benched(c *core.Call) bool {
	t := s.chosen(c)
	return t != nil && t.benched(c)
}

func (s *conditional) pace(c *core.Call) (time.Duration, bool) {
	if t := s.chosen(c); t != nil {
		return t.pace(c)
	}
	return 0, false
}

func (s *conditional) price(c *core.Call) (price.Nano, bool) {
	if t := s.chosen(c); t != nil {
		return t.price(c)
	}
	return 0, false
}

func (s *conditional) prefills(c *core.Call) bool {
	t := s.chosen(c)
	return t != nil && t.prefills(c)
}

func (s *conditional) model(c *core.Call) string {
	if t := s.chosen(c); t != nil {
		return t.model(c)
	}
	return ""
}
