package gateway

import (
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus/testutil/promlint"
)

// Names and units are those that who has other proxies knows; promtool has the same rules.
func TestMetricsHaveCommonNames(t *testing.T) {
	ill := newOrigin(t, func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusServiceUnavailable) })
	fine := newOrigin(t, func(w http.ResponseWriter, _ *http.Request) { fmt.Fprint(w, "good") })
	s := play(t, Options{Patience: 20 * time.Second}, ill, fine)
	for range 40 {
		s.ask(http.MethodGet, "/", "")
	}
	s.ask("TRACE", "/", "")
	s.exchanges(40)
	var b strings.Builder
	if err := s.g.WriteMetrics(&b); err != nil {
		t.Fatal(err)
	}
	problems, err := promlint.New(strings.NewReader(b.String())).Lint()
	if err != nil {
		t.Fatalf("%v in\n%s", err, b.String())
	}
	for _, p := range problems {
		t.Errorf("%s: %s", p.Metric, p.Text)
	}
	for _, want := range []string{
		"honderd_gateway_requests_total 40\n",
		`honderd_gateway_request_duration_seconds_count{pool="` + ill.URL + `",code="2xx"} 40`,
		`honderd_gateway_request_duration_seconds_bucket{pool="` + ill.URL + `",code="2xx",le="+Inf"} 40`,
		`honderd_gateway_backend_request_duration_seconds_count{pool="` + ill.URL + `",backend="` + strings.TrimPrefix(fine.URL, "http://") + `"} 40`,
		`honderd_gateway_masked_total{backend="` + strings.TrimPrefix(ill.URL, "http://") + `",fault="server error",how="retry"} `,
		`honderd_gateway_refused_total{reason="requests are not echoed"} 1`,
	} {
		if !strings.Contains(b.String(), want) {
			t.Errorf("there is no %s in\n%s", want, b.String())
		}
	}
}

func TestABackendSaysHowMuchRoomItHas(t *testing.T) {
	now := time.Now()
	b := &backend{}
	b.crowd.n, b.crowd.last = 20, now
	b.crowd.alone, b.crowd.delay, b.crowd.began = 0, 100, 9 // ten at once: the next waits 100 ms
	b.open = 10
	if n := b.room(now, time.Second, 50*time.Millisecond); n == nil || *n != 79 {
		t.Errorf("room %v, want 79: the ninetieth waits 900 ms", n)
	}
	b.open = 200
	if n := b.room(now, time.Second, 50*time.Millisecond); n == nil || *n != 0 {
		t.Errorf("room %v, want none", n)
	}
	b.crowd.delay = 1
	if n := b.room(now, time.Second, 50*time.Millisecond); n != nil {
		t.Errorf("room %d of one that was never slow", *n)
	}
	b.streak, b.lastFault = 5, now
	if n := b.room(now, time.Second, 50*time.Millisecond); n == nil || *n != 0 {
		t.Errorf("room %v of one that is ill", n)
	}
}

func TestTheLastFaultsAreKept(t *testing.T) {
	b := &backend{}
	at := time.Now()
	for i := range 20 {
		b.fault(at.Add(time.Duration(i)*time.Second), fmt.Sprint(i))
	}
	list := b.recent.newestFirst()
	if len(list) != recents || list[0].What != "19" || list[recents-1].What != "12" {
		t.Errorf("%v", list)
	}
}
