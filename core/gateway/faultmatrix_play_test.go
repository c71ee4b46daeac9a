package gateway_test

import (
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"
)

// play plays a cell.
func (g *faultGround) play(t *testing.T, c *faultCell) {
	id, s := g.begin(c)
	resp, err := g.ask(t, c, id)
	close(s.heard)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatalf("the answer breaks off: %v\n%s", err, body)
	}
	switch c.want() {
	case answered:
		c.checkAnswer(t, resp, body)
	case refused:
		c.checkRefusal(t, resp, body)
	case refusedInside:
		c.checkBroken(t, resp, body, "")
	case continued:
		c.checkContinued(t, resp, body, g.scripts[c.first.corpus].marked[true].text)
	case brokenUp:
		c.checkBroken(t, resp, body, g.scripts[c.first.corpus].marked[true].text)
	}
	option := c.option() // as far as it was known when the headers were sent
	switch {
	case c.route.opened():
		option = ""
	case c.want() == continued:
		option = "config.targets[0]"
	}
	if got := resp.Header.Get("X-Portkey-Last-Used-Option-Index"); got != option {
		t.Errorf("answered by %q, want %q", got, option)
	}
	noCanary(t, "the answer", body)
	noCanary(t, "the header", []byte(headerText(resp.Header)))
	asked := int32(0)
	if c.want() == answered || c.want() == continued {
		asked = 1
	}
	if n := s.asked[1].Load(); n != asked {
		t.Errorf("the second target was asked %d times, want %d", n, asked)
	}
	most := int32(1)
	if c.meaning() == noWay {
		most = 2 // a kept connection may have been dead before: then another one is tried
	}
	if n := s.asked[0].Load(); n > most {
		t.Errorf("the first target was asked %d times", n)
	}
	c.checkRecord(t, g.ledger.of(t, resp.Header.Get("X-Sluice-Request-Id")))
}

// ask sends the client's request of a cell.
func (g *faultGround) ask(t *testing.T, c *faultCell, id string) (*http.Response, error) {
	s := &scenarios[0]
	if c.stream {
		s = &scenarios[1]
	}
	body, ok := c.client.question(t, c.client.model, s)
	if !ok {
		t.Fatal("the client has no word for the question")
	}
	front := g.front
	if c.route.opened() {
		front = g.early
	}
	req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, front.URL+c.client.path(c.client.model, c.stream), strings.NewReader(string(body)))
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Content-Type", "application/json")
	req.Header.Set("X-Portkey-Config", c.config(g, id))
	return g.client.Do(req)
}

// config is what the client of a cell sends along.
func (c *faultCell) config(g *faultGround, id string) string {
	hurried := ""
	if c.fault.slow {
		hurried = fmt.Sprintf(`"timeouts":{%q:%d},`, c.phase(), hurry.Milliseconds())
	}
	first := target(c.first, c.fault.hostOf(g)+"/"+id+"/first", hurried)
	strategy := `{"mode":"fallback"}`
	switch c.route {
	case alone, aloneOpened:
		return first
	case staysPut:
		strategy = `{"mode":"fallback","on_status_codes":[418]}`
	case goesOn:
		strategy = `{"mode":"fallback","on_break":"continue"}`
	case onList:
		strategy = fmt.Sprintf(`{"mode":"fallback","on_status_codes":[%d]}`, c.status())
	}
	return fmt.Sprintf(`{"strategy":%s,"targets":[%s,%s]}`, strategy, first, target(c.second(g.sides), g.up.URL+"/"+id+"/second", ""))
}

// faultSecret is in every credential of the matrix.
const faultSecret = "CANARY-0123456789abcdef"

func target(side *matrixSide, host, more string) string {
	options := fmt.Sprintf(`"api_key":"%s"`, faultSecret)
	if side.provider == "bedrock" {
		options = fmt.Sprintf(`"aws_access_key_id":"AKID-%[1]s","aws_secret_access_key":"%[1]s","aws_region":"us-east-1","aws_bedrock_api":%[2]q`, faultSecret, side.corpus)
	}
	return fmt.Sprintf(`{"provider":%q,"custom_host":%q,"override_params":{"model":%q},%s%s}`, side.provider, host, side.model, more, options)
}
