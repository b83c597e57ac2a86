// Package hooks takes what pipelines and monitors tell over HTTP: that a version goes
// live, that an alert begins or ends, that somebody complains.
package hooks

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/honderd/honderd/release"
)

// Root is where the hooks are: Root + kind.
const Root = "/hooks/"

// News is what one message tells.
type News struct {
	Releases []release.Release `json:"releases"`
	Alerts   []Alert           `json:"alerts"`
	Mentions []Mention         `json:"mentions"`
}

// Empty reports whether there is nothing to keep.
func (n News) Empty() bool { return len(n.Releases)+len(n.Alerts)+len(n.Mentions) == 0 }

// Alert is that a monitor of somebody began or ceased to call.
type Alert struct {
	ID       string            `json:"id"` // the same when it ends
	Name     string            `json:"name"`
	Service  string            `json:"service,omitempty"`
	Severity string            `json:"severity,omitempty"`
	Summary  string            `json:"summary,omitempty"`
	URL      string            `json:"url,omitempty"`
	From     time.Time         `json:"from"`
	To       time.Time         `json:"to,omitzero"` // zero: it goes on
	Labels   map[string]string `json:"labels,omitempty"`
	Source   string            `json:"source"`
}

// Mention is what somebody said in public, before anything of who it was is taken out.
type Mention struct {
	ID       string    `json:"id"`
	Text     string    `json:"text"`
	Author   string    `json:"author,omitempty"`
	At       time.Time `json:"at"`
	URL      string    `json:"url,omitempty"`
	ReplyTo  string    `json:"reply_to,omitempty"`
	Source   string    `json:"source"`
	Language string    `json:"language,omitempty"`
}

// message is what came in.
type message struct {
	head http.Header
	body []byte
	now  time.Time
}

// protocol is how one kind of sender speaks.
type protocol struct {
	read   func(m message) (News, error)
	proofs []proof // by which a sender shows that it knows the secret
}

// proof reports whether a message shows that its sender knows secret.
type proof func(m message, secret string) bool

// Kinds returns the kinds of hooks, in order.
func Kinds() []string {
	return []string{"alertmanager", "argocd", "cdevents", "flagger", "flux", "github", "gitlab", "mention", "release"}
}

// protocolOf returns how the senders of a kind speak.
func protocolOf(kind string) (p protocol, ok bool) {
	own := []proof{bearer, basic, signed("X-Signature")}
	switch kind {
	case "release":
		return protocol{readPlain, own}, true
	case "cdevents":
		return protocol{readCDEvents, own}, true
	case "github":
		return protocol{readGitHub, []proof{signed("X-Hub-Signature-256")}}, true
	case "gitlab":
		return protocol{readGitLab, []proof{token("X-Gitlab-Token")}}, true
	case "argocd":
		return protocol{readArgo, own}, true
	case "flux":
		return protocol{readFlux, own}, true
	case "flagger":
		return protocol{readFlagger, own}, true
	case "alertmanager":
		return protocol{readAlertmanager, own}, true
	case "mention":
		return protocol{readMention, own}, true
	}
	return protocol{}, false
}

// signed is an HMAC-SHA-256 of the body in a header, as sha256=HEX.
func signed(header string) proof {
	return func(m message, secret string) bool {
		shown, found := strings.CutPrefix(m.head.Get(header), "sha256=")
		sum, err := hex.DecodeString(shown)
		if !found || err != nil {
			return false
		}
		mac := hmac.New(sha256.New, []byte(secret))
		mac.Write(m.body)
		return hmac.Equal(sum, mac.Sum(nil))
	}
}

// token is the secret itself in a header.
func token(header string) proof {
	return func(m message, secret string) bool { return same(m.head.Get(header), secret) }
}

func bearer(m message, secret string) bool {
	shown, found := strings.CutPrefix(m.head.Get("Authorization"), "Bearer ")
	return found && same(shown, secret) || same(m.head.Get("X-Api-Key"), secret)
}

// basic is the secret as the password of any user.
func basic(m message, secret string) bool {
	_, password, found := (&http.Request{Header: m.head}).BasicAuth()
	return found && same(password, secret)
}

// same compares in a time that tells nothing of the secret.
func same(shown, secret string) bool {
	a, b := sha256.Sum256([]byte(shown)), sha256.Sum256([]byte(secret))
	return hmac.Equal(a[:], b[:]) && secret != ""
}

// Limits of what one message may tell.
const (
	maxNews  = 500
	maxText  = 1000 // bytes
	maxLabel = 20
)

// clean makes news ready to be kept: names are cut, times mended, and what still cannot
// be is an error.
func (n *News) clean(now time.Time) error {
	for i := range n.Releases {
		r := n.Releases[i].Clean()
		if r.At.IsZero() || r.At.After(now.Add(ahead)) {
			r.At = now.UTC()
		}
		if err := r.Validate(); err != nil {
			return err
		}
		n.Releases[i] = r
	}
	for i := range n.Alerts {
		n.Alerts[i].clean(now)
	}
	return nil
}

func (a *Alert) clean(now time.Time) {
	for _, s := range []*string{&a.ID, &a.Name, &a.Service, &a.Severity} {
		*s = line(*s, release.MaxName)
	}
	a.Summary = line(a.Summary, maxText)
	if !strings.HasPrefix(a.URL, "https://") && !strings.HasPrefix(a.URL, "http://") || len(a.URL) > release.MaxAddress {
		a.URL = ""
	}
	if a.From.IsZero() || a.From.After(now.Add(ahead)) || a.From.Year() < 2000 {
		a.From = now
	}
	a.From, a.To = a.From.UTC(), a.To.UTC()
	if a.To.Before(a.From) || a.To.After(now.Add(ahead)) { // Alertmanager writes the year 1 while it goes on
		a.To = time.Time{}
	}
	labels := map[string]string{}
	for _, name := range slices.Sorted(keysOf(a.Labels)) {
		if len(labels) < maxLabel {
			labels[line(name, 64)] = line(a.Labels[name], 200)
		}
	}
	a.Labels = labels
}

// ahead is how far the clock of a sender may be ahead: an event from later is now.
const ahead = 10 * time.Minute
