package reply

import (
	"net/http/httptest"
	"testing"
)

func TestWrongSaysWhatAndTheWayOut(t *testing.T) {
	w := httptest.NewRecorder()
	Wrong(w, 429, `too many "things" (fix: come again)`)
	const want = `{"type":"about:blank","title":"Too Many Requests","status":429,"detail":"too many \"things\" (fix: come again)"}` + "\n"
	if w.Code != 429 || w.Body.String() != want || w.Header().Get("Content-Type") != "application/problem+json" {
		t.Errorf("%d %s %s, want %s", w.Code, w.Header().Get("Content-Type"), w.Body, want)
	}
	w = httptest.NewRecorder()
	JSON(w, 200, make(chan int)) // our own mistake
	if w.Code != 500 || w.Body.String() != "\n" {
		t.Errorf("what is no JSON: %d %q", w.Code, w.Body)
	}
}
