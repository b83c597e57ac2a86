package browser

import (
	"strings"
	"testing"

	"github.com/honderd/honderd/experience"
)

// is returns whether an experience has a cause, a journey and a part of its step.
func is(cause experience.Cause, journey, step string) func(seen) bool {
	return func(s seen) bool {
		return s.Cause == cause && s.journey == journey && strings.Contains(s.step, step)
	}
}

// All share one browser, each in a tab and a profile of its own, at the same time.
func TestARealBrowser(t *testing.T) {
	c := openChromium(t)
	for name, test := range map[string]func(t *testing.T, c *chromium){
		"tells": realTells, "tells later that the server died": realDied, "asks for privacy": realPrivate, "agrees to be recognised": realConsents, "tells another host": realElsewhere,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			test(t, c.of(t))
		})
	}
}

func realTells(t *testing.T, c *chromium) {
	for _, tt := range []struct {
		name string
		act  func(t *testing.T, s *site, b *tab)
	}{
		{"a page view", func(t *testing.T, s *site, b *tab) {
			v := s.kept.wait(t, "a good view", is(experience.Fine, "/shop", "GET /shop/:id"))
			if v.Part || v.Wait == 0 || v.Wait > 30_000 {
				t.Errorf("%v", v)
			}
		}},
		{"a view without loading a page", func(t *testing.T, s *site, b *tab) {
			b.click("#view", 1)
			s.kept.wait(t, "the basket", is(experience.Fine, "/basket", "GET /basket/:id"))
			s.kept.wait(t, "the page before it", is(experience.Fine, "/shop", ""))
		}},
		{"what somebody does", func(t *testing.T, s *site, b *tab) {
			b.click("#good", 1)
			if v := s.kept.wait(t, "a good payment", is(experience.Fine, "/pay", "POST /pay/good")); v.Part || !v.Critical {
				t.Errorf("%v", v)
			}
		}},
		{"a fetch that fails", func(t *testing.T, s *site, b *tab) {
			b.click("#cut", 1)
			if v := s.kept.wait(t, "a failed payment", is(experience.Unreachable, "/pay", "POST /pay/cut")); !v.Critical {
				t.Errorf("%v", v)
			}
		}},
		{"an XMLHttpRequest that fails", func(t *testing.T, s *site, b *tab) {
			b.click("#xhr", 1)
			s.kept.wait(t, "a failed payment", is(experience.Unreachable, "/pay", "POST /pay/cut"))
		}},
		{"a bad answer", func(t *testing.T, s *site, b *tab) {
			b.click("#bad", 1)
			s.kept.wait(t, "a bad payment", is(experience.Unreachable, "/pay", "POST /pay/bad"))
		}},
		{"a slow answer", func(t *testing.T, s *site, b *tab) {
			b.click("#slow", 1)
			if v := s.kept.wait(t, "a slow search", is(experience.TooSlow, "/search", "GET /search/slow")); !v.Part || v.Wait < 8500 {
				t.Errorf("%v", v)
			}
		}},
		{"an error that was felt", func(t *testing.T, s *site, b *tab) {
			b.eval("setTimeout(() => { throw new Error('nobody sees this') }, 0); 1")
			b.click("#error", 1)
			v := s.kept.wait(t, "an error", is(experience.Broken, "/shop", "GET /shop/:id"))
			if !v.Part {
				t.Errorf("%v", v)
			}
		}},
		{"a promise that was broken", func(t *testing.T, s *site, b *tab) {
			b.click("#reject", 1)
			s.kept.wait(t, "an error", is(experience.Broken, "/shop", "GET /shop/:id"))
		}},
		{"clicks in anger", func(t *testing.T, s *site, b *tab) {
			b.click("#hang", 3)
			if v := s.kept.wait(t, "anger", func(s seen) bool { return s.Rage }); v.Cause != experience.TooSlow || v.journey != "/search" {
				t.Errorf("%v", v)
			}
		}},
		{"leaving while waiting", func(t *testing.T, s *site, b *tab) {
			b.click("#hang", 1)
			b.eval("setTimeout(() => { location.href = '/shop/other' }, 700); 1")
			if v := s.kept.wait(t, "somebody who gave up", is(experience.GaveUp, "/search", "GET /search/hang")); v.Wait < 600 {
				t.Errorf("%v", v)
			}
		}},
		{"a tab that crashes while somebody waits", func(t *testing.T, s *site, b *tab) {
			b.click("#hang", 1)
			b.until("(window.since = window.since || performance.now()) + 700 < performance.now()")
			b.send(b.session, "Page.crash", object{})
			s.kept.wait(t, "somebody who gave up", is(experience.GaveUp, "/search", "GET /search/hang"))
		}},
		{"no network of its own", func(t *testing.T, s *site, b *tab) {
			network := func(offline bool) {
				b.call(b.session, "Network.emulateNetworkConditions", object{"offline": offline, "latency": 0, "downloadThroughput": -1, "uploadThroughput": -1}, nil)
			}
			s.kept.wait(t, "the page", is(experience.Fine, "/shop", ""))
			b.call(b.session, "Network.enable", object{}, nil)
			network(true)
			b.click("#good", 1)
			b.until("document.getElementById('out').textContent.includes('failed')")
			b.until("(sessionStorage['honderd.q'] || '').includes('/pay/good')")
			network(false)
			eventually(t, "that the browser was alone", func() bool { return s.door.Counts().Offline == 1 })
			for _, one := range s.kept.all() {
				if one.Bad() {
					t.Errorf("it was somebody's fault: %v", one)
				}
			}
		}},
		{"the place of a sample", func(t *testing.T, s *site, b *tab) {
			s.mu.Lock()
			s.tag = `<script src="/honderd.js" data-sample="0.0000001" async></script>`
			s.mu.Unlock()
			before := s.told()
			b.call(b.session, "Page.navigate", object{"url": s.url("/shop/next")}, nil)
			b.until("location.pathname == '/shop/next' && document.readyState == 'complete' && sessionStorage['honderd.s']")
			left := s.told() // what the page before told when it went
			b.click("#error", 1)
			b.click("#bad", 1)
			b.until("document.getElementById('out').textContent.includes('503')")
			b.visit(s.url("/shop/last"))
			if got := s.told(); got > max(left, before+1) {
				t.Errorf("%d messages, then %d: a tab outside of the sample told something", left, got)
			}
		}},
		{"names of the application", func(t *testing.T, s *site, b *tab) {
			b.eval("honderd.person('customer-1'); honderd.step('pay', 'checkout', true); 1")
			v := s.kept.wait(t, "a bad step", is(experience.Broken, "checkout", "pay"))
			if b.eval("honderd.step('thanks', 'checkout'); 1"); s.kept.wait(t, "a good step", is(experience.Fine, "checkout", "")).Person != v.Person {
				t.Error("one person is two")
			}
		}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			s := newSite(t, Options{Steps: true})
			b := c.of(t).open("")
			b.visit(s.url("/shop/4711?secret=1"))
			tt.act(t, s, b)
			for _, one := range s.kept.all() {
				if strings.Contains(one.step, "secret") || strings.Contains(one.step, "card") {
					t.Errorf("a query was told: %v", one)
				}
			}
			if n := s.door.Counts(); len(n.Refused) > 0 {
				t.Errorf("%+v", n)
			}
		})
	}
}

