package gateway

import (
	"encoding/hex"
	"fmt"
	"net/http"
	"net/netip"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/honderd/honderd/experience"
)

// told is what backends were told of their trace.
type told struct {
	mu   sync.Mutex
	list []string
}

func (s *told) hear(h http.Header) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.list = append(s.list, h.Get("Traceparent")+" "+h.Get("Tracestate"))
}

func TestEachTryIsASpanOfItsOwn(t *testing.T) {
	var heard told
	ill := newOrigin(t, func(w http.ResponseWriter, r *http.Request) {
		heard.hear(r.Header)
		w.WriteHeader(http.StatusServiceUnavailable)
	})
	fine := newOrigin(t, func(w http.ResponseWriter, r *http.Request) { heard.hear(r.Header); fmt.Fprint(w, "good") })
	s := play(t, Options{Tracing: &Tracing{Share: 1}, Patience: 20 * time.Second, Trusted: []netip.Prefix{netip.MustParsePrefix("127.0.0.0/8")}}, ill, fine)
	const given = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"
	var one *Trace
	for i := range 50 { // until the ill one is asked first
		if status, _, _ := s.ask(http.MethodGet, "/", "", "Traceparent", given, "Tracestate", "a=b,c=d"); status != 200 {
			t.Fatal(status)
		}
		if e := s.exchanges(i + 1)[i]; len(e.Faults) > 0 {
			if one = e.Trace; e.Mask != experience.Retry {
				t.Errorf("%+v", e)
			}
			break
		}
	}
	if one == nil || len(one.Tries) != 2 {
		t.Fatalf("%+v", one)
	}
	first, second := one.Tries[0], one.Tries[1]
	if hex.EncodeToString(one.ID[:]) != "0af7651916cd43dd8448eb211c80319c" || hex.EncodeToString(one.Parent[:]) != "b7ad6b7169203331" || !one.Sampled || one.State != "a=b,c=d" {
		t.Errorf("what a trusted client says became %+v", one)
	}
	if first.Fault != ServerError || first.Status != 503 || first.Again || second.Fault != "" || second.Status != 200 || !second.Again || second.Why != experience.Retry {
		t.Errorf("%+v", one.Tries)
	}
	for _, try := range one.Tries {
		if try.End.Before(try.Start) || try.Span == one.Span {
			t.Errorf("%+v", try)
		}
		want := "00-0af7651916cd43dd8448eb211c80319c-" + hex.EncodeToString(try.Span[:]) + "-01 a=b,c=d"
		heard.mu.Lock()
		if !strings.Contains(strings.Join(heard.list, "\n"), want) {
			t.Errorf("no backend was told %q: %q", want, heard.list)
		}
		heard.mu.Unlock()
	}
}

func TestStrangersDoNotSayWhatIsTraced(t *testing.T) {
	var heard told
	o := newOrigin(t, func(_ http.ResponseWriter, r *http.Request) { heard.hear(r.Header) })
	s := play(t, Options{Tracing: &Tracing{Share: 0}}, o)
	s.ask(http.MethodGet, "/", "", "Traceparent", "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01", "Tracestate", "a=b")
	e := s.exchanges(1)[0]
	if e.Trace == nil || e.Trace.Sampled || e.Trace.Parent != [8]byte{} || hex.EncodeToString(e.Trace.ID[:]) == "0af7651916cd43dd8448eb211c80319c" {
		t.Errorf("%+v", e.Trace)
	}
	if got := heard.list[0]; strings.Contains(got, "0af7651916cd43dd") || strings.Contains(got, "a=b") || !strings.HasSuffix(got, "-00 ") {
		t.Errorf("the backend was told %q", got)
	}
}

func TestWhatIsNoTraceparentIsNotFollowed(t *testing.T) {
	for _, give := range []string{
		"", "00", "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331", "ff-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
		"00-00000000000000000000000000000000-b7ad6b7169203331-01", "00-0af7651916cd43dd8448eb211c80319c-0000000000000000-01",
		"00-0AF7651916CD43DD8448EB211C80319C-b7ad6b7169203331-01", "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01-more",
		"00-0af7651916cd43dd8448eb211c8031xx-b7ad6b7169203331-01",
	} {
		var one Trace
		if one.follow(http.Header{"Traceparent": {give}}) || one.ID != [16]byte{} {
			t.Errorf("%q is followed: %+v", give, one)
		}
	}
	var one Trace
	if !one.follow(http.Header{"Traceparent": {"cc-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01-what-comes"}}) {
		t.Error("a later version is not followed")
	}
}

func TestOnlyAShareIsTraced(t *testing.T) {
	r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, "/", http.NoBody)
	if err != nil {
		t.Fatal(err)
	}
	sampled := 0
	for range 20000 {
		one := (&Tracing{Share: 0.25}).begin(r, false)
		if one.Sampled {
			sampled++
			if one.State != "ot=th:c" {
				t.Fatalf("tracestate %q", one.State)
			}
		} else if one.State != "" {
			t.Fatalf("tracestate %q of what is not sampled", one.State)
		}
	}
	if sampled < 4500 || sampled > 5500 { // 8 standard deviations
		t.Errorf("%d of 20000, want a quarter", sampled)
	}
}
