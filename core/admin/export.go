package admin

import (
	"strconv"
	"time"

	"sluice/core/internal/json"
	"sluice/core/logs"
)

// order is an export as a client asks for it. What is absent stays as it is.
type order struct {
	Description *string    `json:"description"`
	Filters     json.Value `json:"filters"`
	Requested   []string   `json:"requested_data"`
}

// order reads the request's.
func (c *call) order() (change func(*logs.Export), err error) {
	body, err := c.body()
	if err != nil {
		return nil, err
	}
	var o order
	if err := json.Unmarshal(body, &o); err != nil {
		path, what := json.Problem(err)
		return nil, wrong(path, what)
	}
	members, err := flatten(o.Filters, "filters")
	if err != nil {
		return nil, err
	}
	most, err := rowsOf(members)
	if err != nil {
		return nil, err
	}
	f, err := readFilter(members, true)
	if err != nil {
		return nil, err
	}
	return func(x *logs.Export) {
		if o.Description != nil {
			x.Description = *o.Description
		}
		if json.Present(o.Filters) {
			x.From, x.To, x.Filter, x.Limit = f.from, f.to, f.Filter, most
		}
		if o.Requested != nil {
			x.Fields = o.Requested
		}
	}, nil
}

// rowsOf is how many rows an export may have; 0 for all. The hosted service has
// pages of 50,000, of which the first one only makes sense here.
func rowsOf(members map[string]string) (most int64, err error) {
	if page := members["current_page"]; page != "" && page != "0" {
		return 0, wrong("filters.current_page", "must be 0: an export has all rows, or as many as page_size says")
	}
	if size := members["page_size"]; size != "" {
		if most, err = strconv.ParseInt(size, 10, 64); err != nil || most < 1 {
			return 0, wrong("filters.page_size", "must be a whole number from 1 on")
		}
	}
	return most, nil
}

// An export is what a client is told of one.
type export struct {
	ID          string            `json:"id"`
	Object      string            `json:"object"`
	Message     string            `json:"message,omitzero"`
	Workspace   string            `json:"workspace_id"`
	Status      logs.ExportStatus `json:"status"`
	Description string            `json:"description,omitzero"`
	Filters     json.Value        `json:"filters"`
	Requested   []string          `json:"requested_data"`
	Created     time.Time         `json:"created_at"`
	Updated     time.Time         `json:"last_updated_at"`
	Records     int64             `json:"total_records,omitzero"` // of the last download
	Error       string            `json:"error,omitzero"`
}

func (c *call) exportOf(x *logs.Export) export {
	f := filter{from: x.From, to: x.To, rows: x.Limit, Filter: x.Filter}
	out := export{
		ID: x.ID, Object: "export", Workspace: c.who.Workspace, Status: x.Status, Description: x.Description, Filters: f.view(),
		Requested: append([]string{}, x.Fields...), Created: x.Created, Updated: x.Updated, Records: x.Rows, Error: x.Error,
	}
	if out.Updated.IsZero() {
		out.Updated = out.Created
	}
	return out
}

// replyExport answers with an export, and with a sentence on what was done.
func (c *call) replyExport(x logs.Export, err error, message string) error {
	if err != nil {
		return err
	}
	out := c.exportOf(&x)
	out.Message = message
	return c.reply(out)
}

// createExport answers POST /logs/exports.
func (c *call) createExport() error {
	change, err := c.order()
	if err != nil {
		return err
	}
	var x logs.Export
	change(&x)
	x, err = c.Logs.CreateExport(c.ctx(), c.who.Workspace, x)
	return c.replyExport(x, err, "")
}

// listExports answers GET /logs/exports: the newest fifty.
func (c *call) listExports() error {
	list, err := c.Logs.Exports(c.ctx(), c.who.Workspace, 0)
	if err != nil {
		return err
	}
	data := make([]export, len(list))
	for i := range list {
		data[i] = c.exportOf(&list[i])
	}
	return c.reply(struct {
		Object string   `json:"object"`
		Total  int      `json:"total"`
		Data   []export `json:"data"`
	}{"list", len(data), data})
}

// getExport answers GET /logs/exports/{id}.
func (c *call) getExport() error {
	x, err := c.Logs.Export(c.ctx(), c.who.Workspace, c.vars[0])
	return c.replyExport(x, err, "")
}

// updateExport answers PUT /logs/exports/{id}.
func (c *call) updateExport() error {
	change, err := c.order()
	if err != nil {
		return err
	}
	x, err := c.Logs.UpdateExport(c.ctx(), c.who.Workspace, c.vars[0], change)
	return c.replyExport(x, err, "")
}

// startExport answers POST /logs/exports/{id}/start.
func (c *call) startExport() error {
	x, err := c.Logs.StartExport(c.ctx(), c.who.Workspace, c.vars[0])
	return c.replyExport(x, err, "The export can be downloaded.")
}

// cancelExport answers POST /logs/exports/{id}/cancel.
func (c *call) cancelExport() error {
	x, err := c.Logs.CancelExport(c.ctx(), c.who.Workspace, c.vars[0])
	return c.replyExport(x, err, "The export is stopped.")
}
