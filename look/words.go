package look

import (
	"fmt"
	"strings"
	"time"
)

// FewPeople is below how many people a share says too little to judge by.
const FewPeople = 200

// Headline says how many people had a flawless time.
func (r Reader) Headline(active, flawless int64) string {
	switch {
	case active <= 0:
		return r.T("Nobody was here, so nothing was measured.")
	case active == 1 && flawless == 1:
		return r.T("One person was here, and had a flawless time.")
	case active == 1:
		return r.T("One person was here, and was hurt.")
	case flawless == active:
		return r.T("All %s people had a flawless time.", r.Count(active))
	case flawless == 0:
		return r.T("None of %s people had a flawless time.", r.Count(active))
	case flawless == 1:
		return r.T("1 of %s people had a flawless time.", r.Count(active))
	default:
		return r.T("%s of %s people had a flawless time.", r.Count(flawless), r.Count(active))
	}
}

// Certainty says how sure the headline is.
func (r Reader) Certainty(active int64, low, high *float64) string {
	switch {
	case active <= 0:
		return r.T("That is not 100%: it is not known.")
	case active == 1 || low == nil || high == nil:
		return r.T("That is too few people to judge by.")
	}
	a, b := r.Interval(*low, *high)
	if active < FewPeople {
		return r.T("Too few people to judge by: with %s, the true share lies anywhere between %s and %s.", r.People(active), a, b)
	}
	return r.T("With this many people, the true share lies between %s and %s.", a, b)
}

// BootstrapSays says in which range the bootstrap puts a share.
func (r Reader) BootstrapSays(low, high float64) string {
	a, b := r.Interval(low, high)
	return r.T("The bootstrap on people says between %s and %s.", a, b)
}

// Harm says how many people were hurt, how many of them gave up, and what time they
// lost together, in milliseconds.
func (r Reader) Harm(active, hurt, gaveUp, lost int64) string {
	if active <= 0 {
		return ""
	}
	if hurt <= 0 {
		return r.T("Nobody was hurt.")
	}
	words := r.T("%s people were hurt", r.Count(hurt))
	if hurt == 1 {
		words = r.T("1 person was hurt")
	}
	if gaveUp > 0 {
		words += r.T("; %s of them gave up", r.Count(gaveUp))
	}
	words += "."
	if lost > 0 {
		words += " " + r.T("Together they lost %s.", r.Millis(lost))
	}
	return words
}

// Cause returns the words for the name of a cause.
func (r Reader) Cause(name string) string {
	switch name {
	case "server_error":
		return r.T("The service failed")
	case "unreachable":
		return r.T("Nobody behind the door answered")
	case "too_many_requests":
		return r.T("Turned away: too many requests")
	case "timed_out":
		return r.T("The service stopped waiting")
	case "gave_up":
		return r.T("The person stopped waiting")
	case "too_slow":
		return r.T("Slower than patience")
	case "script_error":
		return r.T("The page itself broke")
	default:
		return r.T(r.Plain(strings.ReplaceAll(name, "_", " ")))
	}
}

// Mask returns the words for how a fault was hidden.
func (r Reader) Mask(name string) string {
	switch name {
	case "retry":
		return r.T("the next server answered")
	case "stale":
		return r.T("an older answer was served")
	case "fallback":
		return r.T("another answer was served instead")
	case "hedge":
		return r.T("another server was asked too, and was faster")
	case "hold":
		return r.T("it waited until a server was back")
	case "repair":
		return r.T("the rest came from another server")
	default:
		return r.T(r.Plain(strings.ReplaceAll(name, "_", " ")))
	}
}

// Between returns the ends of an interval: "between 87.1% and 92.3%", "" when it has none.
func (r Reader) Between(low, high *float64) string {
	if low == nil || high == nil {
		return ""
	}
	a, b := r.Interval(*low, *high)
	return r.T("between %s and %s", a, b)
}

// Note returns a note: its format with the args in the language of r or, when there is
// no translation, its English text.
func (r Reader) Note(text, format string, args []any) string {
	if words, ok := r.words[format]; ok {
		return r.Plain(fmt.Sprintf(words, args...))
	}
	return r.Plain(text)
}

// Worst is a line about the worst window of one length.
type Worst struct {
	Name, Share, When, People string
	From, To                  time.Time
}

// WorstLines returns the lengths that a reader compares.
func (r Reader) WorstLines(windows []Window) []Worst {
	var out []Worst
	for _, m := range landmarks()[1:] {
		if w, ok := WindowNear(windows, m); ok && m != 15 {
			line := Worst{Name: r.Minutes(w.Minutes), Share: r.Share(w.Worst), When: r.WindowWhen(w), People: r.People(w.People)}
			if w.From != nil {
				line.From, line.To = *w.From, w.From.Add(time.Duration(w.Minutes)*time.Minute)
			}
			out = append(out, line)
		}
	}
	return out
}
