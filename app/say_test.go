package app

import (
	"errors"
	"log/slog"
	"testing"

	"github.com/honderd/honderd/fold/felt"
	"github.com/honderd/honderd/ledger"
)

func TestWhatIsSaidIsKnownAndSecondComersAreTold(t *testing.T) {
	l := ledger.NewMemory()
	s := &Server{ledger: l, projector: newProjector(l, t.TempDir(), felt.Options{}, &calendars{}, slog.New(slog.DiscardHandler))}
	for _, tt := range []struct {
		expected int64
		body     string
		want     error
	}{{0, "first", nil}, {0, "second comer", ledger.ErrConflict}, {1, "second", nil}, {anyVersion, "third", nil}} {
		if _, err := s.say(t.Context(), tt.expected, "lesson", "disk", "ann", tt.body); !errors.Is(err, tt.want) {
			t.Errorf("say(%d, %q) = %v, want %v", tt.expected, tt.body, err, tt.want)
		}
	}
	if err := s.projector.catchUp(t.Context()); err != nil {
		t.Fatal(err)
	}
	list := s.projector.said("lesson")
	if len(list) != 1 || list[0].Version != 3 || string(list[0].Body) != `"third"` || list[0].By != "ann" {
		t.Errorf("said(lesson) = %+v, want the third version, by ann", list)
	}
}
