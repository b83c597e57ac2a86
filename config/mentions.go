package config

import (
	_ "embed" // for mentionsSource
	"errors"
	"fmt"
	"net/url"
	"strings"

	"github.com/honderd/honderd/internal/link"
)

//go:embed mentions.go
var mentionsSource string // the comments in it describe the keys

// Mentions says where it is heard what people say in public.
type Mentions struct {
	// Words are what a text on Bluesky must have one of, as whole words.
	Words []string `yaml:"words" is:"said"`

	// Mastodon are tags, by their addresses: https://mastodon.example/tags/shop.
	Mastodon []string `yaml:"mastodon" is:"tag"`

	// Bluesky is the address of a Jetstream. When it is not written: Bluesky is not
	// heard.
	Bluesky string `yaml:"bluesky" is:"jetstream"`

	// Feeds are addresses of RSS or Atom, such as the reviews of an app.
	Feeds []string `yaml:"feeds" is:"mention feed"`
}

// validate reports what no single key of m can show.
func (m Mentions) validate() error {
	if m.Bluesky != "" && len(m.Words) == 0 {
		return errors.New("on Bluesky everybody speaks of everything (fix: write words that only speak of you)")
	}
	return nil
}

// mentionsKind returns the kinds of where people speak.
func mentionsKind(is string) (kind, bool) {
	switch is {
	case "said":
		return kind{noun: "what people call it", example: "shop.example", text: true, once: true, read: readSaidWord}, true
	case "tag":
		return kind{noun: "the address of a tag of Mastodon", example: "https://mastodon.example/tags/shop", text: true, once: true, read: readTag}, true
	case "jetstream":
		return kind{noun: "the address of a Jetstream", example: "wss://jetstream2.us-east.bsky.network/subscribe", text: true, read: readJetstream}, true
	case "mention feed":
		return kind{noun: "the address of a feed", example: "https://itunes.apple.com/nl/rss/customerreviews/id=1/sortBy=mostRecent/xml", text: true, once: true, read: readLink}, true
	}
	return kind{}, false
}

func readSaidWord(text string) (any, error) {
	if text = strings.TrimSpace(text); len(text) < 3 || len(text) > 60 {
		return nil, fmt.Errorf("%.80q is in too many texts, or in none (fix: write a name of 3 to 60 bytes)", text)
	}
	return text, nil
}

func readTag(text string) (any, error) {
	server, tag, found := strings.Cut(text, "/tags/")
	if !found || tag == "" || strings.ContainsAny(tag, "/?#") || !link.Shows(text) || strings.Count(server, "/") != 2 {
		return nil, fmt.Errorf("%.80q is not the address of a tag (fix: write https://mastodon.example/tags/shop)", text)
	}
	return text, nil
}

func readJetstream(text string) (any, error) {
	u, err := url.Parse(text)
	if err != nil || u.Scheme != "wss" && u.Scheme != "ws" || u.Host == "" || u.User != nil {
		return nil, fmt.Errorf("%.80q is not the address of a Jetstream (fix: write wss://host/subscribe)", text)
	}
	return text, nil
}
