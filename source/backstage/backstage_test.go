package backstage

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"sync/atomic"
	"testing"

	"github.com/honderd/honderd/service"
)

// documents reads JSON, one document a line, in the place of YAML.
func documents(text []byte) (list []map[string]any, err error) {
	for line := range slices.Values(splitLines(text)) {
		var one map[string]any
		if err := json.Unmarshal(line, &one); err != nil {
			return nil, err
		}
		list = append(list, one)
	}
	return list, nil
}

func splitLines(text []byte) (list [][]byte) {
	from := 0
	for i, c := range text {
		if c == '\n' {
			list, from = append(list, text[from:i]), i+1
		}
	}
	return list
}

const catalog = `{"apiVersion":"backstage.io/v1alpha1","kind":"Component","metadata":{"name":"checkout","title":"Checkout","annotations":{"honderd.dev/criticality":"Critical"},"links":[{"url":"https://wiki.example/checkout"},{"url":"javascript:alert(1)"}]},"spec":{"type":"service","owner":"group:default/team-a","system":"shop","dependsOn":["component:stock","resource:default/orders-db"],"consumesApis":["payments"]}}
{"apiVersion":"backstage.io/v1alpha1","kind":"Group","metadata":{"name":"team-a"},"spec":{"profile":{"email":"team-a@example.org"}}}
{"apiVersion":"backstage.io/v1alpha1","kind":"Location","metadata":{"name":"x"}}
{"apiVersion":"v1","kind":"Component","metadata":{"name":"of somebody else"}}
`

// shelf keeps what is told.
type shelf struct {
	entries []service.Entry
	fail    error
}

func (s *shelf) keep(_ context.Context, e service.Entry) error {
	if s.fail != nil {
		return s.fail
	}
	s.entries = append(s.entries, e)
	return nil
}

func opened(from string, s *shelf, known ...service.Entry) *Source {
	return New(Options{From: from, Documents: documents, Service: s.keep, Known: func() []service.Entry { return known }, Log: slog.New(slog.DiscardHandler)})
}

func TestWhatBackstageSaysOfAService(t *testing.T) {
	file := filepath.Join(t.TempDir(), "catalog-info.yaml")
	if err := os.WriteFile(file, []byte(catalog), 0o600); err != nil {
		t.Fatal(err)
	}
	s := &shelf{}
	old := service.Entry{Name: "old", Source: service.FromBackstage, Where: service.Name(file)}
	if err := opened(file, s, old, service.Entry{Name: "elsewhere", Where: "another"}).read(t.Context()); err != nil {
		t.Fatal(err)
	}
	if len(s.entries) != 2 || s.entries[1].Name != "old" || !s.entries[1].Gone {
		t.Fatalf("told of %+v", s.entries)
	}
	e := s.entries[0]
	got := fmt.Sprint(e.Name, e.Title, e.Owner, e.Contact, e.Criticality, e.System, e.Needs, e.Links)
	if want := "checkoutCheckoutteam-ateam-a@example.orgcriticalshop[orders-db payments stock] [https://wiki.example/checkout]"; got != want {
		t.Errorf("%s\nwant %s", got, want)
	}
}

// A catalog that has not changed is not read again; one that could not be kept is.
func TestACatalogIsAskedForWithItsTag(t *testing.T) {
	var whole, same atomic.Int64
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Header.Get("If-None-Match") == `"7"` {
			same.Add(1)
			w.WriteHeader(http.StatusNotModified)
			return
		}
		whole.Add(1)
		w.Header().Set("ETag", `"7"`)
		fmt.Fprint(w, catalog)
	}))
	defer server.Close()
	s := &shelf{fail: errors.New("full")}
	source := opened(server.URL, s)
	if err := source.read(t.Context()); err == nil {
		t.Error("it was not kept, and nobody knows")
	}
	s.fail = nil
	for range 3 {
		if err := source.read(t.Context()); err != nil {
			t.Error(err)
		}
	}
	if whole.Load() != 2 || same.Load() != 2 || len(s.entries) != 1 {
		t.Errorf("%d whole, %d same, told of %+v", whole.Load(), same.Load(), s.entries)
	}
}

func TestACatalogThatIsNone(t *testing.T) {
	server := httptest.NewServer(http.NotFoundHandler())
	defer server.Close()
	for _, from := range []string{server.URL, filepath.Join(t.TempDir(), "none")} {
		if err := opened(from, &shelf{}).read(t.Context()); err == nil {
			t.Errorf("%s was read", from)
		}
	}
}
