package app

import (
	"context"
	"io"
	"log/slog"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/honderd/honderd/config"
	"github.com/honderd/honderd/fold/chain"
	"github.com/honderd/honderd/view"
)

// traceText is the trace of a person whose step a second try saved.
func traceText(t *testing.T) []byte {
	t.Helper()
	text, err := os.ReadFile("../source/otlp/testdata/retry.json")
	if err != nil {
		t.Fatal(err)
	}
	return text
}

func traceServer(t *testing.T, c config.Config) (s *Server, stop func()) {
	t.Helper()
	c.Listen = "127.0.0.1:0"
	s, err := NewServer(t.Context(), c, slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- s.Run(ctx) }()
	return s, func() {
		cancel()
		if err := <-done; err != nil {
			t.Error(err)
		}
	}
}

// awaitFold waits until the folds satisfy ok.
func awaitFold(t *testing.T, s *Server, ok func() bool) {
	t.Helper()
	limit := time.After(60 * time.Second)
	for {
		changed := s.projector.notify()
		if ok() {
			return
		}
		select {
		case <-changed:
		case <-limit:
			t.Fatal("it did not become so")
		}
	}
}

func TestTracesReachPeopleTheChainAndReleasesThroughARestart(t *testing.T) {
	t.Parallel() // a trace takes some seconds until it is whole
	c := config.Default()
	c.Data = t.TempDir()
	c.Receive.OTLP = config.OTLP{GRPC: config.Off, HTTP: "127.0.0.1:0"}
	s, stop := traceServer(t, c)
	for range 2 { // a sender that did not hear the first answer
		resp, err := http.Post("http://"+s.traces.http.Addr().String()+"/v1/traces", "application/json", strings.NewReader(string(traceText(t))))
		if err != nil {
			t.Fatal(err)
		}
		body, _ := io.ReadAll(resp.Body)
		_ = resp.Body.Close()
		if resp.StatusCode != http.StatusOK {
			t.Fatalf("%d %s", resp.StatusCode, body)
		}
	}
	stop() // before the trace is settled

	s, stop = traceServer(t, c)
	defer stop()
	awaitFold(t, s, func() bool { return len(s.projector.said(view.KindRelease)) == 2 })
	answer, _ := s.projector.now()
	if answer.People.Active != 1 || answer.Requests.Total != 1 || answer.Masked.Faults != 1 {
		t.Errorf("%d people, %d requests, %d masked; want one of each", answer.People.Active, answer.Requests.Total, answer.Masked.Faults)
	}
	got := s.projector.chain()
	if len(got.Edges) != 2 || got.Edges[0].Calls+got.Edges[1].Calls != 3 || got.People != 1 {
		t.Errorf("the chain is %+v", got.Edges)
	}
}

func TestAPortThatIsTakenStopsNothing(t *testing.T) {
	l, err := new(net.ListenConfig).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	c := config.Default()
	c.Data = t.TempDir()
	c.Receive.OTLP = config.OTLP{GRPC: l.Addr().String(), HTTP: l.Addr().String()}
	s, stop := traceServer(t, c)
	defer stop()
	resp, err := http.Get("http://" + s.Address() + "/chain")
	if err != nil || resp.StatusCode != http.StatusOK {
		t.Fatalf("the pages are gone: %v", err)
	}
	_ = resp.Body.Close()
}

func TestReportReadsTraces(t *testing.T) {
	path := filepath.Join(t.TempDir(), "traces.json")
	if err := os.WriteFile(path, traceText(t), 0o600); err != nil {
		t.Fatal(err)
	}
	log := filepath.Join(t.TempDir(), "access.log")
	if err := os.WriteFile(log, []byte(`203.0.113.9 - - [01/Jan/2026:00:00:09 +0000] "GET /basket HTTP/1.1" 500 2 "-" "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/120.0 Safari/537.36"`+"\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	a, err := Report(t.Context(), ReportOptions{Config: config.Default(), Paths: []string{log, path}})
	if err != nil || a.People.Active != 2 || a.People.Hurt != 1 || a.Masked.Faults != 1 {
		t.Errorf("%+v, masked %d (%v); want two people, one hurt, one fault masked", a.People, a.Masked.Faults, err)
	}
	if a.Chain == nil || len(a.Chain.Edges) != 2 || a.Chain.People != 1 {
		t.Errorf("the chain is %+v", a.Chain)
	}
	a, err = Report(t.Context(), ReportOptions{Config: config.Default(), Paths: []string{"-"}, Stdin: strings.NewReader(string(traceText(t)))})
	if err != nil || a.People.Active != 1 {
		t.Errorf("from standard input: %+v (%v)", a.People, err)
	}
}

func TestTheFirstSightOfAVersionIsARelease(t *testing.T) {
	at := time.Unix(1767225600, 0).UTC()
	list := releasesOf(chain.Node{Service: "shop", Versions: []chain.Version{
		{Version: "1", First: at}, {Version: "9", Environment: "staging", First: at}, {Version: strings.Repeat("2", 300), First: at.Add(time.Hour)},
	}})
	if len(list) != 3 || list[2].Previous != "1" || list[1].Previous != "" || list[2].At != at.Add(time.Hour) {
		t.Errorf("%+v", list)
	}
	for _, r := range list {
		if key := releaseKey(r); len(key) > 160 || strings.ContainsAny(key, "\x00\n") {
			t.Errorf("key %q", key)
		}
	}
}