func realDied(t *testing.T, c *chromium) {
	s := newSite(t, Options{Steps: true})
	b := c.open("")
	b.visit(s.url("/shop/4711"))
	s.kept.wait(t, "a view", is(experience.Fine, "/shop", ""))
	s.die()
	b.click("#good", 1)
	b.until("document.getElementById('out').textContent.includes('failed')")
	b.until("(sessionStorage['honderd.q'] || '').includes('/pay/good')")
	b.click("#next", 1)
	b.until("location.protocol == 'chrome-error:'")
	b.until("performance.now() > 2100")
	s.start()
	b.call(b.session, "Page.reload", object{}, nil)
	paid := s.kept.wait(t, "the payment that failed", is(experience.Unreachable, "/pay", "POST /pay/good"))
	next := s.kept.wait(t, "the page that did not come", is(experience.Unreachable, "/shop", "GET /shop/next"))
	view := s.kept.wait(t, "the page that came", is(experience.Fine, "/shop", "GET /shop/next"))
	if next.Part || paid.At >= next.At || view.At-next.At < 2000 || paid.Person != view.Person {
		t.Errorf("%v at %d, %v at %d, %v at %d", paid, paid.At, next, next.At, view, view.At)
	}
}

func realPrivate(t *testing.T, c *chromium) {
	for _, wish := range []string{"doNotTrack', {get: () => '1'", "globalPrivacyControl', {get: () => true"} {
		s := newSite(t, Options{})
		b := c.open("Object.defineProperty(Navigator.prototype, '" + wish + "})")
		b.visit(s.url("/shop"))
		b.click("#error", 1)
		b.click("#cut", 1)
		b.until("document.getElementById('out').textContent.includes('failed')")
		b.visit(s.url("/shop/next"))
		b.visit(s.url("/shop/last"))
		if s.told() > 0 || b.eval("sessionStorage.length + localStorage.length") != 0.0 {
			t.Errorf("%s: %d told", wish, s.told())
		}
	}
}

