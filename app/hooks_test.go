package app

import (
	"encoding/json"
	"net/http"
	"strings"
	"testing"

	"github.com/honderd/honderd/config"
	"github.com/honderd/honderd/view"
)

func posted(t *testing.T, url, body string) (status int) {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, url, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	w, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	if err := w.Body.Close(); err != nil {
		t.Fatal(err)
	}
	return w.StatusCode
}

func worldOf(t *testing.T, url string) (w view.World, text string) {
	t.Helper()
	text = fetched(t, url+"/api/v1/world")
	if err := json.Unmarshal([]byte(text), &w); err != nil {
		t.Fatal(err)
	}
	return w, text
}

// A pipeline and a cluster tell the same deploy: it is one, also after a restart.
func TestWhatOthersTellIsKeptOnce(t *testing.T) {
	c := config.Default()
	c.Data = t.TempDir()
	_, url, stop := serving(t, c)
	flux := `{"involvedObject":{"kind":"HelmRelease","name":"shop"},"reason":"UpgradeSucceeded","metadata":{"revision":"1.4"}}`
	messages := []struct{ hook, body string }{
		{"release", `{"service":"shop","version":"v1.4"}`}, {"release", `{"service":"Shop","version":"1.4","environment":"prod"}`}, {"flux", flux},
		{"alertmanager", `{"alerts":[{"status":"firing","labels":{"alertname":"Slow"},"startsAt":"2026-11-26T10:00:00Z","fingerprint":"a1"}]}`},
		{"mention", `{"text":"@bank storing? ik kan niet betalen <script>alert(1)</script>","author":"ann","source":"forum","id":"7"}`},
	}
	for range 2 {
		for _, m := range messages {
			if got := posted(t, url+"/hooks/"+m.hook, m.body); got != http.StatusOK {
				t.Errorf("%s: %d", m.body, got)
			}
		}
	}
	stop()
	_, url, _ = serving(t, c)
	messages = append(messages, struct{ hook, body string }{"alertmanager", `{"alerts":[{"status":"resolved","labels":{"alertname":"Slow"},"startsAt":"2026-11-26T10:00:00Z","endsAt":"2026-11-26T10:05:00Z","fingerprint":"a1"}]}`})
	for _, m := range messages[2:] {
		posted(t, url+"/hooks/"+m.hook, m.body)
	}
	var w view.World
	var text string
	eventually(t, "what was told is folded", func() bool {
		w, text = worldOf(t, url)
		return len(w.Alerts) == 1 && !w.Alerts[0].To.IsZero()
	})
	if len(w.Deploys) != 1 || w.Deploys[0].Service != "shop" || len(w.Deploys[0].Told) != 1 {
		t.Errorf("deploys %+v, want one", w.Deploys)
	}
	if len(w.Mentions) != 1 || !w.Mentions[0].Outage || w.Mentions[0].Language != "nl" || strings.Contains(text, "ann") || strings.Contains(text, "script") {
		t.Errorf("mentions %+v", w.Mentions)
	}
	if posted(t, url+"/hooks/release", "x") != http.StatusBadRequest || !strings.Contains(fetched(t, url+"/api/v1/drops"), `"hooks"`) {
		t.Error("a refused message is not counted")
	}
}
