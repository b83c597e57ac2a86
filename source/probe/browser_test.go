package probe

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/honderd/honderd/experience"
)

// stage plays recordings by their name: hang does until time is up.
type stage struct {
	mu         sync.Mutex
	busy, most int
}

func (*stage) Check(recording string) error {
	if recording == "wrong" {
		return errors.New("it is no recording (fix: record it again)")
	}
	return nil
}

func (s *stage) Play(ctx context.Context, target, recording string) Played {
	s.mu.Lock()
	s.busy++
	s.most = max(s.most, s.busy)
	s.mu.Unlock()
	defer func() {
		s.mu.Lock()
		defer s.mu.Unlock()
		s.busy--
	}()
	switch recording {
	case "hang":
		<-ctx.Done()
		return Played{Cause: experience.TimedOut, Why: "time was up", Failed: "click \"Buy\"", Shot: target + ".png"}
	case "unknown":
		return Played{Unknown: true, Why: "this machine could not probe: no browser"}
	}
	return Played{Wait: time.Second, Steps: []StepResult{{Name: "navigate", Status: 200, Wait: time.Second}}}
}

// Browsers that hang take no place of other probes, and no more places than there are.
func TestHungBrowsersDelayNobodyElse(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		targets := []Target{{Name: "unknown", Kind: Browser, Recording: "unknown", Interval: time.Minute}}
		for i := range 10 {
			targets = append(targets,
				Target{Name: fmt.Sprintf("hang%d", i), Kind: Browser, Recording: "hang", Interval: time.Minute},
				Target{Name: fmt.Sprintf("healthy%d", i), Kind: HTTP, Address: "http://healthy/", Interval: time.Second})
		}
		var mu sync.Mutex
		good, hung := 0, 0
		player := &stage{}
		p, err := New(targets, Options{Dial: pipes(t), Player: player, Browsers: 3, Limit: 20, Seen: func(_ context.Context, r Result) error {
			mu.Lock()
			defer mu.Unlock()
			switch {
			case r.Target == "unknown":
				if !r.Unknown || r.Bad() {
					t.Errorf("%+v", r)
				}
			case r.Kind == HTTP && !r.Bad():
				good++
			case r.Confirmed && r.Cause == experience.TimedOut && r.Failed == `click "Buy"` && r.Shot == r.Target+".png":
				hung++
			case r.Kind == HTTP:
				t.Errorf("%+v", r)
			}
			return nil
		}})
		if err != nil {
			t.Fatal(err)
		}
		ctx, stop := context.WithTimeout(t.Context(), 10*time.Minute)
		defer stop()
		if err := p.Run(ctx); err != nil {
			t.Fatal(err)
		}
		if good != 6000 || hung == 0 || player.most != 3 || player.busy != 0 {
			t.Errorf("%d good of 6000, %d hung, %d at once, %d still play", good, hung, player.most, player.busy)
		}
	})
}

func TestRecordingsAreChecked(t *testing.T) {
	seen := func(context.Context, Result) error { return nil }
	for _, tt := range []struct {
		t    Target
		want string
	}{
		{Target{Name: "a", Kind: Browser}, "nothing to play"},
		{Target{Name: "a", Kind: Browser, Recording: "wrong"}, "record it again"},
		{Target{Name: "a", Kind: HTTP, Address: "http://a.example/", Recording: "x"}, "plays no recording"},
		{Target{Name: "a", Kind: Browser, Recording: "x", Address: "http://a.example/"}, "no address of its own"},
		{Target{Name: "a", Kind: Browser, Recording: "x", Expect: Expect{CertFor: time.Hour}}, "no certificate"},
	} {
		if _, err := New([]Target{tt.t}, Options{Seen: seen, Player: &stage{}}); err == nil || !strings.Contains(err.Error(), tt.want) {
			t.Errorf("New(%+v) = %v, want %q", tt.t, err, tt.want)
		}
	}
	r, err := Once(t.Context(), Target{Name: "a", Kind: Browser, Recording: "x"})
	if err != nil || !r.Unknown || r.Bad() {
		t.Errorf("without a player: %+v, %v", r, err)
	}
}
