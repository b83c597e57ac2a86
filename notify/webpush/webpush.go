// Package webpush tells browsers, also when the page is closed: Web Push (RFC 8030), with
// keys of our own (VAPID, RFC 8292).
package webpush

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"net/http"
	"net/url"
	"os"
	"unicode/utf8"

	"github.com/SherClockHolmes/webpush-go"

	"github.com/honderd/honderd/internal/outward"
	"github.com/honderd/honderd/notify"
)

// Keys are what browsers know us by. Whoever loses them loses every subscription.
type Keys struct {
	Private string `json:"private"`
	Public  string `json:"public"`
}

// LoadKeys returns the keys in a file, which is made the first time.
func LoadKeys(path string) (Keys, error) {
	var k Keys
	text, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		if k.Private, k.Public, err = webpush.GenerateVAPIDKeys(); err != nil {
			return k, fmt.Errorf("make the keys of web push: %w", err)
		}
		if text, err = json.Marshal(k); err == nil {
			err = os.WriteFile(path, text, 0o600)
		}
		if err != nil {
			return k, fmt.Errorf("keep the keys of web push: %w", err)
		}
		return k, nil
	}
	if err != nil {
		return k, fmt.Errorf("read the keys of web push: %w", err)
	}
	if json.Unmarshal(text, &k) != nil || k.Private == "" || k.Public == "" {
		return k, fmt.Errorf("the keys in %s cannot be read (fix: put back the copy from your backup; without it every browser has to subscribe again)", path)
	}
	return k, nil
}

// Browser is one browser that is told.
type Browser struct {
	name    string
	keys    Keys
	contact string
	at      webpush.Subscription
	client  *http.Client
}

// Parse returns what a browser gave as its subscription, or what is wrong with it.
func Parse(text string) (endpoint string, err error) {
	s, err := parse(text)
	return s.Endpoint, err
}

func parse(text string) (s webpush.Subscription, err error) {
	bad := errors.New("this is not the subscription of a browser")
	if len(text) > 4096 || json.Unmarshal([]byte(text), &s) != nil {
		return s, bad
	}
	u, err := url.Parse(s.Endpoint)
	if err != nil || u.Scheme != "https" || u.Host == "" || u.User != nil {
		return s, bad
	}
	key, err1 := base64.RawURLEncoding.DecodeString(s.Keys.P256dh)
	auth, err2 := base64.RawURLEncoding.DecodeString(s.Keys.Auth)
	if err1 != nil || err2 != nil || len(key) != 65 || len(auth) != 16 {
		return s, bad
	}
	return s, nil
}

// New returns a browser to be told. contact is an address at which who runs the push
// service reaches us: mailto: or https:. inside is for tests alone.
func New(name string, keys Keys, contact, subscription string, inside bool) (*Browser, error) {
	s, err := parse(subscription)
	return &Browser{name: name, keys: keys, contact: contact, at: s, client: outward.Client(outward.Options{Inside: inside})}, err
}

// Name returns the name of the receiver.
func (b *Browser) Name() string { return b.name }

// told is what the service worker of our page shows.
type told struct {
	Title string `json:"title"`
	Body  string `json:"body"`
	URL   string `json:"url"`
	Tag   string `json:"tag"` // a later message of the same takes the place of the earlier one
}

// Send tells the push service of the browser. What a day old message says is over.
func (b *Browser) Send(ctx context.Context, m notify.Message) error {
	body, err := json.Marshal(told{clip(m.Subject, 120), clip(m.Text, 300), m.URL, clip(m.Incident, 60)})
	if err != nil {
		return fmt.Errorf("%w: %w", notify.ErrRefused, err)
	}
	answer, err := webpush.SendNotificationWithContext(ctx, body, &b.at, &webpush.Options{
		HTTPClient: b.client, Subscriber: b.contact, VAPIDPublicKey: b.keys.Public, VAPIDPrivateKey: b.keys.Private,
		TTL: 24 * 3600, Urgency: webpush.UrgencyNormal,
	})
	if err != nil {
		if errors.Is(err, outward.ErrInside) {
			return fmt.Errorf("push to %s: %w: %w", b.name, outward.ErrInside, notify.ErrRefused)
		}
		if u, ok := errors.AsType[*url.Error](err); ok { // its text holds the endpoint, which is personal
			err = u.Err
		}
		return fmt.Errorf("push to %s: %w", b.name, err)
	}
	defer answer.Body.Close()
	switch code := answer.StatusCode; {
	case code >= 200 && code < 300:
		return nil
	case code == http.StatusNotFound, code == http.StatusGone:
		return fmt.Errorf("push to %s answers %d: %w", b.name, code, notify.ErrGone)
	case code == http.StatusTooManyRequests, code == http.StatusRequestTimeout, code >= 500:
		return fmt.Errorf("push to %s answers %d", b.name, code)
	default:
		return fmt.Errorf("push to %s answers %d: %w", b.name, code, notify.ErrRefused)
	}
}

// clip cuts a text: a push message has room for 4 KB.
func clip(s string, most int) string {
	if runes := []rune(s); len(runes) > most {
		s = string(runes[:most-1]) + "…"
	}
	if !utf8.ValidString(s) {
		return ""
	}
	return s
}
