package chat

import (
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/honderd/honderd/notify"
	"github.com/honderd/honderd/notify/notifytest"
)

func TestSuite(t *testing.T) {
	said := ""
	server := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		said += string(body)
	}))
	defer server.Close()
	c, err := New("ops", "generic+"+server.URL+"/hook")
	if err != nil {
		t.Fatal(err)
	}
	notifytest.Run(t, c, nil)
	if !strings.Contains(said, "Nobody is hurt any more.") || strings.Contains(said, "\x1b") {
		t.Errorf("the chat was told %.300q", said)
	}
}

func TestAnErrorTellsNoSecret(t *testing.T) {
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusForbidden) }))
	defer server.Close()
	c, err := New("ops", "generic+"+server.URL+"/s3cretpath")
	if err != nil {
		t.Fatal(err)
	}
	if err := c.Send(t.Context(), notify.Message{Subject: "x"}); err == nil || strings.Contains(err.Error(), "s3cretpath") {
		t.Errorf("Send() = %v", err)
	}
	if _, err := New("ops", "slack://hook:AAAAAAAAA-s3cret@webhook"); err == nil || strings.Contains(err.Error(), "s3cret") {
		t.Errorf("New() = %v", err)
	}
}
