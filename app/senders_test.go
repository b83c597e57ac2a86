package app

import (
	"html"
	"net/http"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/honderd/honderd/config"
	"github.com/honderd/honderd/source/push"
)

// TestWhatThePageOfSourcesSaysWorks wants that each line of configuration on the page is one,
// that who sent is there, and that what was refused is there by reason.
func TestWhatThePageOfSourcesSaysWorks(t *testing.T) {
	c := config.Default()
	c.Receive.OTLP.GRPC, c.Receive.OTLP.HTTP = config.Off, config.Off
	_, base, _ := serving(t, c)
	_, page := get(t, base+"/sources")
	if !strings.Contains(page, "Nothing comes in yet.") || !strings.Contains(page, "curl -d service=shop -d version=1.4 "+base+"/hooks/release") {
		t.Errorf("a page without senders teaches nothing:\n%s", page)
	}
	tried := 0
	for _, m := range regexp.MustCompile(`(?s)<pre>(.*?)</pre>`).FindAllStringSubmatch(page, -1) {
		text, isConfig := strings.CutPrefix(html.UnescapeString(m[1]), "# honderd.yaml\n")
		if !isConfig {
			continue
		}
		tried++
		text, _, _ = strings.Cut(text, "\n\n")
		text = strings.ReplaceAll(text, "${AMSTERDAM_KEY}", "0123456789abcdefg")
		if _, err := config.Parse("honderd.yaml", []byte(text)); err != nil {
			t.Errorf("%s\n%v", text, err)
		}
	}
	if tried != 7 {
		t.Errorf("%d pieces of configuration are on the page, want 7", tried)
	}
	post(t, http.DefaultClient, base+push.Path, `{"person":"a","path":"/","status":200}`)
	if status := posted(t, base+"/hooks/release", `{"service":"shop","version":"1"}`); status != 200 {
		t.Fatal(status)
	}
	if status := posted(t, base+"/hooks/github", `{`); status != 400 {
		t.Fatal(status)
	}
	eventually(t, "what came and what was refused is told", func() bool {
		_, page = get(t, base+"/sources")
		return strings.Contains(page, "2 senders tell how it is.") && strings.Contains(page, "<code>release</code>") && strings.Contains(page, "unreadable <small>once")
	})
	if day := time.Now().UTC().Format("2 Jan"); !strings.Contains(page, day) {
		t.Errorf("it is not told when something came last, %s", day)
	}
}
