package gateway

import (
	"bufio"
	"bytes"
	"fmt"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"
	"time"
)

func TestTheRestOfALargeAnswerComesFromElsewhere(t *testing.T) {
	body := bytes.Repeat([]byte("0123456789abcdef"), 256<<10)
	var broken atomic.Int64
	h := func(ill bool) http.HandlerFunc {
		return func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("Etag", `"v1"`)
			if ill && r.Header.Get("Range") == "" {
				broken.Add(1)
				w.Header().Set("Content-Length", fmt.Sprint(len(body)))
				_, _ = w.Write(body[:len(body)/2])
				panic(http.ErrAbortHandler)
			}
			http.ServeContent(w, r, "", time.Time{}, bytes.NewReader(body))
		}
	}
	s := play(t, Options{}, newOrigin(t, h(true)), newOrigin(t, h(false)))
	for i := range 8 {
		if status, got, _ := s.ask(http.MethodGet, "/", ""); status != 200 || got != string(body) {
			t.Fatalf("request %d: %d, %d bytes: %.40s", i, status, len(got), got)
		}
	}
	if broken.Load() == 0 {
		t.Skip("nothing broke")
	}
	if m := s.g.State().Masks; len(m) == 0 || m[0].How != "repair" {
		t.Errorf("masked %+v", m)
	}
}

func TestAnAnswerThatCannotBeMendedIsSeenToBeCut(t *testing.T) {
	o := newOrigin(t, func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Length", fmt.Sprint(4<<20))
		_, _ = w.Write(make([]byte, 3<<20))
		panic(http.ErrAbortHandler)
	})
	s := play(t, Options{}, o)
	if _, got, _ := s.ask(http.MethodGet, "/", ""); !strings.HasPrefix(got, "cut") {
		t.Errorf("got %d bytes as if they were all", len(got))
	}
	if e := s.exchanges(1)[0]; !e.Cut {
		t.Errorf("%+v", e)
	}
}

func TestStreamsPassAtOnce(t *testing.T) {
	next := make(chan struct{})
	o := newOrigin(t, func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "text/event-stream")
		for range 3 {
			fmt.Fprint(w, "data: x\n\n")
			_ = http.NewResponseController(w).Flush()
			<-next
		}
	})
	s := play(t, Options{}, o)
	resp, err := http.Get(s.url)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	br := bufio.NewReader(resp.Body)
	for range 3 {
		if line, err := br.ReadString('\n'); err != nil || line != "data: x\n" {
			t.Fatalf("%q %v", line, err)
		}
		_, _ = br.ReadString('\n')
		next <- struct{}{} // it would wait for ever if the event had been held back
	}
}
