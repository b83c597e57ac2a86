package experience

import (
	"encoding/binary"
	"fmt"
	"math"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/honderd/honderd/internal/wire"
)

// Limits of labels, so that no source can fill the ledger with them.
const (
	MaxLabels     = 16  // of one experience
	MaxLabelName  = 64  // bytes
	MaxLabelValue = 128 // bytes
)

// maxSets is how many sets of labels an index of 16 bits can tell apart.
const maxSets = math.MaxUint16 + 1

// Label is what somebody is told apart by, beside the journey: a region, a release, an
// audience. Its value is kept as it is, so it is never one that says who somebody is.
type Label struct{ Name, Value string }

// CheckLabelName reports what is wrong with name as the name of a label, nil if nothing
// is, with the way out.
func CheckLabelName(name string) error {
	switch strings.ToLower(name) {
	case "":
		return fmt.Errorf("a label has no name (fix: write one, such as region)")
	case "journey", "step", "moment", "part", "visit", LabelBackend, LabelCost, LabelFault:
		return fmt.Errorf("label %q: is a word of our own (fix: choose another name, such as region)", name)
	case "person", "people", "user", "address", "ip", "agent", "email", "mail", "name", "cookie":
		return fmt.Errorf("label %q: says who somebody is, and a label is kept as it is "+
			"(fix: tell groups of people apart, such as audience; who is one person belongs in people.recognise)", name)
	}
	if len(name) > MaxLabelName {
		return fmt.Errorf("label %q: is longer than %d bytes (fix: choose a shorter name)", name, MaxLabelName)
	}
	for i, c := range name {
		if !unicode.IsLetter(c) && (i == 0 || !unicode.IsDigit(c) && c != '_' && c != '-') || c == utf8.RuneError {
			return fmt.Errorf("label %q: is not a name (fix: write a letter, then letters, digits, _ and -)", name)
		}
	}
	return nil
}

// checkSets reports what is wrong with sets, so that what is written can be read.
func checkSets(sets [][]Label) error {
	if len(sets) > maxSets {
		return fmt.Errorf("%d sets of labels: a block holds at most %d", len(sets), maxSets)
	}
	for n, set := range sets {
		if n == 0 && len(set) > 0 {
			return fmt.Errorf("the first set of labels holds %d, and must be empty", len(set))
		}
		if len(set) > MaxLabels {
			return fmt.Errorf("a set of %d labels: at most %d", len(set), MaxLabels)
		}
		for i, l := range set {
			switch {
			case i > 0 && set[i-1].Name >= l.Name:
				return fmt.Errorf("label %q stands after %q: a set is in the order of its names, each once", l.Name, set[i-1].Name)
			case l.Name == "" || len(l.Name) > MaxLabelName || len(l.Value) > MaxLabelValue:
				return fmt.Errorf("label %q with a value of %d bytes: a name has 1 to %d, a value at most %d", l.Name, len(l.Value), MaxLabelName, MaxLabelValue)
			}
		}
	}
	return nil
}

// appendSets appends sets of labels to p: each as its number of labels, and their names
// and values.
func appendSets(p []byte, sets [][]Label) []byte {
	p = binary.AppendUvarint(p, uint64(len(sets)))
	for _, set := range sets {
		p = binary.AppendUvarint(p, uint64(len(set)))
		for _, l := range set {
			p = wire.AppendString(wire.AppendString(p, l.Name), l.Value)
		}
	}
	return p
}

// readSets reads sets of labels in the place of those in sets.
func readSets(r *wire.Reader, sets [][]Label) [][]Label {
	sets = sets[:0]
	for range r.Count(min(r.Len(), maxSets)) {
		var set []Label
		for range r.Count(MaxLabels) {
			set = append(set, Label{Name: r.String(), Value: r.String()})
		}
		sets = append(sets, set)
	}
	if len(sets) == 0 {
		sets = append(sets, nil) // as Batch.Reset leaves it: index 0 always holds
	}
	if checkSets(sets) != nil {
		r.Spoil()
	}
	return sets
}
