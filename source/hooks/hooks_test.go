package hooks

import (
	"bytes"
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/honderd/honderd/release"
)

const secret = "a secret of some length"

// sent is what a door kept, and what it answered.
type sent struct {
	news    News
	code    int
	body    string
	refused []string
}

// send sends a message from this machine to a door.
func send(t *testing.T, d *Door, s *sent, path, body string, head ...string) {
	t.Helper()
	r := httptest.NewRequestWithContext(t.Context(), http.MethodPost, path, strings.NewReader(body))
	r.RemoteAddr = "127.0.0.1:4000"
	for i := 0; i+1 < len(head); i += 2 {
		r.Header.Set(head[i], head[i+1])
	}
	w := httptest.NewRecorder()
	s.news = News{}
	d.ServeHTTP(w, r)
	s.code, s.body = w.Code, w.Body.String()
}

func door(s *sent, hooks ...Hook) *Door {
	return New(Options{
		Hooks: hooks, Keep: func(_ context.Context, _ string, n News) error { s.news = n; return nil },
		Refuse: func(why string) { s.refused = append(s.refused, why) },
	})
}

func TestEverySenderIsUnderstood(t *testing.T) {
	now := time.Now().UTC().Truncate(time.Second)
	at := now.Format(time.RFC3339)
	tests := []struct {
		name, path, body string
		head             []string
		want             release.Release
	}{
		{"form", "/hooks/release", "service=shop&version=1.4", []string{"Content-Type", "application/x-www-form-urlencoded"}, release.Release{Service: "shop", Version: "1.4", Phase: release.Succeeded, Source: "hook"}},
		{"json", "/hooks/release", `{"service":"shop","version":"1.4","phase":"failed","environment":"test","by":"ann","url":"https://ci.example/7","previous":"1.3"}`, nil, release.Release{Service: "shop", Version: "1.4", Phase: release.Failed, Environment: "test", By: "ann", URL: "https://ci.example/7", Previous: "1.3", Source: "hook"}},
		{"cdevent", "/hooks/cdevents", `{"context":{"type":"dev.cdevents.service.deployed.0.3.0","timestamp":"` + at + `"},"subject":{"id":"/services/shop","content":{"environment":{"id":"prod"},"artifactId":"pkg:oci/shop@sha256%3A0b31"}}}`, []string{"Ce-Type", "dev.cdevents.service.deployed.0.3.0"}, release.Release{Service: "shop", Version: "sha256:0b31", Environment: "prod", Phase: release.Succeeded, Source: "cdevents"}},
		{"cdevent, structured", "/hooks/cdevents", `{"specversion":"1.0","type":"dev.cdevents.service.rolledback.0.1.1","data":{"context":{"type":"dev.cdevents.service.rolledback.0.1.1"},"subject":{"id":"shop","content":{"artifactId":"pkg:oci/shop@1.2"}}}}`, []string{"Content-Type", "application/cloudevents+json; charset=utf-8"}, release.Release{Service: "shop", Version: "1.2", Phase: release.RolledBack, Source: "cdevents"}},
		{"github deployment", "/hooks/github", `{"deployment":{"sha":"0b31b1c","ref":"main","environment":"production","created_at":"` + at + `"},"repository":{"name":"shop"},"sender":{"login":"ann"}}`, []string{"X-GitHub-Event", "deployment"}, release.Release{Service: "shop", Version: "0b31b1c", Environment: "production", By: "ann", Phase: release.Started, Source: "github"}},
		{"github status", "/hooks/github", `{"deployment_status":{"state":"failure","environment":"production","target_url":"https://ci.example","created_at":"` + at + `"},"deployment":{"sha":"0b31b1c","ref":"v1.2.0"},"repository":{"name":"shop"}}`, []string{"X-GitHub-Event", "deployment_status"}, release.Release{Service: "shop", Version: "v1.2.0", Environment: "production", URL: "https://ci.example", Phase: release.Failed, Source: "github"}},
		{"github release", "/hooks/github", `{"action":"published","release":{"tag_name":"v1.2.0","published_at":"` + at + `"},"repository":{"name":"shop"}}`, []string{"X-GitHub-Event", "release"}, release.Release{Service: "shop", Version: "v1.2.0", Environment: release.Published, Phase: release.Succeeded, Source: "github"}},
		{"github tag", "/hooks/github", `{"ref":"refs/tags/v1.2.0","repository":{"name":"shop"}}`, []string{"X-GitHub-Event", "push"}, release.Release{Service: "shop", Version: "v1.2.0", Environment: release.Published, Phase: release.Succeeded, Source: "github"}},
		{"github workflow", "/hooks/github", `{"workflow_run":{"name":"Deploy","head_sha":"0b31b1c","conclusion":"success"},"repository":{"name":"shop"}}`, []string{"X-GitHub-Event", "workflow_run"}, release.Release{Service: "shop", Version: "0b31b1c", Phase: release.Succeeded, Source: "github"}},
		{"gitlab deployment", "/hooks/gitlab", `{"object_kind":"deployment","status":"success","status_changed_at":"` + now.Format("2006-01-02 15:04:05 -0700") + `","environment":"production","short_sha":"0b31b1c","ref":"main","project":{"path_with_namespace":"team/shop"},"user":{"username":"ann"}}`, nil, release.Release{Service: "shop", Version: "0b31b1c", Environment: "production", By: "ann", Phase: release.Succeeded, Source: "gitlab"}},
		{"gitlab pipeline", "/hooks/gitlab", `{"object_kind":"pipeline","object_attributes":{"sha":"0b31b1c"},"project":{"path_with_namespace":"team/shop"},"builds":[{"status":"success"},{"status":"failed","environment":{"name":"production","action":"start"}}]}`, nil, release.Release{Service: "shop", Version: "0b31b1c", Environment: "production", Phase: release.Failed, Source: "gitlab"}},
		{"gitlab tag", "/hooks/gitlab", `{"object_kind":"tag_push","ref":"refs/tags/v1.2","after":"82b3","project":{"path_with_namespace":"team/shop"}}`, nil, release.Release{Service: "shop", Version: "v1.2", Environment: release.Published, Phase: release.Succeeded, Source: "gitlab"}},
		{"argo", "/hooks/argocd", `{"app":"shop","revision":"0b31b1c","phase":"Running"}`, nil, release.Release{Service: "shop", Version: "0b31b1c", Phase: release.Started, Source: "argocd"}},
		{"flux", "/hooks/flux", `{"involvedObject":{"kind":"Kustomization","name":"shop"},"severity":"info","reason":"ReconciliationSucceeded","metadata":{"kustomize.toolkit.fluxcd.io/revision":"main@sha1:0b31b1c"}}`, nil, release.Release{Service: "shop", Version: "0b31b1c", Phase: release.Succeeded, Source: "flux"}},
		{"flagger", "/hooks/flagger?environment=test", `{"name":"shop","namespace":"x","phase":"Succeeded","checksum":"85d557f47b","metadata":{"eventMessage":"done"}}`, nil, release.Release{Service: "shop", Version: "85d557f47b", Environment: "test", Phase: release.Succeeded, Source: "flagger"}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			var s sent
			send(t, door(&s), &s, tt.path, tt.body, tt.head...)
			if s.code != http.StatusOK || len(s.news.Releases) != 1 {
				t.Fatalf("%d %s, kept %+v", s.code, s.body, s.news)
			}
			got := s.news.Releases[0]
			if got.At.Before(now.Add(-time.Second)) || got.At.After(now.Add(time.Minute)) {
				t.Errorf("it was at %v", got.At)
			}
			if got.At = (time.Time{}); got != tt.want {
				t.Errorf("got  %+v\nwant %+v", got, tt.want)
			}
		})
	}
}

