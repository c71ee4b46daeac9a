package upstream

import (
	"context"
	"io"
	"net/http"
	"net/url"

	"sluice/core"
	"sluice/core/internal/json"
	"sluice/core/llm"
)

// asksForOutput reports whether a call is the shortcut GET
// /batches/{id}/output, which providers do not have themselves.
func asksForOutput(c *core.Call) bool {
	r := ResourceOf(c)
	return c.Operation == llm.Batches && c.Method == http.MethodGet && r.ID != "" && r.Sub == "output"
}

// batchOutput finds the file with a batch's results and hands it on: both
// steps go to the same target.
func (c *Client) batchOutput(ctx context.Context, call *core.Call, t Target) (*core.Reply, error) {
	id := url.PathEscape(ResourceOf(call).ID)
	batch, err := c.read(ctx, call.At(llm.Batches, "/batches/"+id), t)
	if err != nil {
		return nil, err
	}
	file, err := outputFile(batch)
	if err != nil {
		return nil, err
	}
	return c.Do(ctx, call.At(llm.Files, "/files/"+url.PathEscape(file)+"/content"), t)
}

// outputFile is the file that a batch names: its results, else its errors.
func outputFile(batch []byte) (string, error) {
	b := json.ObjectOf(batch)
	for _, name := range []string{"output_file_id", "error_file_id"} {
		if id := json.Unquote(b.Get(name)); id != "" {
			return id, nil
		}
	}
	message := "the batch has no output: its status is " + json.Unquote(b.Get("status"))
	if faults := json.Lookup(b.Get("errors"), "data"); len(faults) > 0 {
		message += ", and its errors are " + string(faults)
	}
	return "", &llm.Error{Kind: llm.BadRequest, Status: http.StatusConflict, Message: message, Code: "batch_without_output"}
}

// read makes a relayed call whose answer is for the gateway itself.
func (c *Client) read(ctx context.Context, call *core.Call, t Target) ([]byte, error) {
	reply, err := c.Do(ctx, call, t)
	if err != nil {
		return nil, err
	}
	defer reply.Close()
	if reply.Relay() == nil {
		return reply.Body(), nil
	}
	body, err := io.ReadAll(io.LimitReader(reply.Relay(), maxErrorBody))
	if err != nil {
		return nil, &llm.Error{Kind: llm.Truncated, Provider: t.Spec.ID, Message: "the answer broke off", Err: err}
	}
	return body, nil
}
