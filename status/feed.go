package status

import (
	"bytes"
	"fmt"
	"html"
	"strings"

	"github.com/gorilla/feeds"

	"github.com/honderd/honderd/incident"
	"github.com/honderd/honderd/internal/ical"
)

// maxEntries is how many entries a feed has.
const maxEntries = 50

// feed makes a feed, or the calendar of planned work.
func (s *site) feed(a asked, b Board, name string) (media string, write func() ([]byte, error)) {
	a.rest = ""
	with := func(how func(f *feeds.Feed) (string, error)) func() ([]byte, error) {
		return func() ([]byte, error) {
			text, err := how(s.sheet(a, b).feed())
			return []byte(text), err
		}
	}
	switch name {
	case "feed.atom", "status.atom":
		return "application/atom+xml; charset=utf-8", with((*feeds.Feed).ToAtom)
	case "feed.rss", "status.rss":
		return "application/rss+xml; charset=utf-8", with(toRSS)
	case "feed.json", "status.json":
		return "application/feed+json; charset=utf-8", with((*feeds.Feed).ToJSON)
	case "planned.ics", "status.ics":
		return "text/calendar; charset=utf-8", func() ([]byte, error) { return s.sheet(a, b).calendar() }
	}
	return "", nil
}

// toRSS writes a feed as RSS, in which an author is an e-mail address, and we have none.
func toRSS(f *feeds.Feed) (string, error) {
	f.Author = nil
	return f.ToRss()
}

// feed returns the incidents and the planned work, the newest first.
func (s sheet) feed() *feeds.Feed {
	link, title := s.address(""), s.R.Plain(s.Title())
	if len(s.Only) > 0 {
		link += "?component=" + strings.Join(s.Only, "&component=")
		for i, c := range s.Components {
			title += map[bool]string{true: ": ", false: ", "}[i == 0] + s.R.Plain(c.Name)
		}
	}
	f := &feeds.Feed{
		Title: title, Link: &feeds.Link{Href: link}, Description: s.Headline(), Id: link,
		Author: &feeds.Author{Name: s.R.Plain(s.Title())}, Updated: s.B.Public.AsOf.UTC().Truncate(1), Created: s.B.Public.AsOf.UTC(),
	}
	for _, i := range s.B.Incidents[:min(len(s.B.Incidents), maxEntries)] {
		f.Items = append(f.Items, s.entry(i))
	}
	for _, p := range s.Ahead() {
		f.Items = append(f.Items, s.announcement(p))
	}
	f.Sort(func(a, b *feeds.Item) bool { return a.Updated.After(b.Updated) })
	if len(f.Items) > 0 {
		f.Updated = f.Items[0].Updated
	}
	return f
}

func (s sheet) entry(i Incident) *feeds.Item {
	link := s.address("incidents/" + i.ID)
	name := s.Name(i)
	if !i.Open {
		name = s.R.T("Over") + ": " + name
	}
	var body strings.Builder
	updated := i.Seen
	for _, l := range s.Story(i) {
		updated = later(updated, l.At)
		text := html.EscapeString(l.Text)
		if l.Struck {
			text = "<del>" + text + "</del> (" + html.EscapeString(l.Note) + ")"
		}
		fmt.Fprintf(&body, "<p><small>%s</small><br><b>%s</b> %s</p>\n", html.EscapeString(l.clock), html.EscapeString(l.Label), strings.ReplaceAll(text, "\n", "<br>"))
	}
	return &feeds.Item{
		Title: name, Link: &feeds.Link{Href: link}, Id: link, Description: s.Hurt(i), Content: body.String(),
		Created: i.Seen.UTC(), Updated: updated.UTC(),
	}
}

func (s sheet) announcement(p incident.Planned) *feeds.Item {
	title := s.R.T("Planned: %s", s.R.Plain(p.Title))
	if p.Cancelled {
		title = s.R.T("Cancelled: %s", s.R.Plain(p.Title))
	}
	text := html.EscapeString(s.Lines(p.Text))
	return &feeds.Item{
		Title: title, Link: &feeds.Link{Href: s.address("") + "#" + p.ID}, Id: s.address("planned/" + p.ID), IsPermaLink: "false", Description: s.R.Period(p.From, p.To),
		Content: "<p>" + html.EscapeString(s.R.Period(p.From, p.To)) + "</p><p>" + strings.ReplaceAll(text, "\n", "<br>") + "</p>",
		Created: p.Said.UTC(), Updated: later(p.Said, p.Changed).UTC(),
	}
}

// calendar returns the planned work as iCalendar.
func (s sheet) calendar() ([]byte, error) {
	var list []ical.Announced
	for _, p := range s.planned(func(p incident.Planned) bool { return p.To.After(s.B.Public.AsOf.Add(-recent)) }) {
		list = append(list, ical.Announced{
			UID: shortID("planned "+p.ID) + "@honderd", Summary: s.R.Plain(p.Title), Description: s.Lines(p.Text), URL: s.address(""),
			From: p.From, To: p.To, Said: later(p.Said, p.Changed), Cancelled: p.Cancelled,
		})
	}
	var b bytes.Buffer
	err := ical.Write(&b, s.R.Plain(s.Title()), list)
	return b.Bytes(), err
}
