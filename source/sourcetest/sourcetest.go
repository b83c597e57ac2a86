// Package sourcetest is the suite that every source passes.
package sourcetest

import (
	"context"
	"errors"
	"reflect"
	"testing"
	"time"

	"github.com/honderd/honderd/experience"
	"github.com/honderd/honderd/source"
)

// patience is how long a source may take for what the suite asks of it.
const patience = 30 * time.Second

// Run holds the source that open makes to the contract. total is how many experiences it
// has to give; it may go on waiting for more.
func Run(t *testing.T, total int, open func(t *testing.T) source.Source) {
	whole, positions := read(t, open(t), "", total)
	if len(whole) != total {
		t.Fatalf("%d experiences, want %d", len(whole), total)
	}
	t.Run("the name stays", func(t *testing.T) {
		if a, b := open(t).Name(), open(t).Name(); a != b || a == "" {
			t.Errorf("it is called %q, then %q", a, b)
		}
	})
	t.Run("goes on after any batch", func(t *testing.T) {
		for _, p := range positions {
			rest, _ := read(t, open(t), p.position, total-p.given)
			if !reflect.DeepEqual(rest, whole[p.given:]) {
				t.Fatalf("after %d experiences, at %s, it gives %d others than before", p.given, p.position, len(rest))
			}
		}
	})
	t.Run("stops when the sink fails", func(t *testing.T) {
		ctx, stop := context.WithTimeout(t.Context(), patience)
		defer stop()
		full, calls := errors.New("full"), 0
		err := open(t).Run(ctx, "", func(context.Context, *experience.Batch) error {
			calls++
			return full
		})
		if calls != 1 || err != nil && !errors.Is(err, full) {
			t.Errorf("after the failure it called %d times more and returned %v", calls-1, err)
		}
	})
	t.Run("ends with its context", func(t *testing.T) {
		ctx, stop := context.WithCancel(t.Context())
		stop()
		if err := open(t).Run(ctx, "", func(context.Context, *experience.Batch) error { return nil }); err != nil {
			t.Errorf("it returned %v, want nil", err)
		}
	})
}

// given is how many experiences a source had given at a position.
type given struct {
	given    int
	position string
}

// step is an experience with its names instead of numbers, so that batches can be cut
// anywhere.
type step struct {
	experience.Experience
	journey, name string
}

// read takes n experiences from s, or fewer when it ends.
func read(t *testing.T, s source.Source, position string, n int) (steps []step, positions []given) {
	t.Helper()
	if n == 0 {
		return []step{}, nil
	}
	ctx, stop := context.WithTimeout(t.Context(), patience)
	defer stop()
	err := s.Run(ctx, position, func(_ context.Context, b *experience.Batch) error {
		for _, e := range b.Items {
			one := step{Experience: e}
			if int(e.Journey) < len(b.Journeys) {
				one.journey = b.Journeys[e.Journey]
			}
			if int(e.Step) < len(b.Steps) {
				one.name = b.Steps[e.Step]
			}
			one.Journey, one.Step = 0, 0
			steps = append(steps, one)
		}
		if b.Source != s.Name() {
			t.Errorf("a batch of %q says it is of %q", s.Name(), b.Source)
		}
		positions = append(positions, given{len(steps), b.Position})
		if len(steps) >= n {
			stop()
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return steps, positions
}
