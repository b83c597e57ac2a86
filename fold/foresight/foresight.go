// Package foresight keeps what machines measured of what runs out, and when that will have
// happened, when it goes on as it does; and what became of what it said.
package foresight

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"

	"github.com/honderd/honderd/experience"
	"github.com/honderd/honderd/warning"
)

// Subject is that of the records that hold readings.
const Subject = "readings"

// Limits, so that no sender can fill the memory.
const (
	maxThings   = 4000
	maxPast     = 200
	maxReadings = 100_000        // of one record
	silent      = 7 * 24 * 3600  // seconds after which a thing that is not measured any more is forgotten
	certain     = 14 * 24 * 3600 // seconds before its end from which a certificate is told of
)

// Encode returns readings as the data of one record.
func Encode(list []warning.Reading) ([]byte, error) {
	data, err := json.Marshal(list)
	if err != nil {
		return nil, fmt.Errorf("write readings: %w", err)
	}
	return data, nil
}

// thing is what is kept of one thing that runs out.
type thing struct {
	Kind   warning.Kind      `json:"kind"`
	Labels map[string]string `json:"labels,omitempty"`
	Total  float64           `json:"total,omitempty"` // 0: not known
	Ends   int64             `json:"ends,omitempty"`  // of a certificate
	Seen   int64             `json:"seen"`            // Unix seconds, of the newest reading of whatever side
	Last   int64             `json:"last"`            // of what is left
	Left   float64           `json:"left"`
	Spans  [][]warning.Point `json:"spans,omitempty"` // the least of each bucket, by scale
	Open   *Said             `json:"open,omitempty"`
	Calm   int               `json:"calm,omitempty"` // how often in a row there was nothing to say since
}

// Said is one warning, from when it was said first.
type Said struct {
	Since int64             `json:"since"`           // Unix seconds
	First int64             `json:"first,omitempty"` // when it was to be, as was said first; 0: not said
	At    int64             `json:"at,omitempty"`    // as is said now; 0: it grows, and nobody knows a limit
	Early int64             `json:"early,omitempty"`
	Late  int64             `json:"late,omitempty"`
	Sure  float64           `json:"sure"`
	Over  int64             `json:"over"` // seconds of watching on which it stands
	End   *End              `json:"end,omitempty"`
	Kind  warning.Kind      `json:"kind"`
	Of    map[string]string `json:"of,omitempty"`
}

// End is what became of a warning.
type End struct {
	At   int64 `json:"at"`
	Came bool  `json:"came"` // it ran out; false: it no longer does
}

// Fold keeps what runs out. Make one with New.
type Fold struct {
	newest int64 // Unix seconds
	tidied int64
	over   int64 // readings for which there was no room
	things map[string]*thing
	past   []Said // the oldest first
}

// New returns a fold that knows of nothing that runs out.
func New() *Fold { return &Fold{things: map[string]*thing{}} }

// Name returns "foresight".
func (f *Fold) Name() string { return "foresight" }

// Apply passes over experiences.
func (f *Fold) Apply(*experience.Batch) {}

// Takes reports whether subject is that of readings.
func (f *Fold) Takes(subject string) bool { return subject == Subject }

// Take takes in readings.
func (f *Fold) Take(_ string, data []byte) error {
	var list []warning.Reading
	if err := json.Unmarshal(data, &list); err != nil {
		return fmt.Errorf("readings: %w", err)
	}
	if len(list) > maxReadings {
		return fmt.Errorf("readings: %d in one record", len(list))
	}
	for _, r := range list {
		if err := r.Validate(); err != nil {
			return fmt.Errorf("readings: %w", err)
		}
	}
	for _, r := range list {
		f.read(r)
	}
	if f.newest-f.tidied >= 3600 {
		f.tidy()
	}
	return nil
}

// read takes in one reading.
func (f *Fold) read(r warning.Reading) {
	at, key := r.At.Unix(), r.Of()
	f.newest = max(f.newest, at)
	t := f.things[key]
	if t == nil {
		if len(f.things) >= maxThings {
			f.over++
			return
		}
		t = &thing{Kind: r.Kind, Labels: maps.Clone(r.Labels), Spans: make([][]warning.Point, len(scales()))}
		f.things[key] = t
	}
	t.Seen = max(t.Seen, at)
	switch {
	case r.Side == warning.Total:
		t.Total = r.Value
		return
	case r.Side == warning.Ends:
		t.Ends, t.Left = int64(r.Value), r.Value-float64(at)
	case r.Side == warning.Free:
		t.Left = r.Value
	case t.Kind == warning.Queue:
		t.Left = -r.Value
	case t.Total > 0:
		t.Left = t.Total - r.Value
	default:
		return // used of nobody knows how much
	}
	if at < t.Last {
		return
	}
	t.Last = at
	if began := t.add(at, t.Left); began || t.Kind == warning.Certificate || t.Open != nil && t.out() {
		f.judge(t)
	}
}

// scale is how points are kept.
type scale struct {
	each int64 // seconds of one
	most int
}

// scales returns at which scales points are kept: two hours, two days, a month.
func scales() []scale { return []scale{{240, 32}, {3600, 48}, {12 * 3600, 60}} }

// add keeps a point at each scale, and reports whether one of the finest has begun.
func (t *thing) add(at int64, left float64) (began bool) {
	for i, s := range scales() {
		from := at - at%s.each
		points := t.Spans[i]
		if n := len(points); n > 0 && points[n-1].At-points[n-1].At%s.each == from {
			points[n-1].At, points[n-1].Left = at, min(points[n-1].Left, left)
			continue
		}
		began = began || i == 0
		if len(points) >= s.most {
			points = slices.Delete(points, 0, len(points)-s.most+1)
		}
		t.Spans[i] = append(points, warning.Point{At: at, Left: left})
	}
	return began
}

// tidy forgets what has not been measured for long.
func (f *Fold) tidy() {
	f.tidied = f.newest
	for key, t := range f.things {
		if f.newest-t.Seen > silent {
			delete(f.things, key)
		}
	}
}
