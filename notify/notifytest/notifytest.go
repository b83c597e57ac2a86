// Package notifytest is the suite that every notifier passes.
package notifytest

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/honderd/honderd/notify"
)

// Nasty is a message with what nobody should write in each of its fields.
func Nasty() notify.Message {
	const bad = "A\r\nBcc: victim@example.com\r\n\r\n.\r\n<script>alert(1)</script>\x00\x1b[2J\u202e% s\"'`$(id){{.}}"
	return notify.Message{
		ID: "opened/2026\r\nX-Evil: 1", Kind: notify.Opened, At: time.Date(2026, 11, 26, 12, 0, 0, 0, time.UTC),
		Subject: bad, Text: bad + "\n" + strings.Repeat("long ", 2000), URL: "https://status.example/x?a=b&c=d", Incident: bad, People: 42,
		Leave: "https://status.example/unsubscribe?t=abc",
	}
}

// Run tries a notifier against a receiver that takes what comes. wrong returns one whose
// receiver answers that the message will never be taken; nil leaves that out.
func Run(t *testing.T, good notify.Notifier, wrong notify.Notifier) {
	t.Helper()
	t.Run("takes a message", func(t *testing.T) {
		m := notify.Message{ID: "a", Kind: notify.Ended, At: time.Now(), Subject: "Over", Text: "Nobody is hurt any more.", URL: "https://status.example"}
		if err := good.Send(t.Context(), m); err != nil {
			t.Error(err)
		}
	})
	t.Run("survives a nasty one", func(t *testing.T) {
		if err := good.Send(t.Context(), Nasty()); err != nil && !errors.Is(err, notify.ErrRefused) {
			t.Error(err)
		}
	})
	t.Run("ends with its context", func(t *testing.T) {
		ctx, stop := context.WithCancel(t.Context())
		stop()
		if err := good.Send(ctx, Nasty()); err == nil {
			t.Error("sent after its context ended")
		}
	})
	t.Run("has a name", func(t *testing.T) {
		if n := good.Name(); n == "" || strings.ContainsAny(n, "\r\n") || n != good.Name() {
			t.Errorf("Name() = %q", n)
		}
	})
	if wrong == nil {
		return
	}
	t.Run("says when it is refused", func(t *testing.T) {
		err := wrong.Send(t.Context(), Nasty())
		if !errors.Is(err, notify.ErrRefused) && !errors.Is(err, notify.ErrGone) {
			t.Errorf("Send() = %v, want refused or gone", err)
		}
	})
}