// Who agrees is the same person by an id in their browser, until they no longer do; the way
// that the server would know them by otherwise does not matter then.
func realConsents(t *testing.T, c *chromium) {
	s := newSite(t, Options{})
	b := c.open("")
	step := func(name string) seen {
		b.eval("honderd.step('" + name + "', 'shop', true)")
		return s.kept.wait(t, name, func(one seen) bool { return one.step == name })
	}
	b.visit(s.url("/shop"))
	stranger := step("before")
	if b.eval("localStorage.length") != 0.0 {
		t.Error("an id is kept of who did not agree")
	}
	b.eval("honderd.consent(true)")
	known := step("agreed")
	b.visit(s.url("/shop/next"))
	b.eval("honderd.consent(true)")
	again := step("agreed again")
	b.eval("honderd.consent(false)")
	gone := step("no longer")
	if known.Person == stranger.Person || again.Person != known.Person || gone.Person != stranger.Person || b.eval("localStorage.length") != 0.0 {
		t.Errorf("%x before, %x and %x with consent, %x after", stranger.Person, known.Person, again.Person, gone.Person)
	}
}

// The script and the door may be on another host, under a strict policy, and outlive the site.
func realElsewhere(t *testing.T, c *chromium) {
	s, other := newSite(t, Options{}), newSite(t, Options{Key: "shop", Labels: []string{"release"}})
	other.door.origins = []origin{parseOrigin("http://" + s.address)}
	s.policy = "default-src 'none'; script-src 'self' http://" + other.address + "; connect-src 'self' http://" + other.address
	s.tag = `<script src="http://` + other.address + `/honderd.js" data-key="shop" data-labels="release=1.2,person=me" data-journey="buy" async></script>`
	b := c.open("")
	b.visit(s.url("/shop"))
	v := other.kept.wait(t, "a view", is(experience.Fine, "buy", ""))
	if len(v.labels) != 1 || v.labels[0] != (experience.Label{Name: "release", Value: "1.2"}) {
		t.Errorf("%v", v.labels)
	}
	s.die()
	b.click("#good", 1)
	other.kept.wait(t, "that nobody answers", is(experience.Unreachable, "buy", ""))
	if s.told() > 0 || other.door.Counts().Vitals == nil {
		t.Error("told the wrong host")
	}
	if b.eval("document.cookie") != "" {
		t.Error("there is a cookie")
	}
	other.door.origins = []origin{parseOrigin("https://elsewhere.example")}
	b.eval("honderd.step('last', '', true); 1")
	eventually(t, "a refusal", func() bool { return other.door.Counts().Refused["origin"] > 0 })
}
