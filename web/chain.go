package web

import (
	"bytes"
	"net/http"
	"slices"
	"strings"

	"github.com/honderd/honderd/look"
	"github.com/honderd/honderd/view"
)

// drawnServices is how many services the picture shows at most: those that people and
// others ask most. The table has all.
const drawnServices = 60

// chainSheet is what the page of the chain shows.
type chainSheet struct {
	sheet
	C      view.Chain
	Boxes  []look.Box
	Arrows []look.Arrow
	Hidden int // services that are not drawn
}

// chain shows who needs whom.
func (d dashboard) chain(w http.ResponseWriter, r *http.Request) {
	s := chainSheet{sheet: d.sheet(w, r), C: d.Chain()}
	s.Here = "chain"
	s.draw()
	d.show(w, r, "chain page", s)
}

// chainJSON sends who needs whom, for programs.
func (d dashboard) chainJSON(w http.ResponseWriter, r *http.Request) {
	var b bytes.Buffer
	if err := d.Chain().WriteJSON(&b); err != nil {
		d.Log.Error("chain not made", "err", err)
		http.Error(w, "The chain could not be made. The log of honderd says why.", http.StatusInternalServerError)
		return
	}
	w.Header().Set("Cache-Control", "no-store")
	send(w, r, http.StatusOK, "application/json", b.Bytes())
}

// draw chooses what the picture shows.
func (s *chainSheet) draw() {
	at := map[string]int{}
	for _, n := range s.C.Nodes {
		if n.Calls == 0 && n.People == 0 && !slices.ContainsFunc(s.C.Edges, func(e view.ChainEdge) bool { return e.From == n.Service || e.To == n.Service && e.Told != "" }) {
			continue // nothing of it in these hours
		}
		if len(s.Boxes) >= drawnServices {
			s.Hidden++
			continue
		}
		at[n.Service] = len(s.Boxes)
		s.Boxes = append(s.Boxes, s.box(n))
	}
	if s.C.People > 0 {
		people := len(s.Boxes)
		s.Boxes = append(s.Boxes, look.Box{Name: s.R.T("people"), Note: s.R.T("%s steps", s.R.Count(s.C.People)), Words: s.R.T("people"), Crowd: true})
		for _, n := range s.C.Nodes {
			if to, drawn := at[n.Service]; drawn && n.People > 0 {
				share := float64(n.Hurt) / float64(n.People)
				s.Arrows = append(s.Arrows, look.Arrow{From: people, To: to, Share: &share, Calls: n.People, Words: s.R.T("%s steps, %s of them bad", s.R.Count(n.People), s.R.Count(n.Hurt))})
			}
		}
	}
	for _, e := range s.C.Edges {
		from, known := at[e.From]
		to, knownToo := at[e.To]
		if known && knownToo {
			s.Arrows = append(s.Arrows, look.Arrow{From: from, To: to, Share: e.ErrorShare, Calls: e.Calls, Told: e.Told != "", Words: e.From + " → " + e.To + ": " + s.edgeWords(e)})
		}
	}
}

func (s *chainSheet) box(n view.ChainNode) look.Box {
	b := look.Box{Name: n.Service, Quiet: !n.Tells, Share: n.ErrorShare}
	if n.People > 0 && n.Hurt > 0 {
		share := float64(n.Hurt) / float64(n.People)
		if b.Share == nil || share > *b.Share {
			b.Share = &share
		}
	}
	switch {
	case n.Calls > 0 && n.Errors > 0:
		b.Note = s.R.T("%s calls, %s failed", s.R.Count(n.Calls), s.R.Count(n.Errors))
	case n.Calls > 0:
		b.Note = s.R.T("%s calls", s.R.Count(n.Calls))
	case n.People > 0:
		b.Note = s.R.T("%s steps", s.R.Count(n.People))
	}
	b.Words = n.Service + ": " + b.Note
	if n.Kind == "told" {
		b.Note = s.R.T("told, not seen")
	}
	if len(n.Blast) > 0 {
		b.Words += ". " + s.R.T("Needed by: %s", strings.Join(n.Blast, ", "))
	}
	return b
}

func (s *chainSheet) edgeWords(e view.ChainEdge) string {
	if e.Told != "" {
		return s.R.T("told by %s, not seen", e.Told)
	}
	words := s.R.T("%s calls, %s failed", s.R.Count(e.Calls), s.R.Count(e.Errors))
	if e.Masked > 0 {
		words += ", " + s.R.T("%s of these masked", s.R.Count(e.Masked))
	}
	return words
}

// Told reports whether something is needed that was not seen to be called.
func (s chainSheet) Told() bool {
	return slices.ContainsFunc(s.C.Edges, func(e view.ChainEdge) bool { return e.Told != "" })
}

// Millis returns a time in milliseconds in words, "" when it is not known.
func (s chainSheet) Millis(ms *float64) string {
	if ms == nil {
		return s.R.T("not known")
	}
	return s.R.Millis(int64(*ms + 0.5))
}

// Kind returns what something is that tells nothing of itself.
func (s chainSheet) Kind(kind string) string {
	switch kind {
	case "db":
		return s.R.T("database")
	case "messaging":
		return s.R.T("messages")
	case "told":
		return s.R.T("nothing of it was seen")
	case "external":
		return s.R.T("sends no traces")
	}
	return ""
}
