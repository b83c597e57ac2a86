package app

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/honderd/honderd/gateway"
)

// Nobody feels that the gateway does something else from now on.
func TestReloadingLosesNoRequest(t *testing.T) {
	backend := func(name string) string {
		s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { fmt.Fprint(w, name) }))
		t.Cleanup(s.Close)
		return s.URL
	}
	old, stays, fresh := backend("old"), backend("stays"), backend("fresh")
	options := func(urls ...string) GatewayOptions {
		o := GatewayOptions{Listen: []string{"127.0.0.1:0"}}
		o.Pools = []gateway.Pool{{Name: "shop"}}
		for _, u := range urls {
			o.Pools[0].Backends = append(o.Pools[0].Backends, gateway.Backend{URL: u})
		}
		return o
	}
	ctx, stop := context.WithCancel(t.Context())
	s, err := NewGateway(ctx, options(old, stays), slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	done := make(chan error, 1)
	go func() { done <- s.Run(ctx) }()
	defer func() { stop(); <-done }()

	asking, rest := context.WithCancel(ctx)
	var wait sync.WaitGroup
	for range 4 {
		wait.Go(func() {
			for asking.Err() == nil {
				if got := answerOf(ctx, t, s.Addresses()[0]); got != "old" && got != "stays" && got != "fresh" {
					t.Errorf("somebody was answered %q", got)
				}
			}
		})
	}
	pause := time.NewTicker(20 * time.Millisecond)
	defer pause.Stop()
	for i := range 10 {
		<-pause.C
		next := options(stays, fresh)
		if i%2 == 1 {
			next = options(old, stays)
		}
		if err := s.Reload(ctx, next); err != nil {
			t.Fatal(err)
		}
	}
	if err := s.Reload(ctx, options(fresh)); err != nil {
		t.Fatal(err)
	}
	if err := s.Reload(ctx, options("ftp://nonsense")); err == nil {
		t.Error("nonsense was taken over")
	}
	other := options(old)
	other.Listen = []string{"127.0.0.1:1"}
	if err := s.Reload(ctx, other); err == nil || !strings.Contains(err.Error(), "fix: restart honderd") {
		t.Errorf("another address to listen on: %v", err)
	}
	rest()
	wait.Wait()
	for range 20 {
		if got := answerOf(ctx, t, s.Addresses()[0]); got != "fresh" {
			t.Errorf("answered %q, want what the last configuration says", got)
		}
	}
	if state := s.State(); state.Requests < 20 || state.Felt != 0 || len(state.Backends) != 1 {
		t.Errorf("state %+v", state)
	}
}

func answerOf(ctx context.Context, t *testing.T, address string) string {
	t.Helper()
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://"+address+"/", http.NoBody)
	if err != nil {
		return err.Error()
	}
	resp, err := http.DefaultClient.Do(r)
	if err != nil {
		return err.Error()
	}
	defer resp.Body.Close()
	body, _ := io.ReadAll(resp.Body)
	return string(body)
}
