package admin

import "sluice/core/logs"

// replyFeedback answers with the ids of what was stored.
func (c *call) replyFeedback(message string, ids ...string) error {
	return c.reply(struct {
		Status  string   `json:"status"`
		Message string   `json:"message"`
		IDs     []string `json:"feedback_ids"`
	}{"success", message, ids})
}

// addFeedback answers POST /feedback.
func (c *call) addFeedback() error {
	body, err := c.body()
	if err != nil {
		return err
	}
	list, err := logs.ParseFeedback(body, false)
	if err != nil {
		return err
	}
	ids := make([]string, len(list))
	for i, f := range list {
		f, err := c.Logs.AddFeedback(c.ctx(), c.who.Workspace, f)
		if err != nil {
			return err
		}
		ids[i] = f.ID
	}
	return c.replyFeedback("Feedback successfully saved", ids...)
}

// changeFeedback answers PUT /feedback/{id}.
func (c *call) changeFeedback() error {
	body, err := c.body()
	if err != nil {
		return err
	}
	list, err := logs.ParseFeedback(body, true)
	if err != nil {
		return err
	}
	_, after, err := c.Logs.ChangeFeedback(c.ctx(), c.who.Workspace, c.vars[0], list[0])
	if err != nil {
		return err
	}
	return c.replyFeedback("Feedback successfully updated", after.ID)
}
