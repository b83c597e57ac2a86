package app

import (
	"context"
	"net/netip"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/honderd/honderd/config"
	"github.com/honderd/honderd/experience"
	"github.com/honderd/honderd/gateway"
)

const chrome = "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0 Safari/537.36"

// What the gateway writes, honderd report reads: who, how it was, and what was hidden.
func TestTheLogOfTheGatewayIsReadBack(t *testing.T) {
	var text []byte
	at := time.Date(2026, 11, 20, 10, 0, 0, 0, time.UTC)
	for i := range 40 {
		e := gateway.Exchange{
			Start: at.Add(time.Duration(i) * time.Second), Wait: 120 * time.Millisecond, Pool: "shop", Backend: "10.0.0.2:80", Client: netip.AddrFrom4([4]byte{192, 0, 2, byte(i % 4)}),
			Agent: chrome, Method: "GET", Host: "shop.example", Target: "/basket?card=1", Proto: "HTTP/2.0", Status: 200, Bytes: 512, Attempts: 1,
		}
		switch i {
		case 5, 6, 7: // a fault that nobody felt
			e.Attempts, e.Mask, e.Cost = 2, experience.Retry, 40*time.Millisecond
			e.Faults = []gateway.Fault{{Backend: "10.0.0.1:80", What: gateway.ServerError, After: 80 * time.Millisecond}}
		case 8: // one that was felt
			e.Status, e.Backend = 502, ""
			e.Faults = []gateway.Fault{{Backend: "10.0.0.1:80", What: gateway.Refused}}
		case 9: // one who left
			e.Gone, e.Status, e.Wait = true, 499, 9*time.Second
		}
		text = e.AppendJSON(text)
	}
	path := filepath.Join(t.TempDir(), "gateway.log")
	if err := os.WriteFile(path, text, 0o600); err != nil {
		t.Fatal(err)
	}
	a, err := Report(t.Context(), ReportOptions{Config: config.Default(), Paths: []string{path}})
	if err != nil {
		t.Fatal(err)
	}
	if a.Source.Parsed != 40 || a.People.Active != 4 || a.Requests.Total != 40 || a.Requests.Bad != 2 || a.People.Hurt != 2 {
		t.Errorf("%d read, %d people of whom %d hurt, %d requests of which %d bad; want 40, 4, 2, 40, 2", a.Source.Parsed, a.People.Active, a.People.Hurt, a.Requests.Total, a.Requests.Bad)
	}
	if a.Masked.Faults != 3 || a.Masked.By["retry"] != 3 || len(a.Masked.ByBackend) != 1 || a.Masked.ByBackend[0].Backend != "10.0.0.1:80" || a.Masked.ByBackend[0].Masked != 3 {
		t.Errorf("masked %+v", a.Masked)
	}
	if strings.Contains(string(text), "card") {
		t.Error("the query is in the log")
	}
}

func TestALogThatIsRotatedIsWrittenAnew(t *testing.T) {
	path := filepath.Join(t.TempDir(), "gateway.log")
	f, err := OpenLines(path)
	if err != nil {
		t.Fatal(err)
	}
	l := newLineLog(f)
	ctx, stop := context.WithCancel(t.Context())
	done := make(chan bool)
	go func() { l.run(ctx); close(done) }()
	has := func(name, want string) func() bool {
		return func() bool { text, _ := os.ReadFile(name); return strings.Contains(string(text), want) }
	}
	l.add(&gateway.Exchange{Host: "one"})
	soonSo(t, "the first line", has(path, "one"))
	if err := os.Rename(path, path+".1"); err != nil {
		t.Fatal(err)
	}
	soonSo(t, "it is there again", func() bool { _, err := os.Stat(path); return err == nil })
	l.add(&gateway.Exchange{Host: "two"})
	soonSo(t, "the second line", has(path, "two"))
	if has(path+".1", "two")() || has(path, "one")() {
		t.Error("a line is in the wrong file")
	}
	if err := os.Rename(path, path+".2"); err != nil {
		t.Fatal(err)
	}
	f.Reopen() // as a signal asks for
	l.add(&gateway.Exchange{Host: "three"})
	soonSo(t, "the third line", has(path, "three"))
	stop()
	<-done
	if err := f.Close(); err != nil {
		t.Error(err)
	}
	if _, err := OpenLines(filepath.Join(t.TempDir(), "none", "x.log")); err == nil || !strings.Contains(err.Error(), "fix: ") {
		t.Errorf("%v", err)
	}
}
