package notify

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"testing"
	"testing/synctest"
	"time"
)

// moody fails so many times before it takes a message.
type moody struct {
	fails int
	with  error
	tries []time.Time
}

func (m *moody) Name() string { return "moody" }

func (m *moody) Send(ctx context.Context, _ Message) error {
	m.tries = append(m.tries, time.Now())
	if len(m.tries) <= m.fails {
		return m.with
	}
	return ctx.Err()
}

func TestCourierTriesAgainAndGivesUp(t *testing.T) {
	tests := []struct {
		name  string
		to    moody
		tries int
		dead  bool
	}{
		{"at once", moody{}, 1, false},
		{"after two failures", moody{fails: 2, with: errors.New("busy")}, 3, false},
		{"never", moody{fails: 99, with: errors.New("busy")}, 4, true},
		{"refused", moody{fails: 99, with: fmt.Errorf("no: %w", ErrRefused)}, 1, true},
		{"gone", moody{fails: 99, with: ErrGone}, 1, true},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				ctx, stop := context.WithCancel(t.Context())
				defer stop()
				c := NewCourier(CourierOptions{Tries: 4, First: time.Second, Most: 3 * time.Second}, slog.New(slog.DiscardHandler))
				go c.Run(ctx)
				told := 0
				var last error
				d := Delivery{Key: "x", To: &tt.to, Done: func(err error) { told, last = told+1, err }}
				for range 2 {
					if !c.Offer(d) {
						t.Fatal("not accepted")
					}
				}
				time.Sleep(time.Hour)
				synctest.Wait()
				if told != 1 || (last != nil) != tt.dead || len(tt.to.tries) != tt.tries {
					t.Errorf("told %d times %v after %d tries", told, last, len(tt.to.tries))
				}
				if n := c.Counts(); n.Waiting != 0 || n.Sent+n.Dead != 1 {
					t.Errorf("counts %+v", n)
				}
				for i := 1; i < len(tt.to.tries); i++ {
					if wait, want := tt.to.tries[i].Sub(tt.to.tries[i-1]), min(time.Second<<(i-1), 3*time.Second); wait != want {
						t.Errorf("try %d came after %v, want %v", i+1, wait, want)
					}
				}
			})
		})
	}
}

func TestCourierIsBounded(t *testing.T) {
	c := NewCourier(CourierOptions{Size: 2}, slog.New(slog.DiscardHandler))
	for i := range 3 {
		if got := c.Offer(Delivery{Key: fmt.Sprint(i), To: &moody{}}); got != (i < 2) {
			t.Errorf("Offer %d = %v", i, got)
		}
	}
	if n := c.Counts(); n.Full != 1 || n.Waiting != 2 {
		t.Errorf("counts %+v", n)
	}
}
