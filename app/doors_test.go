package app

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/honderd/honderd/config"
	"github.com/honderd/honderd/ledger"
	"github.com/honderd/honderd/source/push"
)

// running is a server on a port of its own.
func running(tb testing.TB, c config.Config) (base string, stop func()) {
	tb.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	s, err := NewServer(ctx, c, slog.New(slog.DiscardHandler))
	if err != nil {
		tb.Fatal(err)
	}
	ended := make(chan error, 1)
	go func() { ended <- s.Run(ctx) }()
	return "http://" + s.Address(), func() {
		cancel()
		if err := <-ended; err != nil {
			tb.Errorf("Run() = %v", err)
		}
	}
}

func post(tb testing.TB, client *http.Client, url, body string) (status int, answer string) {
	tb.Helper()
	r, err := client.Post(url, "application/x-ndjson", strings.NewReader(body))
	if err != nil {
		tb.Fatal(err)
	}
	p, err := io.ReadAll(r.Body)
	if err = errors.Join(err, r.Body.Close()); err != nil {
		tb.Fatal(err)
	}
	return r.StatusCode, string(p)
}

// requestsSeen waits until the report knows want requests.
func requestsSeen(t *testing.T, base string, want int64) {
	t.Helper()
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	var got struct {
		Requests struct{ Total, Bad int64 }
	}
	for {
		r, err := http.Get(base + "/api/v1/report")
		if err != nil {
			t.Fatal(err)
		}
		err = json.NewDecoder(r.Body).Decode(&got)
		if err = errors.Join(err, r.Body.Close()); err != nil {
			t.Fatal(err)
		}
		if got.Requests.Total == want {
			return
		}
		select {
		case <-tick.C:
		case <-t.Context().Done():
			t.Fatalf("%d requests, want %d", got.Requests.Total, want)
		}
	}
}

func TestWhatWasSentIsCountedAlsoAfterARestart(t *testing.T) {
	c := config.Default()
	c.Listen, c.Data = "127.0.0.1:0", t.TempDir()
	base, stop := running(t, c)
	at := time.Now().Add(-2 * time.Hour).UnixMilli()
	var body bytes.Buffer
	for i := range 100 {
		fmt.Fprintf(&body, `{"at":%d,"person":"p%d","path":"/buy","status":%d}`+"\n", at+int64(i), i%10, 200+300*(i%2))
	}
	if status, answer := post(t, http.DefaultClient, base+push.Path, body.String()); status != 200 || !strings.Contains(answer, `"accepted":100`) {
		t.Fatalf("%d %s", status, answer)
	}
	requestsSeen(t, base, 100)
	stop()
	base, stop = running(t, c)
	defer stop()
	if status, _ := post(t, http.DefaultClient, base+push.Path, body.String()); status != 200 {
		t.Fatal(status)
	}
	requestsSeen(t, base, 200)
}

func TestBusyIsToldApartFromBroken(t *testing.T) {
	for _, err := range []error{ledger.ErrFull, ledger.ErrAway} {
		if !isBusy(fmt.Errorf("kept: %w", err)) {
			t.Errorf("%v is not told as busy", err)
		}
	}
	if isBusy(io.EOF) || isBusy(nil) {
		t.Error("what is broken is told as busy")
	}
}
