package app

import (
	"context"
	"fmt"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"sync"
	"testing"
	"time"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"

	"github.com/honderd/honderd/config"
)

// chromium is a real one with one page, which notes what it asks of whom.
type chromium struct {
	context.Context
	t *testing.T

	mu    sync.Mutex
	asked []string         // addresses
	bytes map[string]int64 // that came for each, as they were sent
	ids   map[network.RequestID]string
}

// newBrowser starts a browser. Where there is none on this machine, or none that starts,
// the test is left out.
func newBrowser(t *testing.T) *chromium {
	t.Helper()
	path := ""
	for _, name := range []string{"chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "headless-shell"} {
		if found, err := exec.LookPath(name); err == nil && path == "" {
			path = found
		}
	}
	if path == "" {
		t.Skip("there is no Chromium on this machine (fix: install chromium)")
	}
	options := []chromedp.ExecAllocatorOption{chromedp.ExecPath(path), chromedp.WSURLReadTimeout(3 * time.Minute)}
	if os.Geteuid() == 0 { // the sandbox refuses root
		options = append(options, chromedp.NoSandbox)
	}
	b := &chromium{t: t, bytes: map[string]int64{}, ids: map[network.RequestID]string{}}
	ctx, end := chromedp.NewContext(context.Background(), chromedp.WithAllocatorOptions(options...), chromedp.WithListener(b.hear))
	t.Cleanup(end)
	b.Context = ctx
	if err := chromedp.Do(ctx, command(network.Enable, network.EnableParams{})); err != nil {
		t.Skip("Chromium does not start here: ", err)
	}
	return b
}

func (b *chromium) hear(event any) {
	b.mu.Lock()
	defer b.mu.Unlock()
	switch e := event.(type) {
	case *network.EventRequestWillBeSent:
		b.asked = append(b.asked, e.Request.URL)
		b.ids[e.RequestID] = e.Request.URL
	case *network.EventLoadingFinished:
		b.bytes[b.ids[e.RequestID]] += int64(e.EncodedDataLength)
	}
}

// command is a command of the protocol that answers nothing.
func command[P any](c cdp.Command[P, cdp.Empty], with P) chromedp.Action[chromedp.Void] {
	return chromedp.Func(func(ctx context.Context, t *chromedp.Target) error {
		_, err := cdp.Call(ctx, t, c, with)
		return err
	})
}

// do does what it is told, or fails after three minutes.
func (b *chromium) do(actions ...chromedp.Action[chromedp.Void]) {
	b.t.Helper()
	ctx, stop := context.WithTimeout(b, 3*time.Minute)
	defer stop()
	if err := chromedp.Do(ctx, actions...); err != nil {
		b.t.Fatal(err)
	}
}

// click clicks what a selector finds: a page that renews itself may take it away meanwhile.
func (b *chromium) click(selector string) {
	b.t.Helper()
	b.sees(selector, fmt.Sprintf("document.querySelector(%q) !== null", selector))
	says[bool](b, fmt.Sprintf("document.querySelector(%q).click(); true", selector))
}

// sees waits until a script says true.
func (b *chromium) sees(what, script string) {
	b.t.Helper()
	ctx, stop := context.WithTimeout(b, 3*time.Minute)
	defer stop()
	for {
		seen, err := chromedp.Run(ctx, chromedp.Evaluate[bool](script))
		if err == nil && seen {
			return
		}
		if ctx.Err() != nil {
			b.t.Fatalf("the page never shows %s: %v\n%.1500s", what, err, says[string](b, `document.body.innerText`))
		}
		pause(ctx, 100*time.Millisecond) // while it goes elsewhere there may be no answer
	}
}

// has waits until a page shows words.
func (b *chromium) has(words string) {
	b.t.Helper()
	b.sees(words, fmt.Sprintf("document.body.innerText.includes(%q)", words))
}

// says returns what a script says.
func says[T any](b *chromium, script string) (v T) {
	b.t.Helper()
	ctx, stop := context.WithTimeout(b, 3*time.Minute)
	defer stop()
	v, err := chromedp.Run(ctx, chromedp.Evaluate[T](script, chromedp.EvalAwaitPromise))
	if err != nil {
		b.t.Fatal(err)
	}
	return v
}

// keep keeps a picture of the page where HONDERD_PICTURES says.
func (b *chromium) keep(name string) {
	dir := os.Getenv("HONDERD_PICTURES")
	if dir == "" {
		return
	}
	picture, err := chromedp.Run(b, chromedp.FullScreenshot(100))
	if err == nil {
		err = os.WriteFile(filepath.Join(dir, name+".png"), picture, 0o600)
	}
	if err != nil {
		b.t.Error(err)
	}
}

// somebody sends experiences of so many people who have a good time.
func somebody(t *testing.T, base string, people int) {
	t.Helper()
	body := ""
	for i := range people {
		body += fmt.Sprintf(`{"at":%d,"person":"g%d","path":"/search","status":200}`+"\n", time.Now().UnixMilli(), i)
	}
	if code, answer := post(t, http.DefaultClient, base+"/api/v1/experiences", body); code != http.StatusOK {
		t.Fatalf("experiences: %d %s", code, answer)
	}
}

func TestSomebodySeesAHiccupHappenAndLearnsFromIt(t *testing.T) {
	b := newBrowser(t)
	office, mails := postOffice(t)
	c := config.Default()
	c.Listen, c.Data = "127.0.0.1:0", t.TempDir()
	c.Status.URL = "http://status.example"
	c.Mail = config.Mail{Server: office, From: "Shop <status@shop.example>", TLS: "none"}
	c.Moments = []config.Moment{{Name: "always", Weekly: "daily 00:00-24:00"}}
	base, stop := running(t, c)
	defer stop()
	somebody(t, base, 30)

	b.do(chromedp.Navigate(base+"/status/subscribe"), chromedp.SendKeys(chromedp.CSS("input[name=email]"), "anna@example.com"), chromedp.Submit(chromedp.CSS("input[name=email]")))
	token := regexp.MustCompile(`confirm\?t=([\w-]+)`).FindStringSubmatch(readable(next(t, mails, "confirm")))
	if token == nil {
		t.Fatal("the invitation has no link")
	}
	b.do(chromedp.Navigate(base + "/status/confirm?t=" + token[1]))
	b.click("main button")
	b.sees("that it is confirmed", `!document.querySelector("main form")`)

	b.do(chromedp.Navigate(base + "/"))
	b.has("All 30 people")
	b.sees("that it is live", `document.getElementById("live").className === "live on"`)
	hurt(t, base, 20)
	b.has("People are having a bad time.") // by itself
	b.keep("hiccup")
	b.click("div.trouble a")
	b.has("What was learned")
	says[bool](b, `document.getElementById("change-new").focus(); true`) // from here on the page does not renew itself
	b.do(chromedp.KeyEvent("Ask two banks"+kb.Tab), chromedp.KeyEvent("Ann"+kb.Enter))
	b.sees("the lesson", `document.querySelector(".lessons .log")?.innerText.includes("Ask two banks")`)
	b.keep("incident")

	next(t, mails, "bad time")
	b.mu.Lock()
	defer b.mu.Unlock()
	for _, address := range b.asked {
		if u, err := url.Parse(address); err != nil || u.Scheme != "data" && u.Scheme != "about" && "http://"+u.Host != base {
			t.Errorf("the page asked %s", address)
		}
	}
}