func TestWhatIsNoDeployIsNotKept(t *testing.T) {
	for _, tt := range []struct{ path, event, body string }{
		{"/hooks/github", "ping", `{"zen":"x"}`}, {"/hooks/github", "push", `{"ref":"refs/heads/main","repository":{"name":"a"}}`},
		{"/hooks/github", "workflow_run", `{"workflow_run":{"name":"Tests","head_sha":"a","conclusion":"success"},"repository":{"name":"a"}}`},
		{"/hooks/github", "deployment_status", `{"deployment_status":{"state":"inactive"},"repository":{"name":"a"}}`},
		{"/hooks/gitlab", "", `{"object_kind":"note"}`}, {"/hooks/gitlab", "", `{"object_kind":"tag_push","ref":"refs/tags/a","after":"0000","project":{"path_with_namespace":"t/a"}}`},
		{"/hooks/flux", "", `{"involvedObject":{"kind":"GitRepository","name":"a"}}`}, {"/hooks/flagger", "", `{"name":"a","phase":"Waiting"}`}, {"/hooks/argocd", "", `{"phase":"Terminating"}`},
		{"/hooks/cdevents", "", `{"context":{"type":"dev.cdevents.build.started.0.1.0"}}`},
	} {
		var s sent
		send(t, door(&s), &s, tt.path, tt.body, "X-GitHub-Event", tt.event)
		if s.code != http.StatusOK || !s.news.Empty() || !strings.Contains(s.body, "nothing") {
			t.Errorf("%s %s: %d %s, kept %+v", tt.path, tt.body, s.code, s.body, s.news)
		}
	}
}

