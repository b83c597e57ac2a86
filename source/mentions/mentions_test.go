package mentions

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/coder/websocket"
)

// shelf keeps mentions.
type shelf struct {
	mu   sync.Mutex
	list []Mention
	fail error
	news chan struct{}
}

func (s *shelf) keep(_ context.Context, m Mention) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.fail != nil {
		return s.fail
	}
	s.list = append(s.list, m)
	if s.news != nil {
		s.news <- struct{}{}
	}
	return nil
}

func (s *shelf) texts() (list []string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, m := range s.list {
		list = append(list, m.Text)
	}
	return list
}

func quiet() *slog.Logger { return slog.New(slog.DiscardHandler) }

// A tag of Mastodon is read forward from the newest that is known.
func TestATagOfMastodon(t *testing.T) {
	now := time.Now().UTC().Format(time.RFC3339)
	post := func(id, text, at string) string {
		return fmt.Sprintf(`{"id":%q,"created_at":%q,"content":"<p>%s<br>&amp; <a href=\"x\">#shop</a></p>","uri":"https://m.example/%s","account":{"acct":"ann"}}`, id, at, text, id)
	}
	var mu sync.Mutex
	var asked []string
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		mu.Lock()
		asked = append(asked, r.URL.RequestURI())
		mu.Unlock()
		switch r.URL.Query().Get("min_id") {
		case "":
			fmt.Fprintf(w, "[%s,%s]", post("2", "plat", now), post("1", "oud", "2020-01-01T00:00:00Z"))
		case "2":
			fmt.Fprintf(w, "[%s]", post("3", "weer", now))
		default:
			fmt.Fprint(w, "[]")
		}
	}))
	defer server.Close()
	kept := &shelf{}
	tag := &tagged{source: New(Options{Keep: kept.keep, Log: quiet()}), address: server.URL + "/tags/shop"}
	for range 2 {
		if _, err := tag.ask(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	if got, want := kept.texts(), []string{"plat & #shop", "weer & #shop"}; !slices.Equal(got, want) {
		t.Errorf("kept %q, want %q", got, want)
	}
	if len(asked) != 3 || asked[0] != "/api/v1/timelines/tag/shop?limit=40" || asked[2] != "/api/v1/timelines/tag/shop?limit=40&min_id=3" {
		t.Errorf("asked %q", asked)
	}
}

func TestReviewsOfAFeed(t *testing.T) {
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch {
		case r.Header.Get("If-None-Match") == "7":
			w.WriteHeader(http.StatusNotModified)
		case r.URL.Path == "/busy":
			w.Header().Set("Retry-After", "90")
			w.WriteHeader(http.StatusTooManyRequests)
		default:
			w.Header().Set("ETag", "7")
			fmt.Fprintf(w, `<feed xmlns="http://www.w3.org/2005/Atom"><entry><id>1</id><title>Slecht</title><content type="text">app doet het niet</content><updated>%s</updated></entry></feed>`, time.Now().Format(time.RFC3339))
		}
	}))
	defer server.Close()
	kept := &shelf{fail: errors.New("full")}
	source := New(Options{Keep: kept.keep, Log: quiet()})
	f := &fed{source: source, address: server.URL}
	if _, err := f.ask(t.Context()); err == nil {
		t.Error("it was not kept, and nobody knows")
	}
	kept.fail = nil
	for range 2 {
		if _, err := f.ask(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	if got := kept.texts(); len(got) != 1 || got[0] != "Slecht. app doet het niet" {
		t.Errorf("kept %q", got)
	}
	if later, err := (&fed{source: source, address: server.URL + "/busy"}).ask(t.Context()); err == nil || later != 90*time.Second {
		t.Errorf("who is too busy is asked after %v, %v", later, err)
	}
}

// A Jetstream that breaks off is heard again from where it was; only posts with a word of
// ours are kept.
func TestBlueskyGoesOnAfterABreak(t *testing.T) {
	event := func(us int64, operation, text string) string {
		return fmt.Sprintf(`{"did":"did:plc:ann","time_us":%d,"kind":"commit","commit":{"operation":%q,"collection":"app.bsky.feed.post","rkey":"k%d","record":{"text":%q}}}`, us, operation, us, text)
	}
	begin := time.Now().Add(-time.Minute).UnixMicro()
	queries := make(chan string, 10)
	var again atomic.Bool
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		queries <- r.URL.RawQuery
		c, err := websocket.Accept(w, r, nil)
		if err != nil {
			return
		}
		defer func() { _ = c.CloseNow() }()
		lines := []string{"no JSON", event(begin, "create", "Is the Shop down?"), event(begin+1, "create", "I like the workshop"), event(begin+2, "delete", "shop"), `{"kind":"identity","time_us":5}`}
		second := again.Swap(true)
		if second {
			lines = []string{event(begin+9, "create", "shop doet het weer")}
		}
		for _, line := range lines {
			if c.Write(r.Context(), websocket.MessageText, []byte(line)) != nil {
				return
			}
		}
		if !second {
			_ = c.Close(websocket.StatusGoingAway, "restart")
			return
		}
		_, _, _ = c.Read(r.Context())
	}))
	defer server.Close()
	kept := &shelf{news: make(chan struct{}, 10)}
	s := New(Options{Words: []string{" Shop "}, Bluesky: strings.Replace(server.URL, "http", "ws", 1) + "/subscribe", Keep: kept.keep, Log: quiet()})
	ctx, stop := context.WithCancel(t.Context())
	done := make(chan struct{})
	go func() { s.Run(ctx); close(done) }()
	for range 2 {
		select {
		case <-kept.news:
		case <-time.After(time.Minute):
			t.Fatal("nothing was heard")
		}
	}
	stop()
	<-done
	if got, want := kept.texts(), []string{"Is the Shop down?", "shop doet het weer"}; !slices.Equal(got, want) {
		t.Errorf("kept %q, want %q", got, want)
	}
	if q := <-queries; q != "wantedCollections=app.bsky.feed.post" {
		t.Errorf("asked first %q", q)
	}
	if q := <-queries; q != fmt.Sprintf("cursor=%d&wantedCollections=app.bsky.feed.post", begin+2-5_000_000) {
		t.Errorf("asked again %q", q)
	}
}

func TestAFloodIsCountedAndNotKept(t *testing.T) {
	kept, dropped := &shelf{}, 0
	s := New(Options{Keep: kept.keep, Drop: func(why string) {
		if why == TooMany {
			dropped++
		}
	}, Log: quiet()})
	for i := range hourly + 7 {
		if err := s.keep(t.Context(), Mention{ID: fmt.Sprint(i), Source: "feed"}); err != nil {
			t.Fatal(err)
		}
	}
	if len(kept.list) != hourly || dropped != 7 {
		t.Errorf("%d kept, %d dropped", len(kept.list), dropped)
	}
}

func FuzzSky(f *testing.F) {
	f.Add([]byte(`{"did":"d","time_us":1,"commit":{"operation":"create","collection":"app.bsky.feed.post","record":{"text":"shop"}}}`))
	f.Fuzz(func(t *testing.T, data []byte) {
		s := &sky{source: New(Options{Words: []string{"shop"}, Keep: func(context.Context, Mention) error { return nil }, Log: quiet()})}
		if err := s.take(t.Context(), data); err != nil {
			t.Error(err)
		}
		plain(string(data))
	})
}
