package app

import (
	"context"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/webauthn"
	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"
)

// TestPagesInABrowser does all that needs a browser and any server: both take long to start.
func TestPagesInABrowser(t *testing.T) {
	b := newBrowser(t)
	h := newAllPages(t)
	for _, one := range []struct {
		name string
		do   func(b *chromium, h *allPages)
	}{
		{"the first page is small", firstPageIsSmall}, {"the keyboard is enough", keyboardIsEnough}, {"log in and out", logInAndOut}, {"pages fit on a phone", pagesFitOnAPhone},
	} {
		t.Run(one.name, func(t *testing.T) {
			b.t, h.t = t, t
			one.do(b, h)
		})
	}
}

func firstPageIsSmall(b *chromium, h *allPages) {
	began := time.Now()
	b.do(chromedp.Navigate(h.base+"/"), chromedp.WaitReady(chromedp.CSS("main")))
	b.t.Log("ready after", time.Since(began))
	b.sees("that all has come", `document.readyState === "complete"`)
	b.mu.Lock()
	defer b.mu.Unlock()
	var sum int64
	for address, n := range b.bytes {
		sum += n
		b.t.Log(n, "bytes of", address)
	}
	if sum == 0 || sum > 100_000 || len(b.bytes) > 6 {
		b.t.Errorf("the first page takes %d bytes in %d answers, want 100,000 in 6 at most", sum, len(b.bytes))
	}
}

func keyboardIsEnough(b *chromium, h *allPages) {
	b.do(chromedp.Navigate(h.base+"/"), chromedp.WaitReady(chromedp.CSS("main")), chromedp.KeyEvent(kb.Tab))
	if got := says[string](b, `document.activeElement.className`); got != "skip" {
		b.t.Errorf("the first stop of Tab is %q, want the link that skips the menu", got)
	}
	if seen := says[bool](b, `document.activeElement.getBoundingClientRect().left >= 0`); !seen {
		b.t.Error("the link that skips the menu cannot be seen when it is reached")
	}
	var stops []string
	for range 5 { // the menu: what is in the page is renewed, also while it has the focus
		b.do(chromedp.KeyEvent(kb.Tab))
		stops = append(stops, says[string](b, `document.activeElement.getAttribute("href") ?? document.activeElement.tagName`))
		if drawn := says[string](b, `getComputedStyle(document.activeElement).outlineStyle`); drawn == "none" {
			b.t.Errorf("%s is reached, and it cannot be seen", stops[len(stops)-1])
		}
	}
	if !strings.HasPrefix(strings.Join(stops, " "), "/ / /incidents /faults") {
		b.t.Errorf("Tab goes to %v, want the menu in its order", stops)
	}
	b.do(chromedp.Focus(chromedp.CSS(`.menu a[href="/incidents"]`)), chromedp.KeyEvent(kb.Enter))
	b.has("Times in which people had a bad time")
	b.sees("that letters are heard", `!document.getElementById("keys-open").hidden`)
	b.do(chromedp.KeyEvent("?"))
	b.sees("the help of the keyboard", `document.getElementById("keys").open && document.activeElement.closest("#keys") !== null`)
	b.keep("keys")
	b.do(chromedp.KeyEvent(kb.Escape))
	b.sees("that the help is closed", `!document.getElementById("keys").open`)
	b.do(chromedp.KeyEvent("j"))
	b.sees("that the first in the list has the focus", `document.activeElement.matches("main .stack th a")`)
	b.do(chromedp.KeyEvent(kb.Enter))
	b.has("Minute by minute")
	b.sees("that letters are heard", `!document.getElementById("keys-open").hidden`)
	b.do(chromedp.KeyEvent("/"), chromedp.KeyEvent("g?h")) // what is written in a form goes nowhere
	b.sees("what was written", `document.activeElement.value?.endsWith("g?h")`)
	says[bool](b, `document.activeElement.value = ""; document.activeElement.blur(); true`)
	b.do(chromedp.KeyEvent("g"), chromedp.KeyEvent("f"))
	b.sees("the page of faults", `location.pathname === "/faults" && document.getElementById("keys-open")?.hidden === false`)
	b.do(chromedp.KeyEvent("g"), chromedp.KeyEvent("w"))
	b.sees("the wall", `location.pathname === "/wall" && document.getElementById("live").className === "live on"`)
	if size := says[float64](b, `parseFloat(getComputedStyle(document.querySelector("h1")).fontSize) / innerHeight`); size < 0.05 {
		b.t.Errorf("the words on the wall are %.3f of its height: too small to be read from afar", size)
	}
}

// logInAndOut does so with a password and with a passkey, and looks who finds the accounts.
func logInAndOut(b *chromium, h *allPages) {
	b.do(command(webauthn.Enable, webauthn.EnableParams{}), chromedp.Func(func(ctx context.Context, t *chromedp.Target) error {
		_, err := cdp.Call(ctx, t, webauthn.AddVirtualAuthenticator, webauthn.AddVirtualAuthenticatorParams{Options: &webauthn.VirtualAuthenticatorOptions{
			Protocol: webauthn.AuthenticatorProtocolCtap2, Transport: webauthn.AuthenticatorTransportInternal,
			HasResidentKey: true, HasUserVerification: true, IsUserVerified: true, AutomaticPresenceSimulation: true,
		}})
		return err
	}))
	base := strings.Replace(h.base, "127.0.0.1", "localhost", 1) // a passkey belongs to a name
	enter := func(name, password string) {
		b.do(chromedp.Navigate(base+"/login?to=/account"), chromedp.SendKeys(chromedp.CSS("#name"), name),
			chromedp.SendKeys(chromedp.CSS("#password"), password), chromedp.Submit(chromedp.CSS("#password")))
	}
	leave := func() {
		b.click(`form[action="/logout"] button`)
		b.has("Who are you?")
	}
	enter("ben", "something else")
	b.has("do not belong together")
	enter("ben", goodPassword)
	b.sees("who is logged in", `document.querySelector("h1")?.innerText === "ben"`)
	if says[bool](b, `document.querySelector('.menu a[href="/people"]') !== null`) {
		b.t.Error("an editor finds accounts in the menu")
	}
	leave()
	enter("ann", goodPassword)
	b.sees("who is logged in", `document.querySelector("h1")?.innerText === "ann"`)
	b.do(chromedp.SendKeys(chromedp.CSS("#keyname"), "phone"), chromedp.KeyEvent(kb.Enter))
	b.sees("the passkey", `[...document.querySelectorAll("th")].some(e => e.innerText === "phone")`)
	b.keep("account")
	leave()
	b.click(`form[data-key="show"] button`)
	b.sees("that a passkey is enough", `location.pathname !== "/login"`)
	b.click(`.menu a[href="/people"]`)
	b.has("Invite somebody")
	b.click(`.menu a[href="/account"]`)
	b.sees("who is logged in", `document.querySelector("h1")?.innerText === "ann"`)
	leave()
}

func pagesFitOnAPhone(b *chromium, h *allPages) {
	h.enter(b)
	b.do(chromedp.EmulateViewport(360, 740, chromedp.EmulateMobile))
	for _, page := range h.pages() {
		b.do(chromedp.Navigate(h.base+page), chromedp.WaitReady(chromedp.CSS("body")))
		if over := says[float64](b, `document.documentElement.scrollWidth - innerWidth`); over > 0 {
			b.t.Errorf("%s is %g pixels wider than a phone", page, over)
		}
		b.keep("phone" + fileOf(page))
	}
}
