package app

import (
	"log/slog"
	"testing"

	"github.com/honderd/honderd/fold/felt"
	"github.com/honderd/honderd/ledger"
	"github.com/honderd/honderd/source/dependency"
	"github.com/honderd/honderd/view"
)

func TestWhatVendorsSayIsKeptWhenItChanges(t *testing.T) {
	l := ledger.NewMemory()
	s := &Server{ledger: l, projector: newProjector(l, t.TempDir(), felt.Options{}, &calendars{}, slog.New(slog.DiscardHandler))}
	w := &world{s: s}
	for i, state := range []string{"none", "none", "major", "major", "none"} {
		if err := w.vendor(t.Context(), dependency.Status{Name: "pay", State: state, Incidents: []dependency.Incident{}}); err != nil {
			t.Fatal(err)
		}
		if err := s.projector.catchUp(t.Context()); err != nil {
			t.Fatal(err)
		}
		if n := s.projector.said(view.KindVendor)[0].Version; n != []uint64{1, 1, 2, 2, 3}[i] {
			t.Errorf("after %d answers there are %d versions", i+1, n)
		}
	}
	if got := view.NewWorld(s.projector.said).Vendors; len(got) != 1 || got[0].State != "none" || got[0].At.IsZero() {
		t.Errorf("%+v", got)
	}
}
