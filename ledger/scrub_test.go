package ledger_test

import (
	"context"
	"errors"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"github.com/honderd/honderd/ledger"
)

// holed is a ledger that has lost some of its records.
type holed struct {
	*ledger.Memory
	gone []ledger.Sequence
}

// Read gives all records but those, of which it says that they are missing.
func (h holed) Read(ctx context.Context, after ledger.Sequence, f func(ledger.Record) error) error {
	next := after + 1
	return h.Memory.Read(ctx, after, func(r ledger.Record) error {
		if slices.Contains(h.gone, r.Sequence) {
			m := ledger.Missing{From: r.Sequence, To: r.Sequence}
			for slices.Contains(h.gone, m.To+1) {
				m.To++
			}
			return m
		}
		if r.Sequence != next {
			return errors.New("out of order")
		}
		next++
		return f(r)
	})
}

// hour is a span that says that each record is of the hour of its place.
func hour(r ledger.Record) (from, to time.Time, ok bool) {
	from = time.Unix(0, 0).UTC().Add(time.Duration(r.Sequence) * time.Hour)
	return from, from.Add(time.Minute), r.Sequence%2 == 0
}

func TestScrubReportsEveryHole(t *testing.T) {
	at := func(n int, d time.Duration) time.Time {
		return time.Unix(0, 0).UTC().Add(time.Duration(n)*time.Hour + d)
	}
	tests := []struct {
		name string
		gone []ledger.Sequence
		want []ledger.Damage
	}{
		{"none", nil, nil},
		{"one", []ledger.Sequence{5}, []ledger.Damage{{Missing: ledger.Missing{From: 5, To: 5}, After: at(4, time.Minute), Before: at(6, 0)}}},
		{"at both ends", []ledger.Sequence{1, 9, 10}, []ledger.Damage{
			{Missing: ledger.Missing{From: 1, To: 1}, Before: at(2, 0)},
			{Missing: ledger.Missing{From: 9, To: 10}, After: at(8, time.Minute)},
		}},
		{"all", []ledger.Sequence{1, 2, 3, 4, 5, 6, 7, 8, 9, 10}, []ledger.Damage{{Missing: ledger.Missing{From: 1, To: 10}}}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			h := holed{ledger.NewMemory(), tt.gone}
			for range 10 {
				if _, err := h.Append(t.Context(), "test", "", make([]byte, 100)); err != nil {
					t.Fatal(err)
				}
			}
			var got []ledger.Damage
			found, err := ledger.Scrub(t.Context(), h, ledger.Scrubbing{Span: hour}, func(d ledger.Damage) error { got = append(got, d); return nil })
			want := ledger.Scrubbed{Records: 10 - len(tt.gone), Bytes: int64(1000 - 100*len(tt.gone)), Lost: uint64(len(tt.gone)), Last: 10}
			if err != nil || found != want || !slices.Equal(got, tt.want) {
				t.Errorf("Scrub() = %+v, %v, reported %v; want %+v, %v", found, err, got, want, tt.want)
			}
			stop := errors.New("enough")
			if _, err := ledger.Scrub(t.Context(), h, ledger.Scrubbing{}, func(ledger.Damage) error { return stop }); errors.Is(err, stop) != (len(tt.gone) > 0) {
				t.Errorf("Scrub() = %v, want the error of report", err)
			}
		})
	}
}

func TestScrubKeepsItsPace(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m := ledger.NewMemory()
		for range 10 {
			if _, err := m.Append(t.Context(), "test", "", make([]byte, 100)); err != nil {
				t.Fatal(err)
			}
		}
		start := time.Now()
		none := func(ledger.Damage) error { return nil }
		if _, err := ledger.Scrub(t.Context(), m, ledger.Scrubbing{Pace: 100}, none); err != nil || time.Since(start) != 10*time.Second {
			t.Errorf("Scrub() of 1000 bytes at 100 a second = %v after %v", err, time.Since(start))
		}
		ctx, cancel := context.WithTimeout(t.Context(), 3500*time.Millisecond)
		defer cancel()
		if found, err := ledger.Scrub(ctx, m, ledger.Scrubbing{Pace: 100}, none); !errors.Is(err, context.DeadlineExceeded) || found.Records != 4 {
			t.Errorf("Scrub() = %+v, %v; want 4 records in 3.5s", found, err)
		}
	})
}