func sign(body string) string {
	mac := hmac.New(sha256.New, []byte(secret))
	mac.Write([]byte(body))
	return "sha256=" + hex.EncodeToString(mac.Sum(nil))
}

func TestSecrets(t *testing.T) {
	const body = `{"service":"shop","version":"1.4"}`
	tag := `{"ref":"refs/tags/v1","repository":{"name":"shop"}}`
	for _, tt := range []struct {
		name, path, body string
		head             []string
		want             int
	}{
		{"none", "/hooks/release", body, nil, 401},
		{"wrong", "/hooks/release", body, []string{"Authorization", "Bearer no"}, 401},
		{"bearer", "/hooks/release", body, []string{"Authorization", "Bearer " + secret}, 200},
		{"key", "/hooks/release", body, []string{"X-Api-Key", secret}, 200},
		{"signed", "/hooks/release", body, []string{"X-Signature", sign(body)}, 200},
		{"signed otherwise", "/hooks/release", body, []string{"X-Signature", sign("x")}, 401},
		{"github", "/hooks/github", tag, []string{"X-GitHub-Event", "push", "X-Hub-Signature-256", sign(tag)}, 200},
		{"github with a token", "/hooks/github", tag, []string{"X-GitHub-Event", "push", "Authorization", "Bearer " + secret}, 401},
		{"github, old signature", "/hooks/github", tag, []string{"X-GitHub-Event", "push", "X-Hub-Signature-256", "sha1=00"}, 401},
		{"gitlab", "/hooks/gitlab", `{"object_kind":"note"}`, []string{"X-Gitlab-Token", secret}, 200},
		{"gitlab without", "/hooks/gitlab", `{"object_kind":"note"}`, nil, 401},
		{"another hook's", "/hooks/flux", `{}`, nil, 200},
		{"through a proxy", "/hooks/flux", `{}`, []string{"X-Forwarded-For", "192.0.2.1"}, 403},
		{"from a page", "/hooks/flux", `{}`, []string{"Origin", "https://evil.example"}, 403},
	} {
		var s sent
		send(t, door(&s, Hook{"release", "another"}, Hook{"release", secret}, Hook{"github", secret}, Hook{"gitlab", secret}), &s, tt.path, tt.body, tt.head...)
		if s.code != tt.want || (s.code >= 400) != (len(s.refused) == 1) {
			t.Errorf("%s: %d %s, refused %q", tt.name, s.code, s.body, s.refused)
		}
	}
}

func TestTheSameMessageCountsOnce(t *testing.T) {
	var s sent
	d := door(&s, Hook{"github", secret})
	tag := `{"ref":"refs/tags/v1","repository":{"name":"shop"}}`
	head := []string{"X-GitHub-Event", "push", "X-Hub-Signature-256", sign(tag)}
	send(t, d, &s, "/hooks/github", tag, head...)
	if s.news.Empty() {
		t.Fatal(s.body)
	}
	send(t, d, &s, "/hooks/github", tag, head...)
	if !s.news.Empty() || s.code != 200 || !strings.Contains(s.body, "kept before") {
		t.Errorf("again: %d %s", s.code, s.body)
	}
	old := `{"action":"published","release":{"tag_name":"v1","published_at":"2026-01-01T00:00:00Z"},"repository":{"name":"shop"}}`
	send(t, d, &s, "/hooks/github", old, "X-GitHub-Event", "release", "X-Hub-Signature-256", sign(old))
	if s.code != http.StatusConflict {
		t.Errorf("an old one: %d %s", s.code, s.body)
	}
}

