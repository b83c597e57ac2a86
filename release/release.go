// Package release holds what went live: one version of one service, and how far it got.
package release

import (
	"cmp"
	"errors"
	"fmt"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/honderd/honderd/internal/link"
)

// Phase is how far a release got.
type Phase string

// The phases, in the order in which they come.
const (
	Started    Phase = "started"    // it is on its way to people
	Succeeded  Phase = "succeeded"  // people have it
	Failed     Phase = "failed"     // it did not get to people, or not to all
	RolledBack Phase = "rolledback" // an earlier version is back: Version is the one that is back, Previous the one that went
	Removed    Phase = "removed"    // the service is gone from the environment
)

// Phases returns every phase, in order.
func Phases() []Phase { return []Phase{Started, Succeeded, Failed, RolledBack, Removed} }

// rank returns the place of p in the order of phases.
func (p Phase) rank() int {
	for i, known := range Phases() {
		if p == known {
			return i
		}
	}
	return len(Phases())
}

// Release is what a sender told about one version of a service that went live.
type Release struct {
	Service     string    `json:"service"`
	Version     string    `json:"version,omitempty"` // "" is only possible when it was removed
	Environment string    `json:"environment,omitempty"`
	Previous    string    `json:"previous,omitempty"` // the version before
	At          time.Time `json:"at"`
	By          string    `json:"by,omitempty"` // who did it
	Source      string    `json:"source"`       // who told it: github, kubernetes
	URL         string    `json:"url,omitempty"`
	Phase       Phase     `json:"phase"`
}

// Limits of what a release may say, in bytes, so that no sender can fill the ledger.
const (
	MaxName    = 128       // of a service, a version, an environment, a source, and who did it
	MaxAddress = link.Most // of a URL
)

// Production is the environment that people use; "" means it too.
const Production = "production"

// Published is the environment of what may be fetched but that nobody runs yet: a tag, a
// release of a package.
const Published = "published"

// Validate reports every mistake in r at once, joined, each with its fix.
func (r Release) Validate() error {
	var errs []error
	for _, f := range []struct {
		name, value string
		needed      bool
	}{
		{"service", r.Service, true},
		{"version", r.Version, r.Phase != Removed},
		{"environment", r.Environment, false},
		{"previous", r.Previous, false},
		{"by", r.By, false},
		{"source", r.Source, true},
	} {
		switch {
		case f.needed && f.value == "":
			errs = append(errs, fmt.Errorf("the release has no %s (fix: say %s=...)", f.name, f.name))
		case len(f.value) > MaxName:
			errs = append(errs, fmt.Errorf("%s %.20q... has %d bytes (fix: at most %d)", f.name, f.value, len(f.value), MaxName))
		case !isLine(f.value):
			errs = append(errs, fmt.Errorf("%s %q is no line of text (fix: one line without spaces around it)", f.name, f.value))
		}
	}
	if r.Phase.rank() == len(Phases()) {
		errs = append(errs, fmt.Errorf("phase %.40q is none (fix: started, succeeded, failed, rolledback or removed)", string(r.Phase)))
	}
	if year := r.At.Year(); year < 2000 || year > 9998 {
		errs = append(errs, fmt.Errorf("a release in the year %d cannot be (fix: say when as 2026-11-24T10:00:00Z)", year))
	}
	if r.URL != "" && !link.Shows(r.URL) {
		errs = append(errs, fmt.Errorf("url %.60q is none that can be shown (fix: https://..., at most %d bytes, without user and password)", r.URL, MaxAddress))
	}
	return errors.Join(errs...)
}

// isLine reports whether s is one line of text that shows as it is.
func isLine(s string) bool {
	hidden := func(c rune) bool { return !unicode.IsPrint(c) || c == utf8.RuneError }
	return strings.TrimSpace(s) == s && !strings.ContainsFunc(s, hidden)
}

// Clean returns r as far as it can be kept when a program told it that cannot be asked to
// say it better: a name is cut at its limit, a URL that cannot be shown is left out.
func (r Release) Clean() Release {
	for _, s := range []*string{&r.Service, &r.Version, &r.Environment, &r.Previous, &r.By, &r.Source} {
		*s = cleanLine(*s)
	}
	if !link.Shows(r.URL) {
		r.URL = ""
	}
	r.At = r.At.UTC()
	return r
}

func cleanLine(s string) string {
	s = strings.Map(func(c rune) rune {
		if !unicode.IsPrint(c) || c == utf8.RuneError {
			return ' '
		}
		return c
	}, s)
	s = strings.TrimSpace(s)
	if len(s) > MaxName {
		end := MaxName
		for !utf8.RuneStart(s[end]) { // between characters
			end--
		}
		s = strings.TrimSpace(s[:end])
	}
	return s
}

// Key tells which version of which service where: it is the same however a sender writes
// it. Several deploys of one version share it; History tells those apart.
func (r Release) Key() string {
	return strings.ToLower(r.Service) + "\x00" + environment(r.Environment) + "\x00" + version(r.Version)
}

// environment returns the one name of an environment that teams write in several ways.
func environment(s string) string {
	switch s = strings.ToLower(s); s {
	case "", "prod", "prd", "live", "production":
		return Production
	}
	return s
}

// commit is the length of a commit hash in short, as git and image tags write it.
const commit = 7

// version returns the one name of a version: v1.2 is 1.2, a whole commit hash is its
// short form.
func version(s string) string {
	if len(s) > 1 && (s[0] == 'v' || s[0] == 'V') && s[1] >= '0' && s[1] <= '9' {
		s = s[1:]
	}
	s = strings.ToLower(strings.TrimPrefix(s, "sha256:"))
	if n := len(s); (n == 40 || n == 64) && strings.Trim(s, "0123456789abcdef") == "" {
		return s[:commit]
	}
	return s
}

// Compare orders releases by when they were, then by what they are: the same releases
// stand in the same order whoever sorts them.
func Compare(a, b Release) int {
	return cmp.Or(
		a.At.Compare(b.At), cmp.Compare(a.Key(), b.Key()), cmp.Compare(a.Phase.rank(), b.Phase.rank()),
		cmp.Compare(a.Source, b.Source), cmp.Compare(a.Version, b.Version), cmp.Compare(a.Previous, b.Previous),
		cmp.Compare(a.By, b.By), cmp.Compare(a.URL, b.URL), cmp.Compare(a.Service, b.Service), cmp.Compare(a.Environment, b.Environment),
	)
}
