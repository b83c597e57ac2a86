package web

import (
	"net/http"

	"github.com/honderd/honderd/look"
)

// faults shows what was wrong with the machines: what nobody noticed, and what was felt.
func (d dashboard) faults(w http.ResponseWriter, r *http.Request) {
	s := d.sheet(w, r)
	s.Here = "faults"
	d.show(w, r, "faults page", s)
}

// Flows returns faults hour by hour, for the river.
func (s sheet) Flows() []look.Flow {
	list := make([]look.Flow, 0, len(s.A.Masked.Hours))
	for _, h := range s.A.Masked.Hours {
		list = append(list, look.Flow{From: h.From, Masked: h.Masked, Felt: h.Felt})
	}
	return list
}

// Felt returns how many faults were felt, of all that the river shows.
func (s sheet) Felt() int64 {
	var n int64
	for _, h := range s.A.Masked.Hours {
		n += h.Felt
	}
	return n
}

// MostFaults returns how many faults the backend with most of them had.
func (s sheet) MostFaults() int64 {
	var most int64
	for _, b := range s.A.Masked.ByBackend {
		most = max(most, b.Masked+b.Felt)
	}
	return most
}
