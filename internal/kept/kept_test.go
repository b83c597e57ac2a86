package kept

import (
	"bytes"
	"compress/gzip"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"
)

func TestAnAnswerIsMadeOnceOfAVersion(t *testing.T) {
	var c Cache
	var made atomic.Int64
	write := func() ([]byte, error) { made.Add(1); return []byte("hello"), nil }
	var all sync.WaitGroup
	for range 50 {
		all.Go(func() {
			if a, err := c.Get(Version{1}, "page", write); err != nil || a == nil {
				t.Error(a, err)
			}
		})
	}
	all.Wait()
	if made.Load() != 1 {
		t.Errorf("it was made %d times, want once", made.Load())
	}
	if _, err := c.Get(Version{2}, "page", write); err != nil || made.Load() != 2 {
		t.Errorf("of another version it was not made anew: %d, %v", made.Load(), err)
	}
}

func TestWhatFailedIsTriedAgain(t *testing.T) {
	var c Cache
	broken := errors.New("broken")
	if _, err := c.Get(Version{}, "page", func() ([]byte, error) { return nil, broken }); !errors.Is(err, broken) {
		t.Fatal(err)
	}
	if a, err := c.Get(Version{}, "page", func() ([]byte, error) { return []byte("good"), nil }); err != nil || a == nil {
		t.Errorf("after a failure it is %v, %v", a, err)
	}
}

func TestEverybodyGetsTheSameWords(t *testing.T) {
	body := strings.Repeat("all people had a flawless time ", 100)
	a := Pack([]byte(body))
	ask := func(change func(http.Header)) *httptest.ResponseRecorder {
		r, w := httptest.NewRequest(http.MethodGet, "/", nil), httptest.NewRecorder()
		change(r.Header)
		a.Send(w, r)
		return w
	}
	plain := ask(func(http.Header) {})
	if plain.Body.String() != body || plain.Header().Get("Content-Encoding") != "" {
		t.Errorf("who cannot read gzip gets %d bytes of %q", plain.Body.Len(), plain.Header().Get("Content-Encoding"))
	}
	zipped := ask(func(h http.Header) { h.Set("Accept-Encoding", "br;q=1, gzip") })
	z, err := gzip.NewReader(bytes.NewReader(zipped.Body.Bytes()))
	if err != nil {
		t.Fatal(err)
	}
	if got, err := io.ReadAll(z); err != nil || string(got) != body {
		t.Errorf("zipped it is %d bytes, %v", len(got), err)
	}
	for _, w := range []*httptest.ResponseRecorder{plain, zipped} {
		again := ask(func(h http.Header) {
			h.Set("If-None-Match", w.Header().Get("ETag"))
			h.Set("Accept-Encoding", map[bool]string{true: "gzip"}[w == zipped])
		})
		if again.Code != http.StatusNotModified || again.Body.Len() > 0 {
			t.Errorf("who has it already gets %d and %d bytes", again.Code, again.Body.Len())
		}
	}
	if refused := ask(func(h http.Header) { h.Set("Accept-Encoding", "gzip;q=0") }); refused.Body.String() != body {
		t.Error("who refuses gzip gets it")
	}
}

func TestWhatTakesLongIsMadeBesideThoseWhoAsk(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var c Cache
		slow := func(body string, took time.Duration) func() ([]byte, error) {
			return func() ([]byte, error) { time.Sleep(took); return []byte(body), nil }
		}
		ask := func(v int64, body string, took time.Duration) (got string, waited time.Duration) {
			t.Helper()
			began := time.Now()
			a, err := c.Soon(Version{v}, "page", slow(body, took))
			if err != nil {
				t.Fatal(err)
			}
			return string(a.plain), time.Since(began)
		}
		for _, tt := range []struct {
			version int64
			body    string
			took    time.Duration
			after   time.Duration // since the one before
			want    string
			waited  time.Duration
		}{
			{1, "one", time.Second, 0, "one", time.Second},
			{2, "two", time.Second, 0, "one", 0},                                 // it is made beside
			{2, "two", time.Second, 2 * time.Second, "two", 0},                   // and there
			{3, "three", time.Second, time.Minute, "three", time.Second},         // the old one is too old
			{4, "four", time.Millisecond, 0, "three", 0},                         // made beside
			{4, "four", 0, time.Second, "four", 0},                               // and there
			{5, "five", time.Millisecond, time.Second, "five", time.Millisecond}, // it takes no time: nobody gets an old one
		} {
			time.Sleep(tt.after)
			if got, waited := ask(tt.version, tt.body, tt.took); got != tt.want || waited != tt.waited {
				t.Errorf("version %d is %q after %v, want %q after %v", tt.version, got, waited, tt.want, tt.waited)
			}
		}
		if _, err := c.Get(Version{6}, "page", slow("six", time.Second)); err != nil {
			t.Fatal(err)
		}
		if a, _ := c.Get(Version{7}, "page", slow("seven", 0)); string(a.plain) != "seven" {
			t.Errorf("Get gives %q of another version", a.plain)
		}
		synctest.Wait()
	})
}
