package experience

import (
	"errors"
	"fmt"
	"path"
	"slices"
	"strings"
	"time"
)

// Rules say when an experience is bad. DefaultRules are what a sensible engineer
// would choose; honderd.yaml overrides each one under judging.
type Rules struct {
	// Patience is how long a person waits before a good answer is a bad
	// experience. 0: forever.
	Patience time.Duration

	// GaveUpAfter is how long a person must have waited before leaving counts
	// against the service: a shorter wait is somebody who clicked on. It counts
	// too when the log does not say how long they waited.
	GaveUpAfter time.Duration

	// Bad holds the status codes below 500 that are the service's fault.
	Bad []int

	// Good holds the status codes from 500 up that are not.
	Good []int

	// Parts holds the file endings of what a page asks for by itself.
	Parts []string

	// Unseen holds the file names that no person ever notices missing.
	Unseen []string

	// Critical holds the steps that a journey cannot do without: a path, with or
	// without a method before it, which stands for all that lies below it too; a part
	// like :id stands for any. When one of them is bad, so is the visit.
	Critical []string

	// Robots and Probes hold further words, lower case, by which the user agents
	// of robots and of monitoring are known.
	Robots []string
	Probes []string
}

// DefaultRules are the rules that hold when nobody says otherwise.
//
// Patience of 8 s: four times the 2 s of Apdex and of Box's user availability.
func DefaultRules() Rules {
	return Rules{
		Patience:    8 * time.Second,
		GaveUpAfter: time.Second,
		Bad:         []int{408, 429},
		Parts: []string{
			"css", "js", "mjs", "map", "png", "jpg", "jpeg", "gif", "svg", "webp", "avif", "ico", "bmp", "xbm",
			"woff", "woff2", "ttf", "otf", "eot",
		},
		Unseen: []string{
			"favicon.ico", "favicon.png", "apple-touch-icon.png", "apple-touch-icon-precomposed.png",
			"browserconfig.xml", "site.webmanifest", "manifest.json",
		},
	}
}

// RawRules judge by the status alone, for comparison with other programs: bad is 500
// and above, or 499. Nothing is a part, and nobody is impatient.
func RawRules() Rules { return Rules{} }

// Validate reports every mistake in r at once, each with its fix.
func (r Rules) Validate() error {
	var errs []error
	if r.Patience < 0 {
		errs = append(errs, fmt.Errorf("patience %v: must not be negative (fix: write 0 to wait forever)", r.Patience))
	}
	if r.GaveUpAfter < 0 {
		errs = append(errs, fmt.Errorf("gave_up_after %v: must not be negative (fix: write 0 to count everybody who left)", r.GaveUpAfter))
	}
	for _, s := range r.Bad {
		if s < 100 || s > 499 {
			errs = append(errs, fmt.Errorf("bad status %d: must be 100 to 499 (fix: leave it out; from 500 up all are bad)", s))
		}
	}
	for _, s := range r.Good {
		if s < 500 || s > 999 {
			errs = append(errs, fmt.Errorf("good status %d: must be 500 or more (fix: leave it out; below 500 all but 408 and 429 are good)", s))
		}
	}
	for _, step := range r.Critical {
		if err := checkCritical(step); err != nil {
			errs = append(errs, err)
		}
	}
	return errors.Join(errs...)
}

// Judge returns why an answer was a bad experience, Fine if it was not. wait is how
// long the person waited; below 0: the source does not say.
func (r *Rules) Judge(status int, wait time.Duration) Cause {
	switch {
	case status == 499: // nginx: the client closed the connection first
		if wait >= 0 && wait < r.GaveUpAfter {
			return Fine
		}
		return GaveUp
	case status >= 500:
		if !slices.Contains(r.Good, status) {
			return serverCause(status)
		}
	case slices.Contains(r.Bad, status):
		return clientCause(status)
	}
	if r.Patience > 0 && wait > r.Patience {
		return TooSlow
	}
	return Fine
}

// serverCause tells who failed: 502, 503, 504 and Cloudflare's 520 to 530 say that
// the door had nobody behind it.
func serverCause(status int) Cause {
	if status == 502 || status == 503 || status == 504 || (status >= 520 && status <= 530) {
		return Unreachable
	}
	return ServerError
}

func clientCause(status int) Cause {
	switch status {
	case 408:
		return TimedOut
	case 429:
		return TooMany
	default:
		return ServerError
	}
}

// IsPart reports whether urlPath, without its query, is something that a page asks
// for by itself, and whether anybody would notice if it were missing.
func (r *Rules) IsPart(urlPath string) (part, noticed bool) {
	dot := strings.LastIndexByte(urlPath, '.')
	if dot < 0 || len(urlPath)-dot > 12 || strings.IndexByte(urlPath[dot:], '/') >= 0 {
		return false, true
	}
	for _, name := range r.Unseen {
		if strings.HasSuffix(urlPath, name) && path.Base(urlPath) == name {
			return true, false
		}
	}
	ending := urlPath[dot+1:]
	for _, p := range r.Parts {
		if strings.EqualFold(ending, p) {
			return true, !strings.EqualFold(ending, "map")
		}
	}
	return false, true
}
