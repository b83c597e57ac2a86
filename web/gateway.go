package web

import (
	"net/http"

	"github.com/honderd/honderd/service"
	"github.com/honderd/honderd/view"
)

// gatewaySheet is what the page of the gateway shows.
type gatewaySheet struct {
	sheet
	G view.Gateway
}

// gatewayPage shows how the gateway and its backends are now.
func (d dashboard) gatewayPage(w http.ResponseWriter, r *http.Request) {
	s := gatewaySheet{sheet: d.sheet(w, r), G: d.Gateway()}
	s.Here, s.AsOf = "gateway", s.G.AsOf
	d.show(w, r, "gateway page", s)
}

// Headline says what was hidden and what was felt.
func (s gatewaySheet) Headline() string {
	hid := s.R.T("The gateway hid %s faults.", s.R.Count(s.G.Masked))
	switch {
	case s.G.Masked == 0 && s.G.Felt == 0:
		return s.R.T("The gateway stands before the backends.")
	case s.G.Masked == 0:
		hid = s.R.T("The gateway could hide nothing.")
	case s.G.Masked == 1:
		hid = s.R.T("The gateway hid one fault.")
	}
	switch s.G.Felt {
	case 0:
		return hid + " " + s.R.T("None was felt.")
	case 1:
		return hid + " " + s.R.T("One was felt.")
	}
	return hid + " " + s.R.T("%s were felt.", s.R.Count(s.G.Felt))
}

// State returns how a backend is in words.
func (s gatewaySheet) State(b view.GatewayBackend) string {
	switch b.State {
	case "well":
		return s.R.T("well")
	case "trying":
		return s.R.T("being tried")
	}
	return s.R.T("left alone for a moment")
}

// Room returns for how many more a backend has room, in words.
func (s gatewaySheet) Room(b view.GatewayBackend) string {
	if b.Room == nil {
		return s.R.T("never full")
	}
	return s.R.Number(*b.Room)
}

// Owners returns whose each backend is: as the gateway says, else as the catalog does.
func (s sheet) Owners() map[string]string {
	list := map[string]string{}
	if s.services != nil {
		known := s.services()
		for _, b := range s.A.Masked.ByBackend {
			if k, found := service.At(known, b.Backend); found {
				list[b.Backend] = k.Owner.Value
			}
		}
	}
	if s.gateway == nil {
		return list
	}
	for _, b := range s.gateway().Backends {
		if b.Owner != "" {
			list[b.Name] = b.Owner
		}
	}
	return list
}
