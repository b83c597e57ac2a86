package view

import (
	"slices"
	"time"

	"github.com/honderd/honderd/incident"
	"github.com/honderd/honderd/mention"
)

// Echo is how far an incident spread in what people said in public: complaints, in pieces of
// five minutes, from half an hour before it until three hours after it.
type Echo struct {
	Complaints int64     `json:"complaints"`
	Before     int64     `json:"before"` // in the half hour before it
	Minutes    int       `json:"minutes"`
	Counts     []int64   `json:"counts"` // in each piece
	From       time.Time `json:"from"`

	// PerHurt is how many complaints a person brought in each minute in which they were
	// hurt, and R how many more each complaint did: what the fault brought is not taken for
	// contagion. null: they cannot be told apart, or there were too few.
	PerHurt *float64 `json:"per_hurt"`
	R       *float64 `json:"r"`
}

// Pieces of time in which complaints are counted. That one complaint brings others for half
// an hour, and half as many in each piece as in the one before, is a guess.
const (
	echoPiece  = 5 * time.Minute
	echoBefore = 30 * time.Minute
	echoAfter  = 3 * time.Hour
	echoFew    = 20 // complaints, below which nothing is said of what brought them
)

func echoWeights() []float64 {
	return []float64{32. / 63, 16. / 63, 8. / 63, 4. / 63, 2. / 63, 1. / 63}
}

// complaintsOf returns when people said in public that something does not work, in order.
func complaintsOf(say Said) (list []time.Time) {
	for _, m := range told[Mention](say, KindMention) {
		if m.body.Outage && !m.body.At.IsZero() {
			list = append(list, m.body.At)
		}
	}
	slices.SortFunc(list, time.Time.Compare)
	return list
}

// echoOf returns how far r spread, nil when nobody said anything.
func echoOf(a Answer, r incident.Record, complaints []time.Time) *Echo {
	from, to := r.From.Add(-echoBefore).Truncate(echoPiece), r.To.Add(echoAfter)
	first, _ := slices.BinarySearchFunc(complaints, from, time.Time.Compare)
	last, _ := slices.BinarySearchFunc(complaints, to, time.Time.Compare)
	if first >= last {
		return nil
	}
	pieces := int(to.Sub(from)/echoPiece) + 1
	e := &Echo{From: from, Minutes: int(echoPiece / time.Minute), Counts: make([]int64, pieces)}
	said, hurt := make([]float64, pieces), make([]float64, pieces)
	for _, at := range complaints[first:last] {
		if at.Before(r.From) {
			e.Before++
		} else {
			e.Complaints++
		}
		i := int(at.Sub(from) / echoPiece)
		e.Counts[i]++
		said[i]++
	}
	if e.Complaints < echoFew || a.timeline == nil {
		return e
	}
	for _, m := range a.timeline.Minutes(from.UnixMilli(), to.UnixMilli()) {
		hurt[int(time.UnixMilli(m.From).Sub(from)/echoPiece)] += float64(m.Hurt)
	}
	if perHurt, again, ok := mention.Driven(said, hurt, echoWeights()); ok && perHurt >= 0 && again >= 0 {
		e.PerHurt, e.R = &perHurt, &again
	}
	return e
}
