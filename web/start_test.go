package web

import (
	"context"
	"errors"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/honderd/honderd/view"
)

func starting(who string, found []Found, follow func(name, who string) error) http.Handler {
	return New(Options{
		Answers: func() (view.Answer, time.Time) { return view.Answer{}, time.Now() },
		Found:   func(context.Context) []Found { return found },
		Follow:  func(_ context.Context, name, who string) error { return follow(name, who) },
		Who:     func(*http.Request) string { return who },
	})
}

func TestWhatThereIsIsFollowedWithOneClick(t *testing.T) {
	found := []Found{
		{Kind: FoundLog, Name: "/var/log/" + evil, Bytes: 1400}, {Kind: FoundLog, Name: "/var/log/secret", Trouble: "may not be read (fix: add the user to the group adm)"},
		{Kind: FoundWeb, Name: "http://127.0.0.1:3000", Says: evil},
	}
	var said string
	h := starting("ann", found, func(name, who string) error { said = name + " by " + who; return nil })
	if body := ask(h, "GET", "/", nil).Body.String(); !strings.Contains(body, `href="/start"`) {
		t.Error("the empty dashboard does not lead to the start")
	}
	body := ask(h, "GET", "/start", nil).Body.String()
	for _, want := range []string{"1.4 kB", "group adm", "--to http://127.0.0.1:3000", "&lt;script&gt;"} {
		if !strings.Contains(body, want) {
			t.Errorf("the start lacks %q", want)
		}
	}
	if strings.Contains(body, "<script>alert") || strings.Count(body, "<form") != 1 {
		t.Error("a name is markup, or what cannot be read can be chosen")
	}
	if w := post(h, "/start", url.Values{"log": {"/var/log/x"}}, nil); w.Code != http.StatusSeeOther || said != "/var/log/x by ann" {
		t.Errorf("chosen: %d, %q", w.Code, said)
	}
	h = starting("ann", found, func(string, string) error { return errors.New("is no log that was found") })
	if w := post(h, "/start", url.Values{"log": {"/etc/passwd"}}, nil); w.Code != http.StatusUnprocessableEntity || !strings.Contains(w.Body.String(), "no log that was found") {
		t.Errorf("something else: %d", w.Code)
	}
}

func TestWhatThereIsIsNotForStrangers(t *testing.T) {
	h := starting("", []Found{{Kind: FoundLog, Name: "/var/log/nginx/access.log"}}, func(string, string) error { t.Error("followed"); return nil })
	if body := ask(h, "GET", "/start", nil).Body.String(); strings.Contains(body, "nginx/access.log") {
		t.Error("a stranger is told what there is")
	}
	if w := post(h, "/start", url.Values{"log": {"/var/log/nginx/access.log"}}, nil); w.Code != http.StatusForbidden {
		t.Errorf("a stranger follows: %d", w.Code)
	}
}
