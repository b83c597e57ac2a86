package dependency

import (
	"encoding/json"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"
)

// readStatuspage reads /api/v2/summary.json of Atlassian's Statuspage, and of all that
// speak the same.
func readStatuspage(body []byte) (s Status, err error) {
	var page struct {
		Status struct {
			Indicator   string `json:"indicator"`
			Description string `json:"description"`
		} `json:"status"`
		Incidents []struct {
			Name      string    `json:"name"`
			Impact    string    `json:"impact"`
			Status    string    `json:"status"`
			Shortlink string    `json:"shortlink"`
			StartedAt time.Time `json:"started_at"`
			CreatedAt time.Time `json:"created_at"`
		} `json:"incidents"`
	}
	if err := json.Unmarshal(body, &page); err != nil {
		return s, fmt.Errorf("it is no JSON of a status page: %.100s", err.Error())
	}
	if !slices.Contains([]string{"none", "minor", "major", "critical", "maintenance"}, page.Status.Indicator) {
		return s, errors.New("it is no status page: it has no status with an indicator (fix: name the address of the page itself)")
	}
	s.State, s.Says = page.Status.Indicator, page.Status.Description
	for _, one := range page.Incidents[:min(len(page.Incidents), most)] {
		from := one.StartedAt
		if from.IsZero() {
			from = one.CreatedAt
		}
		s.Incidents = append(s.Incidents, Incident{one.Name, one.Impact, one.Status, from, one.Shortlink})
	}
	return s, nil
}

// feed is the part of RSS 2.0 and Atom that is looked at.
type feed struct {
	XMLName xml.Name
	Channel struct {
		Items []entry `xml:"item"`
	} `xml:"channel"`
	Entries []entry `xml:"entry"`
}

type entry struct {
	Title     string `xml:"title"`
	PubDate   string `xml:"pubDate"`
	Published string `xml:"published"`
	Updated   string `xml:"updated"`
	Links     []struct {
		Href string `xml:"href,attr"`
		Text string `xml:",chardata"`
	} `xml:"link"`
}

// readFeed reads RSS or Atom. A feed does not say how it is now: its state is not known.
func readFeed(body []byte) (s Status, err error) {
	var f feed
	d := xml.NewDecoder(strings.NewReader(string(body)))
	d.CharsetReader = func(string, io.Reader) (io.Reader, error) { return nil, errors.New("it is not in UTF-8") }
	if err := d.Decode(&f); err != nil {
		return s, fmt.Errorf("it is no feed: %.100s", err.Error())
	}
	if f.XMLName.Local != "rss" && f.XMLName.Local != "feed" {
		return s, errors.New("it is neither RSS nor Atom")
	}
	for _, e := range append(f.Channel.Items, f.Entries...) {
		if len(s.Incidents) == most {
			break
		}
		one := Incident{Name: e.Title, From: when(e.Published, e.PubDate, e.Updated)}
		for _, l := range e.Links {
			if one.URL = strings.TrimSpace(l.Href + l.Text); one.URL != "" {
				break
			}
		}
		s.Incidents = append(s.Incidents, one)
	}
	slices.SortStableFunc(s.Incidents, func(a, b Incident) int { return b.From.Compare(a.From) })
	return s, nil
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

// line makes s one line of text.
func line(s string) string {
	s = strings.Join(strings.FieldsFunc(s, func(c rune) bool { return c == utf8.RuneError || !unicode.IsPrint(c) || c == ' ' }), " ")
	if len(s) <= maxText {
		return s
	}
	end := maxText
	for !utf8.RuneStart(s[end]) {
		end--
	}
	return s[:end]
}
