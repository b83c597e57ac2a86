package mentions

import (
	"context"
	"encoding/json"
	"net/url"
	"strconv"
	"time"

	"github.com/coder/websocket"
)

// skyEvery is how long is waited before a Jetstream that broke off is heard again.
const skyEvery = 2 * time.Second

// Bounds of hearing a Jetstream.
const (
	maxPost  = 1 << 20
	silence  = 2 * time.Minute // after which a Jetstream is taken for dead: all the world is never silent
	overlap  = 5 * time.Second // that is heard twice after a break; what is kept is kept once
	postKind = "app.bsky.feed.post"
)

// sky hears Bluesky, by a Jetstream: all posts of all people, of which those are kept that
// have a word in them.
//
// Source: github.com/bluesky-social/jetstream, "Consuming Jetstream".
type sky struct {
	source *Source
	cursor int64 // Unix microseconds of the newest event; 0: none was heard
}

// hear hears until the Jetstream breaks off.
func (s *sky) hear(ctx context.Context) (later time.Duration, err error) {
	u, err := url.Parse(s.source.o.Bluesky)
	if err != nil {
		return 0, err
	}
	q := u.Query()
	q.Set("wantedCollections", postKind)
	if s.cursor > 0 {
		q.Set("cursor", strconv.FormatInt(s.cursor-overlap.Microseconds(), 10))
	}
	u.RawQuery = q.Encode()
	begin, stop := context.WithTimeout(ctx, 20*time.Second)
	c, answer, err := websocket.Dial(begin, u.String(), &websocket.DialOptions{HTTPClient: s.source.client})
	stop()
	if answer != nil && answer.Body != nil {
		_ = answer.Body.Close()
	}
	if err != nil {
		return 0, err
	}
	defer func() { _ = c.CloseNow() }() // it is over, however it ends
	c.SetReadLimit(maxPost)
	for {
		waiting, stop := context.WithTimeout(ctx, silence)
		_, data, err := c.Read(waiting)
		stop()
		if err != nil {
			return 0, err
		}
		if err := s.take(ctx, data); err != nil {
			return 0, err
		}
	}
}

// take takes one event.
func (s *sky) take(ctx context.Context, data []byte) error {
	var e struct {
		DID    string `json:"did"`
		TimeUS int64  `json:"time_us"`
		Commit struct {
			Operation  string `json:"operation"`
			Collection string `json:"collection"`
			RKey       string `json:"rkey"`
			Record     struct {
				Text  string `json:"text"`
				Reply struct {
					Parent struct {
						URI string `json:"uri"`
					} `json:"parent"`
				} `json:"reply"`
			} `json:"record"`
		} `json:"commit"`
	}
	if json.Unmarshal(data, &e) != nil { // of another shape: it is of no person
		return nil
	}
	c := e.Commit
	if c.Operation == "create" && c.Collection == postKind && s.source.about(c.Record.Text) {
		m := Mention{
			ID: "at://" + e.DID + "/" + postKind + "/" + c.RKey, Text: c.Record.Text, Author: e.DID, At: time.UnixMicro(e.TimeUS),
			ReplyTo: c.Record.Reply.Parent.URI, Source: "bluesky",
		}
		if err := s.source.keep(ctx, m); err != nil {
			return err // it is heard again from before it
		}
	}
	s.cursor = max(s.cursor, e.TimeUS)
	return nil
}
