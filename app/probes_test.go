package app

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/honderd/honderd/config"
	"github.com/honderd/honderd/ledger"
	"github.com/honderd/honderd/source/probe"
	"github.com/honderd/honderd/view"
)

// serving runs a server of c until the test ends and returns where it is.
func serving(t *testing.T, c config.Config) (s *Server, url string, stop func()) {
	t.Helper()
	c.Listen = "127.0.0.1:0"
	if c.Data == config.Default().Data {
		c.Data = t.TempDir()
	}
	ctx, cancel := context.WithCancel(t.Context())
	s, err := NewServer(ctx, c, slog.New(slog.DiscardHandler))
	if err != nil {
		cancel()
		t.Fatal(err)
	}
	ended := make(chan error, 1)
	go func() { ended <- s.Run(ctx) }()
	stop = func() {
		cancel()
		if err := <-ended; err != nil {
			t.Error(err)
		}
		ended <- nil
	}
	t.Cleanup(stop)
	return s, "http://" + s.Address(), stop
}

// eventually asks again and again until ok, for at most a minute.
func eventually(t *testing.T, what string, ok func() bool) {
	t.Helper()
	ctx, stop := context.WithTimeout(t.Context(), time.Minute)
	defer stop()
	for !ok() {
		if ctx.Err() != nil {
			t.Fatal("never: " + what)
		}
		pause(ctx, 50*time.Millisecond)
	}
}

func fetched(t *testing.T, url string) string {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, url, nil)
	if err != nil {
		t.Fatal(err)
	}
	w, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer w.Body.Close()
	body, err := io.ReadAll(w.Body)
	if err != nil {
		t.Fatal(err)
	}
	return string(body)
}

func probesOf(t *testing.T, url string) view.Probes {
	t.Helper()
	var p view.Probes
	if err := json.Unmarshal([]byte(fetched(t, url+"/api/v1/probes")), &p); err != nil {
		t.Fatal(err)
	}
	return p
}

// What probes find is on the page, from each place apart, and is there after a restart.
func TestProbesAreServed(t *testing.T) {
	shop := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/bad" {
			w.WriteHeader(http.StatusInternalServerError)
		}
		fmt.Fprint(w, "<script>alert(1)</script>")
	}))
	defer shop.Close()
	const key = "0123456789abcdefg"
	c := config.Default()
	c.Data = t.TempDir()
	c.Probes = probe.Settings{
		Every: time.Second, Vantages: []probe.Vantage{{Name: "amsterdam", Key: key}},
		Targets: []probe.Setting{{Name: "home", URL: shop.URL}, {Name: "<script>bad", URL: shop.URL + "/bad"}, {Name: "words", URL: shop.URL, Expect: []string{"body contains <b>Shop"}}},
	}
	_, url, stop := serving(t, c)
	far, stopFar := context.WithCancel(t.Context())
	gone := make(chan error, 1)
	go func() {
		gone <- Join(far, JoinOptions{URL: url, Key: key, Folder: t.TempDir(), Log: slog.New(slog.DiscardHandler)})
	}()
	eventually(t, "both places know all targets", func() bool {
		p := probesOf(t, url)
		known := 0
		for _, one := range p.Probes {
			if one.Last != nil {
				known++
			}
		}
		return known == 6
	})
	stopFar()
	if err := <-gone; err != nil {
		t.Error(err)
	}
	for _, one := range probesOf(t, url).Probes {
		if want := one.Target == "home"; (one.State == view.ProbeGood) != want || one.Minutes.Good+one.Minutes.Bad == 0 {
			t.Errorf("%s from %q is %s, %+v", one.Target, one.From, one.State, one.Minutes)
		}
	}
	page := fetched(t, url+"/probes")
	for _, want := range []string{"4 of 6 probes are bad.", "&lt;script&gt;bad", "from amsterdam", "a second try at once was bad too", "amsterdam"} {
		if !strings.Contains(page, want) {
			t.Errorf("the page lacks %q", want)
		}
	}
	if strings.Contains(page, "<script>bad") || strings.Contains(page, "<b>Shop") || strings.Contains(page, "ZgotmplZ") {
		t.Error("the page has what a target said in it, unescaped")
	}
	if !strings.Contains(fetched(t, url+"/api/v1/probes?target=home"), `"by_hour"`) || !strings.Contains(fetched(t, url+"/api/v1/probes?target=x"), "no such target") {
		t.Error("the history of one target is not told")
	}
	if report := fetched(t, url+"/api/v1/report"); !strings.Contains(report, `"active": 0`) {
		t.Error("probes are among people")
	}
	stop()
	c.Probes.Targets = c.Probes.Targets[:1]
	_, url, _ = serving(t, c)
	for _, one := range probesOf(t, url).Probes {
		if one.Target != "home" && (one.Asked || one.Minutes.Bad == 0) {
			t.Errorf("after a restart %s is %+v", one.Target, one)
		}
	}
}

