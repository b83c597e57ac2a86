// Package webhook tells programs: a signed POST with JSON.
package webhook

import (
	"bytes"
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strconv"
	"time"

	"github.com/honderd/honderd/internal/outward"
	"github.com/honderd/honderd/notify"
)

// Hook is a program that is told.
type Hook struct {
	name, url string
	secret    []byte
	client    *http.Client
}

// Options say how it is told.
type Options struct {
	Name   string
	URL    string
	Secret string // what the signature is made with; "" signs nothing
	Inside bool   // it may be in our own network: who runs this gave the address
}

// New returns a program to be told, or what is wrong with o.
func New(o Options) (*Hook, error) {
	u, err := url.Parse(o.URL)
	if err != nil || u.Host == "" || u.Scheme != "https" && (u.Scheme != "http" || !o.Inside) {
		return nil, errors.New("this is not the address of a webhook (fix: write one like https://host/hook)")
	}
	return &Hook{name: o.Name, url: o.URL, secret: []byte(o.Secret), client: outward.Client(outward.Options{Inside: o.Inside})}, nil
}

// Name returns the name of the receiver.
func (h *Hook) Name() string { return h.name }

// Send posts m. The headers are those of Standard Webhooks: a receiver drops an id that it
// knows, and checks that the signature is over "id.timestamp.body".
//
// Source: standardwebhooks.com, specification 1.0.
func (h *Hook) Send(ctx context.Context, m notify.Message) error {
	body, err := json.Marshal(m)
	if err != nil {
		return fmt.Errorf("%w: %w", notify.ErrRefused, err)
	}
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, h.url, bytes.NewReader(body))
	if err != nil {
		return fmt.Errorf("webhook %s: %w", h.name, notify.ErrRefused)
	}
	id := messageID(m)
	at := strconv.FormatInt(time.Now().Unix(), 10)
	r.Header.Set("Content-Type", "application/json")
	r.Header.Set("User-Agent", "Honderd")
	r.Header.Set("Webhook-Id", id)
	r.Header.Set("Webhook-Timestamp", at)
	if len(h.secret) > 0 {
		r.Header.Set("Webhook-Signature", Sign(h.secret, id, at, body))
	}
	answer, err := h.client.Do(r)
	if err != nil {
		if errors.Is(err, outward.ErrInside) {
			return fmt.Errorf("webhook %s: %w: %w", h.name, outward.ErrInside, notify.ErrRefused)
		}
		if u, ok := errors.AsType[*url.Error](err); ok { // its text holds the address, which may be a secret
			err = u.Err
		}
		return fmt.Errorf("webhook %s: %w", h.name, err)
	}
	_, _ = io.Copy(io.Discard, io.LimitReader(answer.Body, 64<<10)) // so that the connection is used again
	defer answer.Body.Close()
	return judge(h.name, answer.StatusCode)
}

func judge(name string, code int) error {
	switch {
	case code >= 200 && code < 300:
		return nil
	case code == http.StatusGone:
		return fmt.Errorf("webhook %s answers %d: %w", name, code, notify.ErrGone)
	case code == http.StatusRequestTimeout, code == http.StatusTooEarly, code == http.StatusTooManyRequests, code >= 500:
		return fmt.Errorf("webhook %s answers %d", name, code)
	}
	return fmt.Errorf("webhook %s answers %d: %w", name, code, notify.ErrRefused)
}

// messageID returns the ID of m as it may stand in a header.
func messageID(m notify.Message) string {
	sum := sha256.Sum256([]byte(m.ID))
	return "msg_" + base64.RawURLEncoding.EncodeToString(sum[:18])
}

// Sign returns the signature of a message.
func Sign(secret []byte, id, at string, body []byte) string {
	mac := hmac.New(sha256.New, secret)
	fmt.Fprintf(mac, "%s.%s.", id, at)
	mac.Write(body)
	return "v1," + base64.StdEncoding.EncodeToString(mac.Sum(nil))
}
