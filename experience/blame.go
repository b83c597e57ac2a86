package experience

import (
	"strconv"
	"strings"
)

// The labels that say what was wrong behind an answer. Sources set them on experiences
// that were bad, or would have been had nothing hidden it; nobody is told apart by them.
const (
	LabelBackend = "backend" // who failed, in order: "10.0.0.1:80" or "10.0.0.1:80,10.0.0.2:80"
	LabelCost    = "cost"    // milliseconds that what was hidden cost the person all the same
	LabelFault   = "fault"   // what was wrong with each of them: "refused" or "refused,silent"
)

// IsBlame reports whether a label of this name says what was wrong behind an answer.
func IsBlame(name string) bool {
	return name == LabelBackend || name == LabelCost || name == LabelFault
}

// Blame is one thing that was wrong behind an answer.
type Blame struct {
	Backend string // who failed; "": not known
	Fault   string // what was wrong; "": not known
}

// AppendBlames appends the labels that say what was wrong, in the order of their names;
// costMS is left out when it is below 0. Of a long list it keeps the first.
func AppendBlames(set []Label, list []Blame, costMS int64) []Label {
	if len(list) == 0 {
		return set
	}
	var backends, faults strings.Builder
	for i, b := range list {
		backend, fault := plain(b.Backend), plain(b.Fault)
		if backends.Len()+1+len(backend) > MaxLabelValue || faults.Len()+1+len(fault) > MaxLabelValue {
			break
		}
		if i > 0 {
			backends.WriteByte(',')
			faults.WriteByte(',')
		}
		backends.WriteString(backend)
		faults.WriteString(fault)
	}
	if backends.Len() > 0 {
		set = append(set, Label{LabelBackend, backends.String()})
	}
	if costMS >= 0 {
		set = append(set, Label{LabelCost, strconv.FormatInt(costMS, 10)})
	}
	if faults.Len() > 0 {
		set = append(set, Label{LabelFault, faults.String()})
	}
	return set
}

// plain returns a word that can stand in a list.
func plain(word string) string {
	word = strings.TrimSpace(strings.ReplaceAll(word, ",", " "))
	return strings.ToValidUTF8(word[:min(len(word), MaxLabelValue-1)], "")
}

// Blames returns what set says was wrong, and the milliseconds that it cost: -1 when set
// does not say.
func Blames(set []Label) (list []Blame, costMS int64) {
	costMS = -1
	backends, faults, some := "", "", false
	for _, l := range set {
		switch l.Name {
		case LabelBackend:
			backends, some = l.Value, true
		case LabelFault:
			faults, some = l.Value, true
		case LabelCost:
			if n, err := strconv.ParseInt(l.Value, 10, 64); err == nil && n >= 0 {
				costMS = n
			}
		}
	}
	for more := some; more; {
		var b Blame
		b.Backend, backends, more = strings.Cut(backends, ",")
		b.Fault, faults, _ = strings.Cut(faults, ",")
		more = more || faults != ""
		b.Backend, b.Fault = strings.TrimSpace(b.Backend), strings.TrimSpace(b.Fault)
		list = append(list, b)
	}
	return list, costMS
}
