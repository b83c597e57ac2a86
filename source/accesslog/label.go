package accesslog

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/honderd/honderd/experience"
)

// LabelField says which field of a log tells people apart by a label.
type LabelField struct {
	Name  string // of the label, such as "region"
	Field string // "header:NAME" or "field:NAME"
}

// maxLabelValue is the longest value of a label, in bytes; what is longer is cut.
const maxLabelValue = 64

// fields returns the variables of the labels, or every mistake in them.
func (o Options) labelFields() ([]string, error) {
	var fields []string
	var errs []error
	if len(o.Labels) > experience.MaxLabels {
		errs = append(errs, fmt.Errorf("%d labels are too many (fix: keep the %d that matter)", len(o.Labels), experience.MaxLabels))
	}
	for i, l := range o.Labels {
		if strings.TrimSpace(l.Name) == "" || l.Name == "journey" || l.Name == "step" {
			errs = append(errs, fmt.Errorf("label %q: not a name for a label (fix: choose another, such as region)", l.Name))
		}
		if slices.ContainsFunc(o.Labels[:i], func(other LabelField) bool { return other.Name == l.Name }) {
			errs = append(errs, fmt.Errorf("label %q stands there twice (fix: keep one)", l.Name))
		}
		switch {
		case strings.HasPrefix(l.Field, byHeader) && len(l.Field) > len(byHeader):
			fields = append(fields, headerName(l.Field[len(byHeader):]))
		case strings.HasPrefix(l.Field, byField) && len(l.Field) > len(byField):
			fields = append(fields, fieldName(l.Field[len(byField):]))
		default:
			errs = append(errs, fmt.Errorf("label %s: %q is not a field of a log (fix: write %sNAME or %sNAME)", l.Name, l.Field, byHeader, byField))
		}
	}
	return fields, errors.Join(errs...)
}

// labelSets remembers the sets of labels of the batch at hand.
type labelSets struct {
	of     *experience.Batch
	known  map[string]uint16
	listed int // how many the batch had when it was left
	key    []byte
}

// open makes s ready to add to b, whoever filled it until now.
func (s *labelSets) open(b *experience.Batch) {
	if s.of != b || s.listed != len(b.Labels) || len(b.Items) == 0 {
		s.of, s.known = b, map[string]uint16{}
	}
	if len(b.Labels) == 0 {
		b.Labels = append(b.Labels, nil)
	}
	s.listed = len(b.Labels)
}

// labels returns the index in b of the labels of the line in w.m.
func (w *Worker) labels(g *Grammar, line []byte, b *experience.Batch) uint16 {
	s := &w.sets
	s.key = s.key[:0]
	for n, slot := range g.labels {
		if slot == slotNone {
			continue
		}
		value := w.m.value(g, slot, line)
		value = value[:min(len(value), maxLabelValue)]
		if len(value) > 0 && string(value) != "-" {
			s.key = append(append(append(s.key, byte(n)), value...), 0)
		}
	}
	if len(s.key) == 0 {
		return 0
	}
	if n, ok := s.known[string(s.key)]; ok {
		return n
	}
	var set []experience.Label
	for rest := string(s.key); rest != ""; {
		value, after, _ := strings.Cut(rest[1:], "\x00")
		set = append(set, experience.Label{Name: w.p.o.Labels[rest[0]].Name, Value: strings.ToValidUTF8(value, "?")})
		rest = after
	}
	slices.SortFunc(set, func(a, b experience.Label) int { return strings.Compare(a.Name, b.Name) })
	b.Labels = append(b.Labels, set)
	n := uint16(len(b.Labels) - 1)
	s.known[string(s.key)], s.listed = n, len(b.Labels)
	return n
}
