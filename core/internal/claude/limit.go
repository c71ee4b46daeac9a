package claude

// limit keeps max_tokens within what the model can write, and above the
// budget of thinking, which is part of it.
func (p *planner) limit() {
	n := p.m.Preset
	switch {
	case p.w.Limit != nil:
		n = *p.w.Limit
	case !p.w.Required:
		return
	}
	if p.m.Known && n > p.m.Output {
		p.lose("max_tokens")
		n = p.m.Output
	}
	if p.Type == Enabled && p.Budget >= n {
		n = p.balance(n)
	}
	p.Limit = &n
}

// balance makes room for an answer beside the budget and returns the new
// limit. A budget that we made from an effort gives way; one that the client
// named is kept, and what it left for the answer is added to it, as far as the
// model goes.
func (p *planner) balance(n int64) int64 {
	own := p.w.Budget != nil
	if !own && n >= 2*MinBudget {
		p.Budget = n - MinBudget
		return n
	}
	if !own {
		p.Budget = MinBudget
	}
	if p.w.Limit != nil {
		p.lose("max_tokens")
	}
	n += p.Budget
	if p.m.Known && n > p.m.Output {
		n = p.m.Output
		if room := n - MinBudget; p.Budget > room {
			p.lose("thinking.budget_tokens")
			p.Budget = room
		}
	}
	return n
}
