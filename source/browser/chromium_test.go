package browser

import (
	"bufio"
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"sync"
	"testing"
	"time"
)

// chromium is a real browser that the tests drive by the Chrome DevTools Protocol over a
// pipe: messages that end in 0.
type chromium struct {
	t *testing.T
	*line
}

// line is the connection to a browser.
type line struct {
	out *os.File

	mu      sync.Mutex
	last    int
	waiting map[int]chan answer
}

type answer struct {
	ID     int             `json:"id"`
	Result json.RawMessage `json:"result"`
	Error  *struct {
		Message string `json:"message"`
	} `json:"error"`
}

// personAgent is the user agent of somebody, so that a driven browser is not known as one.
const personAgent = "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/156.0.0.0 Safari/537.36"

// openChromium starts a browser for t, or skips t where there is none.
func openChromium(t *testing.T, more ...string) *chromium {
	t.Helper()
	path := ""
	for _, name := range []string{"chromium", "chromium-browser", "google-chrome", "google-chrome-stable"} {
		if found, err := exec.LookPath(name); err == nil && path == "" {
			path = found
		}
	}
	if path == "" {
		t.Skip("no Chromium here (fix: apt-get install chromium)")
	}
	profile, err := os.MkdirTemp("", "honderd-test-")
	if err != nil {
		t.Fatal(err)
	}
	theirIn, out, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	in, theirOut, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.CommandContext(t.Context(), path, append([]string{
		"--headless=new", "--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-background-networking", "--disable-component-update",
		"--disable-sync", "--disable-dev-shm-usage", "--disable-extensions", "--mute-audio", "--remote-debugging-pipe", "--user-data-dir=" + profile,
		"--disable-blink-features=AutomationControlled", "--user-agent=" + personAgent, "--window-size=800,600", "--short-reporting-delay",
	}, more...)...)
	cmd.ExtraFiles = []*os.File{theirIn, theirOut}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	theirIn.Close()
	theirOut.Close()
	c := &chromium{t, &line{out: out, waiting: map[int]chan answer{}}}
	read := make(chan struct{})
	go func() { defer close(read); c.read(in) }()
	t.Cleanup(func() {
		out.Close() // the browser ends with its pipe
		_ = cmd.Process.Kill()
		_ = cmd.Wait()
		<-read
		in.Close()
		_ = os.RemoveAll(filepath.Clean(profile))
	})
	return c
}

// of returns the same browser for a part of its test.
func (c *chromium) of(t *testing.T) *chromium { return &chromium{t, c.line} }

func (c *line) read(in *os.File) {
	lines := bufio.NewScanner(in)
	lines.Buffer(make([]byte, 1<<16), 16<<20)
	lines.Split(func(data []byte, _ bool) (int, []byte, error) {
		if end := bytes.IndexByte(data, 0); end >= 0 {
			return end + 1, data[:end], nil
		}
		return 0, nil, nil
	})
	for lines.Scan() {
		var a answer
		if json.Unmarshal(lines.Bytes(), &a) != nil || a.ID == 0 {
			continue
		}
		c.mu.Lock()
		to := c.waiting[a.ID]
		delete(c.waiting, a.ID)
		c.mu.Unlock()
		if to != nil {
			to <- a
		}
	}
}

// patience is how long a browser may take for an answer on a busy machine.
const patience = 60 * time.Second

// send asks the browser and does not wait.
func (c *chromium) send(session, method string, params any) chan answer {
	c.t.Helper()
	to := make(chan answer, 1)
	c.mu.Lock()
	defer c.mu.Unlock()
	c.last++
	c.waiting[c.last] = to
	m := map[string]any{"id": c.last, "method": method, "params": params}
	if session != "" {
		m["sessionId"] = session
	}
	text, err := json.Marshal(m)
	if err == nil {
		_, err = c.out.Write(append(text, 0))
	}
	if err != nil {
		c.t.Fatal(err)
	}
	return to
}

// call asks the browser, in a session or, with "", as a whole.
func (c *chromium) call(session, method string, params, result any) {
	c.t.Helper()
	limit := time.NewTimer(patience)
	defer limit.Stop()
	select {
	case a := <-c.send(session, method, params):
		if a.Error != nil {
			c.t.Fatalf("%s: %s", method, a.Error.Message)
		}
		if result != nil {
			if err := json.Unmarshal(a.Result, result); err != nil {
				c.t.Fatal(err)
			}
		}
	case <-limit.C:
		c.t.Fatalf("%s: no answer", method)
	}
}

// object is the parameters of a call.
type object = map[string]any

// tab is one tab, in a profile of its own.
type tab struct {
	*chromium
	session, target string
}

// open opens a tab that runs before on each page before anything else.
func (c *chromium) open(before string) *tab {
	c.t.Helper()
	var context struct {
		ID string `json:"browserContextId"`
	}
	c.call("", "Target.createBrowserContext", object{}, &context)
	var target struct {
		ID string `json:"targetId"`
	}
	c.call("", "Target.createTarget", object{"url": "about:blank", "browserContextId": context.ID}, &target)
	var session struct {
		ID string `json:"sessionId"`
	}
	c.call("", "Target.attachToTarget", object{"targetId": target.ID, "flatten": true}, &session)
	b := &tab{c, session.ID, target.ID}
	b.call(b.session, "Page.enable", object{}, nil)
	if before != "" {
		b.call(b.session, "Page.addScriptToEvaluateOnNewDocument", object{"source": before}, nil)
	}
	return b
}

// visit goes to an address and waits until its script is there.
func (b *tab) visit(address string) {
	b.t.Helper()
	b.call(b.session, "Page.navigate", object{"url": address}, nil)
	b.until("document.readyState == 'complete' && window.honderd && location.href.indexOf('http') == 0")
}

// eval returns what an expression is.
func (b *tab) eval(expression string) any {
	b.t.Helper()
	var r struct {
		Result struct {
			Value any `json:"value"`
		} `json:"result"`
	}
	b.call(b.session, "Runtime.evaluate", object{"expression": expression, "returnByValue": true, "userGesture": true}, &r)
	return r.Result.Value
}

// until waits until an expression holds.
func (b *tab) until(expression string) {
	b.t.Helper()
	eventually(b.t, expression, func() bool {
		holds, _ := b.eval("!!(" + expression + ")").(bool)
		return holds
	})
}

// click clicks on an element, so often.
func (b *tab) click(selector string, times int) {
	b.t.Helper()
	at, _ := b.eval(fmt.Sprintf("(r => [r.x + r.width / 2, r.y + r.height / 2])(document.querySelector(%q).getBoundingClientRect())", selector)).([]any)
	if len(at) != 2 {
		b.t.Fatalf("there is no %s", selector)
	}
	var last chan answer
	for i := range times { // none waits for the one before: on a busy machine a person would click as fast
		for _, kind := range []string{"mousePressed", "mouseReleased"} {
			last = b.send(b.session, "Input.dispatchMouseEvent", object{"type": kind, "x": at[0], "y": at[1], "button": "left", "clickCount": i + 1})
		}
	}
	<-last
}

// eventually waits until something holds.
func eventually(t *testing.T, what string, holds func() bool) {
	t.Helper()
	tick, limit := time.NewTicker(20*time.Millisecond), time.NewTimer(patience)
	defer tick.Stop()
	defer limit.Stop()
	for !holds() {
		select {
		case <-tick.C:
		case <-limit.C:
			t.Fatalf("waited in vain: %s", what)
		}
	}
}
