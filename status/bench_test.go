package status

import (
	"fmt"
	"net/http"
	"testing"
	"time"

	"github.com/honderd/honderd/incident"
	"github.com/honderd/honderd/view"
)

// yearBoard is a full year of 20 journeys and a hundred incidents.
func yearBoard() Board {
	b := hurtBoard()
	full := make([]view.Day, 365)
	for i := range full {
		full[i] = view.Day{From: noon().AddDate(0, 0, i-364), Active: 50_000, Hurt: int64(i % 7), Measured: true}
	}
	b.Public.Days, b.Public.Journeys = full, nil
	for i := range 20 {
		b.Public.Journeys = append(b.Public.Journeys, view.Component{Journey: fmt.Sprintf("/journey-%d", i), People: 1000, Now: b.Public.Now, Days: full})
	}
	for i := range 100 {
		at := noon().AddDate(0, 0, -i*3)
		b.Incidents = append(b.Incidents, Incident{Record: incident.Record{ID: incident.ID(at), From: at, To: at.Add(time.Hour), Seen: at.Add(time.Minute), Ended: at.Add(2 * time.Hour), People: 40}, Journeys: []string{"/journey-1"}})
	}
	return b
}

// BenchmarkMake makes the first page anew, which is done once for each board.
func BenchmarkMake(b *testing.B) {
	s := newSite(Options{Board: yearBoard})
	board := yearBoard()
	for b.Loop() {
		body, err := s.page(asked{page: &s.Pages[0], base: "/status"}, board)
		if err != nil {
			b.Fatal(err)
		}
		b.SetBytes(int64(len(body)))
	}
}

// BenchmarkGive gives the first page, as to a crowd.
func BenchmarkGive(b *testing.B) {
	board := yearBoard()
	h := of(board, func(o *Options) { o.Board = func() Board { return board } })
	for b.Loop() {
		w := ask(h, "/status", func(r *http.Request) { r.Header.Set("Accept-Encoding", "gzip") })
		if w.Code != http.StatusOK {
			b.Fatal(w.Code)
		}
		b.ReportMetric(float64(w.Body.Len()), "B/page")
	}
}
