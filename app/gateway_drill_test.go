package app

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/honderd/honderd/gateway"
)

func TestADrillIsAskedForAndReported(t *testing.T) {
	var list []gateway.Backend
	for range 2 {
		s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { fmt.Fprint(w, "good") }))
		t.Cleanup(s.Close)
		list = append(list, gateway.Backend{URL: s.URL})
	}
	o := GatewayOptions{Listen: []string{"127.0.0.1:0"}, Admin: "127.0.0.1:0"}
	o.Pools = []gateway.Pool{{Backends: list}}
	ctx, stop := context.WithCancel(t.Context())
	s, err := NewGateway(ctx, o, slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	done := make(chan error, 1)
	go func() { done <- s.Run(ctx) }()
	defer func() { stop(); <-done }()
	admin := s.adminNet.Addr().String()
	d := DrillOptions{Admin: admin, Every: 5 * time.Millisecond, Drill: gateway.Drill{
		Backend: strings.TrimPrefix(list[0].URL, "http://"), Fault: gateway.Refused, Share: 1, For: 3 * time.Second}}

	asking, rest := context.WithCancel(ctx)
	asked := make(chan int, 1)
	go func() {
		bad := 0
		for asking.Err() == nil {
			r, err := http.NewRequestWithContext(asking, http.MethodGet, "http://"+s.Addresses()[0]+"/", http.NoBody)
			if err != nil {
				break
			}
			if resp, err := http.DefaultClient.Do(r); err == nil {
				if resp.StatusCode != http.StatusOK {
					bad++
				}
				_ = resp.Body.Close()
			}
		}
		asked <- bad
	}()
	got, err := RunDrill(ctx, d)
	if err != nil || got.On || got.Felt != 0 || got.Masked == 0 || got.By["retry"] == 0 {
		t.Errorf("RunDrill() = %+v, %v", got, err)
	}
	rest()
	if bad := <-asked; bad > 0 {
		t.Errorf("%d people felt it", bad)
	}
	d.Backend = "192.0.2.1:80"
	if _, err := RunDrill(ctx, d); !errors.Is(err, ErrDrillRefused) || !strings.Contains(err.Error(), "fix: name one of") {
		t.Errorf("a backend that is not there: %v", err)
	}
	for _, tt := range []struct {
		name, origin, kind, body string
		want                     int
	}{
		{"a page that somebody looks at", "https://evil.example", "application/json", "{}", http.StatusForbidden},
		{"a form", "", "text/plain", "{}", http.StatusUnsupportedMediaType},
		{"nonsense", "", "application/json", `{"fire":1}`, http.StatusBadRequest},
	} {
		r, err := http.NewRequestWithContext(ctx, http.MethodPost, "http://"+admin+drillPath, strings.NewReader(tt.body))
		if err != nil {
			t.Fatal(err)
		}
		r.Header.Set("Content-Type", tt.kind)
		if tt.origin != "" {
			r.Header.Set("Origin", tt.origin)
		}
		resp, err := http.DefaultClient.Do(r)
		if err != nil {
			t.Fatal(err)
		}
		_ = resp.Body.Close()
		if resp.StatusCode != tt.want {
			t.Errorf("%s: %d, want %d", tt.name, resp.StatusCode, tt.want)
		}
	}
}
