package rollup

import (
	"context"

	"sluice/core/internal/json"
)

// usersOf are the users of each point of time, with their requests, and those
// of all.
func (r *reading) usersOf(ctx context.Context) (p *points, each []map[string]int64, all map[string]int64, err error) {
	p = r.points()
	each, all = make([]map[string]int64, len(p.cells)), map[string]int64{}
	for s, err := range r.slots(ctx, User) {
		if err != nil {
			return nil, nil, nil, err
		}
		i := p.index(s.at)
		if i < 0 || s.cell.Requests == 0 {
			continue
		}
		if each[i] == nil {
			each[i] = map[string]int64{}
		}
		each[i][s.value] += s.cell.Requests
		all[s.value] += s.cell.Requests
	}
	return p, each, all, nil
}

func users(ctx context.Context, r *reading, w *json.Writer) error {
	return r.byUser(ctx, w, func(w *json.Writer, of map[string]int64, _ bool) { w.Int("total", int64(len(of))) })
}

// usersRequests is about requests that name a user.
func usersRequests(ctx context.Context, r *reading, w *json.Writer) error {
	return r.byUser(ctx, w, func(w *json.Writer, of map[string]int64, all bool) {
		total := int64(0)
		for _, n := range of {
			total += n
		}
		if all {
			w.Int("total", total)
			w.Int("unique", int64(len(of)))
		}
		w.Raw("avg", ratio(total, int64(len(of))))
	})
}

func (r *reading) byUser(ctx context.Context, w *json.Writer, write func(*json.Writer, map[string]int64, bool)) error {
	p, each, all, err := r.usersOf(ctx)
	if err != nil {
		return err
	}
	w.Open("summary", '{')
	write(w, all, true)
	w.Close('}')
	list := make([]json.Value, len(each))
	for i := range each {
		point := p.begin(i)
		write(&point, each[i], false)
		point.Close('}')
		list[i] = point.B
	}
	w.Array("data_points", list)
	return nil
}
