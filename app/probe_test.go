package app

import (
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"testing"

	"github.com/honderd/honderd/source/probe"
)

func TestEachTargetIsProbedOnce(t *testing.T) {
	fine := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {}))
	defer fine.Close()
	ill := httptest.NewServer(http.NotFoundHandler())
	defer ill.Close()
	file := filepath.Join(t.TempDir(), "gatus.yaml")
	if err := os.WriteFile(file, []byte("endpoints:\n  - name: from gatus\n    url: "+fine.URL+"\n    conditions: ['[STATUS] == 200']\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	targets, problems, err := ReadTargets([]string{fine.URL + "/a", ill.URL + "/b", file}, os.LookupEnv)
	if err != nil || len(problems) > 0 || len(targets) != 3 {
		t.Fatalf("%d targets, %v, %v", len(targets), problems, err)
	}
	seen := map[string]int{}
	bad := 0
	err = Probe(t.Context(), targets, ProbeOptions{Once: true, Seen: func(r probe.Result) {
		seen[r.Target]++
		if r.Bad() {
			bad++
		}
	}})
	if err != nil || len(seen) != 3 || bad != 1 {
		t.Errorf("seen %v, %d bad, %v", seen, bad, err)
	}
	for name, n := range seen {
		if n != 1 {
			t.Errorf("%s was seen %d times", name, n)
		}
	}
}

func TestWhatCannotBeProbedIsSaid(t *testing.T) {
	for _, arg := range []string{"gopher://a/", "http://", filepath.Join(t.TempDir(), "none")} {
		if _, _, err := ReadTargets([]string{arg}, nil); err == nil {
			t.Errorf("%s was taken", arg)
		}
	}
}