// away is a ledger that is not there for a while.
type away struct {
	ledger.Ledger
	gone bool
}

func (l *away) Append(ctx context.Context, subject, id string, data []byte) (ledger.Sequence, error) {
	seq, err := l.Ledger.Append(ctx, subject, id, data)
	if l.gone { // it was kept, but nobody heard so
		return 0, ledger.ErrAway
	}
	return seq, err
}

func TestWhatProbesFindWaitsForTheLedgerAndCountsOnce(t *testing.T) {
	l := &away{Ledger: ledger.NewMemory(), gone: true}
	p := &probing{ledger: l, troubles: &troubles{}, log: slog.New(slog.DiscardHandler), boot: "x", full: make(chan struct{}, 1)}
	for range checksWaiting + 7 {
		if err := p.seen(t.Context(), probe.Result{Target: "a", Kind: probe.HTTP, At: time.UnixMilli(1795464069000)}); err != nil {
			t.Fatal(err)
		}
	}
	if p.flush(t.Context()) || p.troubles.of(probesName) == "" || p.lost != 7 {
		t.Errorf("lost %d, trouble %q", p.lost, p.troubles.of(probesName))
	}
	l.gone = false
	for p.flush(t.Context()) {
	}
	if n, _ := l.Last(t.Context()); n != checksWaiting/checksAtOnce || len(p.waiting) != 0 || p.troubles.of(probesName) != "" {
		t.Errorf("%d records, %d wait", n, len(p.waiting))
	}
}

func TestPicturesAreOnlyOurs(t *testing.T) {
	dir := t.TempDir()
	p := &probing{pictures: filepath.Join(dir, "pictures")}
	const name = "20261126-213743.928181-buy-3.png"
	if _, ok := p.picture(name); ok {
		t.Error("there is no folder, but a picture")
	}
	for path, text := range map[string]string{"pictures/" + name: "png", "salt": "secret", "pictures/other.png": "x"} {
		if err := os.MkdirAll(p.pictures, 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(dir, path), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	for give, want := range map[string]bool{name: true, "../salt": false, "other.png": false, "": false, name + "/../../salt": false} {
		if _, ok := p.picture(give); ok != want {
			t.Errorf("picture(%q) = %v", give, ok)
		}
	}
}

func TestAddressesWithoutNamesAreProbed(t *testing.T) {
	for give, want := range map[string]probe.Setting{
		"https://me:secret@shop.example/": {Name: "https://shop.example/", URL: "https://me:secret@shop.example/"},
		"tcp://mail.example:25":           {Name: "tcp://mail.example:25", TCP: "mail.example:25"},
		"ping://192.0.2.7":                {Name: "ping://192.0.2.7", Ping: "192.0.2.7"},
	} {
		got, err := ProbeSetting(give)
		if err != nil || got.Name != want.Name || got.URL != want.URL || got.TCP != want.TCP || got.Ping != want.Ping {
			t.Errorf("ProbeSetting(%q) = %+v, %v", give, got, err)
		}
	}
	if _, err := ProbeSetting("ftp://shop.example"); err == nil {
		t.Error("ftp is probed")
	}
}
