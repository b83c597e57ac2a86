package kube

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"
)

// api answers as an API of Kubernetes does: lists in pages, and watches as they are scripted.
type api struct {
	mu      sync.Mutex
	pages   []string   // of a list; the first answers without continue
	watches [][]string // the lines of each watch, one after the other; the last stays open
	asked   []string   // what was asked
	tokens  []string
	status  int // 0: as it should
}

func (a *api) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	a.mu.Lock()
	q := r.URL.Query()
	a.tokens = append(a.tokens, r.Header.Get("Authorization"))
	status := a.status
	var lines []string
	last := false
	switch {
	case status != 0:
	case q.Get("watch") == "":
		a.asked = append(a.asked, "list "+q.Get("continue"))
		page := a.pages[0]
		if q.Get("continue") != "" {
			page = a.pages[1]
		}
		a.mu.Unlock()
		fmt.Fprint(w, page)
		return
	default:
		a.asked = append(a.asked, "watch "+q.Get("resourceVersion")+" "+q.Get("allowWatchBookmarks"))
		lines, last = a.watches[0], len(a.watches) == 1
		if !last {
			a.watches = a.watches[1:]
		}
	}
	a.mu.Unlock()
	if status != 0 {
		w.WriteHeader(status)
		fmt.Fprint(w, `{"kind":"Status","message":"not for you","code":403}`)
		return
	}
	w.WriteHeader(http.StatusOK)
	for _, line := range lines {
		fmt.Fprintln(w, line)
	}
	_ = http.NewResponseController(w).Flush()
	if last {
		<-r.Context().Done()
	}
}

func (a *api) said() []string {
	a.mu.Lock()
	defer a.mu.Unlock()
	return slices.Clone(a.asked)
}

// follow follows a until ok, and returns what was heard.
func follow(t *testing.T, a *api, ok func(heard []string) bool) (heard []string) {
	t.Helper()
	server := httptest.NewServer(a)
	defer server.Close()
	token := filepath.Join(t.TempDir(), "token")
	if err := os.WriteFile(token, []byte("secret\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	c, err := New(Cluster{API: server.URL, Token: token})
	if err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithTimeout(t.Context(), time.Minute)
	defer stop()
	hear := make(chan string, 100)
	var done sync.WaitGroup
	done.Go(func() {
		c.Follow(ctx, Watch{
			Path: "/apis/apps/v1/deployments",
			All:  func(items []json.RawMessage) { hear <- fmt.Sprint("all ", len(items)) },
			One:  func(event string, object json.RawMessage) { hear <- event + " " + name(object) },
			Trouble: func(err error) {
				if err != nil {
					hear <- "trouble " + err.Error()
				} else {
					hear <- "over"
				}
			},
		})
	})
	for !ok(heard) {
		select {
		case one := <-hear:
			heard = append(heard, one)
		case <-ctx.Done():
			t.Fatalf("heard only %q", heard)
		}
	}
	stop()
	done.Wait()
	return heard
}

func name(object json.RawMessage) string {
	var o struct {
		Metadata struct {
			Name string `json:"name"`
		} `json:"metadata"`
	}
	_ = json.Unmarshal(object, &o)
	return o.Metadata.Name
}

func line(event, name, version string) string {
	return fmt.Sprintf(`{"type":%q,"object":{"kind":"Deployment","metadata":{"name":%q,"resourceVersion":%q}}}`, event, name, version)
}

const gonePlain = `{"type":"ERROR","object":{"kind":"Status","code":410,"message":"too old resource version"}}`

// A list in two pages, a watch that the API ends and that goes on from the bookmark, and
// one that is too old: all is listed anew.
func TestAWatchGoesOnWhereItWas(t *testing.T) {
	a := &api{
		pages: []string{
			`{"metadata":{"resourceVersion":"10","continue":"c"},"items":[{"metadata":{"name":"a"}}]}`,
			`{"metadata":{"resourceVersion":"11"},"items":[{"metadata":{"name":"b"}}]}`,
		},
		watches: [][]string{
			{line("MODIFIED", "a", "12"), line("BOOKMARK", "", "20")},
			{line("ADDED", "c", "21"), gonePlain},
			{line("DELETED", "c", "31")},
		},
	}
	heard := follow(t, a, func(heard []string) bool { return len(heard) == 5 })
	if want := []string{"all 2", "MODIFIED a", "ADDED c", "all 2", "DELETED c"}; !slices.Equal(heard, want) {
		t.Errorf("heard %q, want %q", heard, want)
	}
	want := []string{"list ", "list c", "watch 11 true", "watch 20 true", "list ", "list c", "watch 11 true"}
	if got := a.said(); len(got) < len(want) || !slices.Equal(got[:len(want)], want) { // it may have gone on before it was stopped
		t.Errorf("asked %q, want %q", got, want)
	}
	for _, token := range a.tokens {
		if token != "Bearer secret" {
			t.Errorf("shown %q", token)
		}
	}
}

func TestTroubleIsSaidOnceAndIsOver(t *testing.T) {
	a := &api{status: http.StatusForbidden, pages: []string{`{"metadata":{"resourceVersion":"1"},"items":[]}`}, watches: [][]string{{}}}
	said := 0
	heard := follow(t, a, func(heard []string) bool {
		if len(heard) == 1 && said == 0 {
			said = 1
			a.mu.Lock()
			a.status = 0
			a.mu.Unlock()
		}
		return slices.Contains(heard, "over")
	})
	if len(heard) != 3 || !strings.Contains(heard[0], "not for you (fix: let the service account list and watch it)") || heard[1] != "all 0" {
		t.Errorf("heard %q", heard)
	}
}

func TestWhereTheClusterIs(t *testing.T) {
	env := map[string]string{"KUBERNETES_SERVICE_HOST": "fd00::1", "KUBERNETES_SERVICE_PORT": "443"}
	at, ok := InCluster(func(name string) string { return env[name] })
	if !ok || at.API != "https://[fd00::1]:443" || at.Token == "" {
		t.Errorf("%+v, %v", at, ok)
	}
	if _, ok := InCluster(func(string) string { return "" }); ok {
		t.Error("there is no cluster here")
	}
	if _, err := New(Cluster{CA: filepath.Join(t.TempDir(), "none")}); err == nil {
		t.Error("a certificate that is not there was taken")
	}
}