func TestBadMessagesGetOneClearSentence(t *testing.T) {
	bomb := bytes.Repeat([]byte("a"), defaultBody+1)
	for _, tt := range []struct {
		path, body, kind string
		want             int
		says             string
	}{
		{"/hooks/release", "", "", 400, "no service"},
		{"/hooks/release", "service=shop", "application/x-www-form-urlencoded", 400, "no version"},
		{"/hooks/release", "service=shop&version=1&at=tomorrow", "application/x-www-form-urlencoded", 400, "is no time"},
		{"/hooks/release", `{"service":`, "", 400, "is no JSON"},
		{"/hooks/release", `<a/>`, "text/xml", 415, "neither a form nor JSON"},
		{"/hooks/release", `{"service":"a","version":"1","phase":"done"}`, "", 400, "phase"},
		{"/hooks/release", string(bomb), "", 413, "at most"},
		{"/hooks/alertmanager", `{"alerts":[{"status":"firing"}]}`, "", 400, "no fingerprint"},
		{"/hooks/mention", `{}`, "", 400, "no text"},
		{"/hooks/nobody", `{}`, "", 404, "one of alertmanager"},
	} {
		var s sent
		send(t, door(&s), &s, tt.path, tt.body, "Content-Type", tt.kind)
		if s.code != tt.want || !strings.Contains(s.body, tt.says) || len(s.refused) != 1 {
			t.Errorf("%s %.40s: %d %s", tt.path, tt.body, s.code, s.body)
		}
	}
	var s sent
	d := New(Options{Keep: func(context.Context, string, News) error { return errors.New("gone") }})
	if send(t, d, &s, "/hooks/release", "service=a&version=1"); s.code != http.StatusServiceUnavailable {
		t.Errorf("not kept: %d", s.code)
	}
}

func TestAlertsOpenAndClose(t *testing.T) {
	var s sent
	send(t, door(&s), &s, "/hooks/alertmanager", `{"version":"4","alerts":[
		{"status":"firing","labels":{"alertname":"Slow","service":"shop","severity":"page"},"annotations":{"summary":"<b>slow</b>\nvery"},"startsAt":"2026-11-26T10:00:00Z","endsAt":"0001-01-01T00:00:00Z","generatorURL":"javascript:alert(1)","fingerprint":"a1"},
		{"status":"resolved","labels":{"alertname":"Down","job":"pay"},"startsAt":"2026-11-26T10:00:00Z","endsAt":"2026-11-26T10:05:00Z","generatorURL":"http://prom/x","fingerprint":"b2"}]}`)
	if len(s.news.Alerts) != 2 {
		t.Fatal(s.body)
	}
	a, b := s.news.Alerts[0], s.news.Alerts[1]
	if a.ID != "a1" || a.Service != "shop" || !a.To.IsZero() || a.URL != "" || a.Summary != "<b>slow</b> very" {
		t.Errorf("%+v", a)
	}
	if b.Service != "pay" || b.To.Sub(b.From) != 5*time.Minute || b.URL == "" {
		t.Errorf("%+v", b)
	}
}

// Every event of the specification's conformance suite is read, and those that deploy are
// kept.
func TestConformanceEvents(t *testing.T) {
	files, _ := filepath.Glob("../../../shared/data/deploys/cdevents-spec/conformance/*.json")
	if len(files) == 0 {
		t.Skip("the events of the CDEvents specification are not here (../shared/data/deploys)")
	}
	kept := 0
	for _, name := range files {
		text, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		var s sent
		send(t, door(&s), &s, "/hooks/cdevents", string(text))
		if s.code != http.StatusOK {
			t.Errorf("%s: %d %s", name, s.code, s.body)
		}
		kept += len(s.news.Releases) + len(s.news.Alerts)
	}
	if kept != 7 { // deployed, upgraded, rolledback, removed; detected, reported, resolved
		t.Errorf("%d were kept, want 7", kept)
	}
}

func FuzzEverySender(f *testing.F) {
	for i, body := range []string{`{"service":"a","version":"1"}`, `[{"text":"x"}]`, `{"context":{"type":"dev.cdevents.service.deployed"}}`, `{"object_kind":"pipeline","builds":[{}]}`, `service=%zz`} {
		f.Add(uint8(i), "deployment_status", []byte(body))
	}
	f.Fuzz(func(t *testing.T, kind uint8, event string, body []byte) {
		for _, name := range Kinds() {
			p, _ := protocolOf(name)
			now := time.Date(2026, 11, 26, 0, 0, 0, 0, time.UTC)
			n, err := p.read(message{head: http.Header{"X-Github-Event": {event}, "Content-Type": {[]string{"", "application/json", "application/cloudevents-batch+json", "application/x-www-form-urlencoded"}[kind%4]}}, body: body, now: now})
			if err != nil || n.clean(now) != nil {
				continue
			}
			for _, r := range n.Releases {
				if err := r.Validate(); err != nil {
					t.Errorf("%s: %v", name, err)
				}
			}
		}
	})
}
