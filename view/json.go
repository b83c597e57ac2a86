package view

import (
	"encoding/json"
	"fmt"
	"io"
	"slices"
)

// WriteJSON writes a as the JSON that programs rely on: indented, and with empty lists
// and maps instead of null.
func (a Answer) WriteJSON(w io.Writer) error {
	e := json.NewEncoder(w)
	e.SetEscapeHTML(false)
	e.SetIndent("", "  ")
	if err := e.Encode(a.withoutNil()); err != nil {
		return fmt.Errorf("write answer as JSON: %w", err)
	}
	return nil
}

// withoutNil returns a with empty lists and maps where it has none; a itself stays, for
// others may be reading it.
func (a Answer) withoutNil() Answer {
	if a.Source.Formats == nil {
		a.Source.Formats = map[string]int64{}
	}
	a.Masked = a.Masked.withoutNil()
	a.Source.Rejects = slices.Clone(list(a.Source.Rejects))
	for i, r := range a.Source.Rejects {
		a.Source.Rejects[i].Examples = list(r.Examples)
	}
	a.Windows = list(a.Windows)
	a.Moments = slices.Clone(list(a.Moments))
	for i, m := range a.Moments {
		a.Moments[i].Occurrences, a.Moments[i].Windows = list(m.Occurrences), list(m.Windows)
	}
	a.Worst = list(a.Worst)
	a.Segments = slices.Clone(list(a.Segments))
	for i, s := range a.Segments {
		a.Segments[i].Values = slices.Clone(list(s.Values))
		for j, v := range a.Segments[i].Values {
			a.Segments[i].Values[j].Windows = list(v.Windows)
		}
	}
	a.Edge = list(a.Edge)
	a.CutoffSpread = list(a.CutoffSpread)
	a.Journeys = slices.Clone(list(a.Journeys))
	for i, j := range a.Journeys {
		a.Journeys[i].Windows = list(j.Windows)
	}
	a.Incidents = slices.Clone(list(a.Incidents))
	for i, one := range a.Incidents {
		a.Incidents[i].Journeys, a.Incidents[i].Apart, a.Incidents[i].Steps = list(one.Journeys), list(one.Apart), list(one.Steps)
	}
	a.Causes = list(a.Causes)
	a.Steps = list(a.Steps)
	a.Latest = list(a.Latest)
	a.Hours = list(a.Hours)
	a.Notes = list(a.Notes)
	return a
}

// list returns a copy of s that is never nil.
func list[T any](s []T) []T { return append(make([]T, 0, len(s)), s...) }
