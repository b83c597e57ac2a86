package recorder

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"strings"
	"sync"
	"time"

	"github.com/honderd/honderd/source/probe"
)

// Find returns the path of a Chromium or Chrome on this machine.
func Find() (string, error) {
	for _, name := range []string{
		"chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome", "headless-shell", "chrome-headless-shell",
		"/Applications/Google Chrome.app/Contents/MacOS/Google Chrome", "/Applications/Chromium.app/Contents/MacOS/Chromium",
	} {
		if path, err := exec.LookPath(name); err == nil {
			return path, nil
		}
	}
	return "", errors.New("there is no Chromium or Chrome on this machine (fix: install chromium, or say where it is)")
}

// flags are how a browser is started: alone, silent, and with nothing of its own on the
// network. All frames of a page are in one process, so that one session reaches them.
func flags(profile string) []string {
	list := []string{
		"--headless=new", "--remote-debugging-pipe", "--user-data-dir=" + profile, "--no-first-run", "--no-default-browser-check", "--disable-gpu",
		"--disable-background-networking", "--disable-component-update", "--disable-default-apps", "--disable-extensions", "--disable-sync",
		"--disable-domain-reliability", "--disable-breakpad", "--disable-crash-reporter", "--disable-client-side-phishing-detection",
		"--disable-search-engine-choice-screen", "--metrics-recording-only", "--mute-audio", "--password-store=basic", "--use-mock-keychain",
		"--disable-background-timer-throttling", "--disable-backgrounding-occluded-windows", "--disable-renderer-backgrounding",
		"--disable-popup-blocking", "--disable-dev-shm-usage", "--disable-site-isolation-trials",
		"--disable-features=IsolateOrigins,site-per-process,Translate,OptimizationHints,MediaRouter,AutofillServerCommunication",
		"--renderer-process-limit=2", "--js-flags=--max-old-space-size=512", "--disk-cache-size=33554432", "--window-size=1280,800", "--lang=en-US",
	}
	if os.Geteuid() == 0 { // the sandbox refuses root
		list = append(list, "--no-sandbox")
	}
	return append(list, "about:blank")
}

// chromium is a browser that runs, with a profile of its own that goes with it.
type chromium struct {
	*pipe
	process *exec.Cmd
	profile string
	files   []*os.File
	ended   chan struct{}
	once    sync.Once
}

// start starts a browser.
func start(ctx context.Context, path string) (c *chromium, err error) {
	c = &chromium{ended: make(chan struct{})}
	if c.profile, err = os.MkdirTemp("", "honderd-browser-"); err != nil {
		return nil, fmt.Errorf("make a profile for the browser: %w", err)
	}
	theirIn, out, err := os.Pipe()
	if err != nil {
		return nil, err
	}
	in, theirOut, err := os.Pipe()
	if err != nil {
		return nil, err
	}
	c.files = []*os.File{out, in}
	c.process = exec.CommandContext(context.WithoutCancel(ctx), path, flags(c.profile)...) // close ends it, after a last picture
	c.process.ExtraFiles = []*os.File{theirIn, theirOut}                                   // 3 and 4, as the browser wants
	err = c.process.Start()
	_, _ = theirIn.Close(), theirOut.Close()
	if err != nil {
		close(c.ended)
		c.close()
		return nil, fmt.Errorf("start the browser: %w", err)
	}
	go func() {
		_ = c.process.Wait()
		close(c.ended)
	}()
	c.pipe = newPipe(out, in)
	return c, nil
}

// close ends the browser and removes its profile.
func (c *chromium) close() {
	c.once.Do(func() {
		if c.process != nil && c.process.Process != nil {
			_ = c.process.Process.Kill()
		}
		<-c.ended
		for _, f := range c.files {
			_ = f.Close()
		}
		removeSoon(c.profile)
	})
}

// removeSoon removes a folder that dying processes may still write to.
func removeSoon(folder string) {
	tick := time.NewTicker(50 * time.Millisecond)
	defer tick.Stop()
	for range 40 {
		if os.RemoveAll(folder) == nil {
			return
		}
		<-tick.C
	}
}

// agent is the user agent of a page: that of the browser, with the word by which logs know
// probes.
func (c *chromium) agent(ctx context.Context) (string, error) {
	var version struct {
		UserAgent string `json:"userAgent"`
	}
	err := c.call(ctx, "", "Browser.getVersion", nil, &version)
	return strings.ReplaceAll(version.UserAgent, "HeadlessChrome", "Chrome") + " " + probe.Agent, err
}
