// Package feed reads RSS and Atom: what entries there are, when they came, and what they
// say.
package feed

import (
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"
)

// Entry is one entry of a feed.
type Entry struct {
	ID    string // "": it has none
	Title string
	Text  string
	URL   string
	At    time.Time // zero: it does not say
}

// document is the part of RSS 2.0 and Atom that is looked at.
type document struct {
	XMLName xml.Name
	Channel struct {
		Items []entry `xml:"item"`
	} `xml:"channel"`
	Entries []entry `xml:"entry"`
}

type entry struct {
	ID          string   `xml:"id"`
	GUID        string   `xml:"guid"`
	Title       string   `xml:"title"`
	Description string   `xml:"description"`
	Summary     string   `xml:"summary"`
	Content     []string `xml:"content"` // a store of apps has it as text and as HTML
	PubDate     string   `xml:"pubDate"`
	Published   string   `xml:"published"`
	Updated     string   `xml:"updated"`
	Links       []struct {
		Href string `xml:"href,attr"`
		Text string `xml:",chardata"`
	} `xml:"link"`
}

// Parse reads a feed, the newest entry first, at most most of them.
func Parse(body []byte, most int) ([]Entry, error) {
	var f document
	d := xml.NewDecoder(strings.NewReader(string(body)))
	d.CharsetReader = func(string, io.Reader) (io.Reader, error) { return nil, errors.New("it is not in UTF-8") }
	if err := d.Decode(&f); err != nil {
		return nil, fmt.Errorf("it is no feed: %.100s", err.Error())
	}
	if f.XMLName.Local != "rss" && f.XMLName.Local != "feed" {
		return nil, errors.New("it is neither RSS nor Atom")
	}
	var list []Entry
	for _, e := range append(f.Channel.Items, f.Entries...) {
		if len(list) == most {
			break
		}
		one := Entry{ID: first(e.ID, e.GUID), Title: strings.TrimSpace(e.Title), Text: first(append(e.Content, e.Description, e.Summary)...), At: when(e.Published, e.PubDate, e.Updated)}
		for _, l := range e.Links {
			if one.URL = strings.TrimSpace(l.Href + l.Text); one.URL != "" {
				break
			}
		}
		list = append(list, one)
	}
	slices.SortStableFunc(list, func(a, b Entry) int { return b.At.Compare(a.At) })
	return list, nil
}

func first(texts ...string) string {
	for _, t := range texts {
		if t = strings.TrimSpace(t); t != "" {
			return t
		}
	}
	return ""
}

// when reads the first text that is a time.
func when(texts ...string) time.Time {
	for _, text := range texts {
		for _, layout := range []string{time.RFC3339, time.RFC1123Z, time.RFC1123, "Mon, 2 Jan 2006 15:04:05 -0700", "Mon, 2 Jan 2006 15:04:05 MST"} {
			if t, err := time.Parse(layout, strings.TrimSpace(text)); err == nil {
				return t
			}
		}
	}
	return time.Time{}
}
