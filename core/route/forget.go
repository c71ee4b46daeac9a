package route

// Forget drops what was compiled: a guardrail that is kept under an id has
// changed, and configs and headers that name it have to be read again. What was
// learnt about targets stays.
func (r *Router) Forget() {
	r.mu.Lock()
	clear(r.known)
	r.order.Init()
	r.size = 0
	r.mu.Unlock()
	d := r.env.guardDefaults
	d.mu.Lock()
	clear(d.known)
	d.mu.Unlock()
}
