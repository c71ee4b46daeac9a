package admin

import (
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"net/http"
	"time"

	"sluice/core/llm"
	"sluice/core/logs"
	"sluice/core/store"
	"sluice/core/store/driver"
)

// permitted is how long the URL of a download can be used.
const permitted = time.Hour

// A permission lets whoever knows its token download an export.
type permission struct {
	Workspace string    `json:"workspace"`
	Export    string    `json:"export"`
	Until     time.Time `json:"until"`
}

// permissions are kept by the hash of their tokens: who can read the table
// cannot make a URL of them.
func (c *call) permissions() store.Collection[permission] {
	return store.In[permission](c.Table, "download").Until(time.Now().Add(permitted))
}

func hashOf(token string) string {
	sum := sha256.Sum256([]byte(token))
	return hex.EncodeToString(sum[:])
}

// permitDownload answers GET /logs/exports/{id}/download with a URL that needs
// no key and holds for an hour, as clients expect it.
func (c *call) permitDownload() error {
	x, err := c.Logs.Export(c.ctx(), c.who.Workspace, c.vars[0])
	if err != nil {
		return err
	}
	if x.Status != logs.ExportSuccess && x.Status != logs.ExportFailed {
		return llm.Errorf(llm.BadRequest, "the export cannot be downloaded: it is %s", x.Status)
	}
	token := rand.Text()
	p := permission{Workspace: c.who.Workspace, Export: x.ID, Until: time.Now().UTC().Add(permitted)}
	if err := c.permissions().Create(c.ctx(), "", hashOf(token), p); err != nil {
		return err
	}
	return c.reply(struct {
		URL     string    `json:"signed_url"`
		Expires time.Time `json:"expires_at"`
	}{c.origin() + "/v1/logs/downloads/" + token, p.Until})
}

// origin is the address that the client has called.
func (c *call) origin() string {
	if c.r.TLS != nil || c.r.Header.Get("X-Forwarded-Proto") == "https" {
		return "https://" + c.r.Host
	}
	return "http://" + c.r.Host
}

// download answers GET /logs/downloads/{token} with lines of JSON.
func (c *call) download() error {
	p, err := c.permissions().Get(c.ctx(), "", hashOf(c.vars[0]))
	if errors.Is(err, driver.ErrNotFound) || err == nil && time.Now().After(p.Until) {
		return llm.Errorf(llm.NotFound, "the address of the download is wrong, or has expired: ask for another one")
	}
	if err != nil {
		return err
	}
	out := &rows{w: c.w}
	err = c.Logs.Download(c.ctx(), p.Workspace, p.Export, out)
	if err != nil && out.begun {
		c.Log.ErrorContext(c.ctx(), "a download broke off", "export", p.Export, "error", err)
		panic(http.ErrAbortHandler) // a part must not look like the whole
	}
	return err
}

// rows sends each piece of a download on its way. Nothing is said before the
// first one is there.
type rows struct {
	w     http.ResponseWriter
	begun bool
}

func (r *rows) Write(p []byte) (int, error) {
	if !r.begun {
		r.begun = true
		h := r.w.Header()
		h.Set("Content-Type", "application/x-ndjson")
		h.Set("Content-Disposition", `attachment; filename="logs.jsonl"`)
		h.Set("Cache-Control", "no-store")
		r.w.WriteHeader(http.StatusOK)
	}
	n, err := r.w.Write(p)
	if err == nil {
		err = http.NewResponseController(r.w).Flush()
	}
	return n, err
}
