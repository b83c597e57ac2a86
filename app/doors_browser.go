package app

import (
	"net/http"
	"slices"

	"github.com/honderd/honderd/fold/felt"
	"github.com/honderd/honderd/internal/who"
	"github.com/honderd/honderd/source/browser"
)

// newBrowser returns the door for what browsers tell.
func (s *Server) newBrowser(salts *who.Salts) *browser.Door {
	c := s.config
	o := browser.Options{
		Rules: c.Rules(), Salts: salts, Recognise: c.People.Recognise.By(), Trusted: c.People.TrustedProxies,
		Origins: c.Receive.Browser.Origins, Key: c.Receive.Browser.Key, Robots: c.RobotsCount(), Steps: slices.Contains(c.By, felt.ByStep),
		Keep: s.keepSent, Busy: isBusy,
		Refuse: func(why string) { s.drops.add(browser.Name, inRequests, why, 1, true) }, Patience: s.patience,
	}
	if o.Trusted == nil {
		o.Trusted = nearby()
	}
	for _, label := range c.Labels {
		o.Labels = append(o.Labels, label.Name)
	}
	switch c.Receive.Browser.Count {
	case "unseen":
		o.Unseen = true
	case "":
		o.Unseen = len(c.Sources) > 0 || len(c.Gateway.Pools) > 0
	}
	return browser.New(o)
}

// browserPages puts the door for browsers where they look for it.
func (s *Server) browserPages(mux *http.ServeMux) {
	for _, path := range browser.Paths() {
		mux.Handle(path, s.browser)
	}
	mux.HandleFunc("GET /api/v1/browser", func(w http.ResponseWriter, _ *http.Request) { writeState(w, s.browser.Counts()) })
}
