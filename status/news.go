package status

import (
	"fmt"
	"slices"
	"time"

	"github.com/honderd/honderd/look"
	"github.com/honderd/honderd/notify"
)

// Newsroom writes the messages to those who want to be told. It says no more than the
// pages do.
type Newsroom struct{ site *site }

// NewNewsroom returns the newsroom of the pages that New would show.
func NewNewsroom(o Options) Newsroom { return Newsroom{newSite(o)} }

// Address returns where the public finds a path of the page with that name.
func (n Newsroom) Address(page, path string) string { return n.site.address(n.page(page), path) }

// page returns the page with that name, else the first.
func (n Newsroom) page(name string) *Page {
	i := slices.IndexFunc(n.site.Pages, func(p Page) bool { return p.Name == name })
	return &n.site.Pages[max(0, i)]
}

// News returns what there is to tell to the readers of a page since a time, the oldest
// first: people are hurt, somebody said something of it, it is over, work is planned.
// What was found in a log afterwards is no news. Of the wish, the page, the language and
// the components count.
func (n Newsroom) News(b Board, w Wish, since time.Time) []notify.Message {
	s := n.site.sheet(asked{page: n.page(w.Page), tongue: w.Language, components: w.Components}, b)
	var list []notify.Message
	add := func(m notify.Message) {
		if m.At.After(since) {
			list = append(list, m)
		}
	}
	for _, i := range s.B.Incidents {
		if i.Seen.IsZero() || i.Afterwards() {
			continue
		}
		m := notify.Message{URL: s.address("incidents/" + i.ID), Incident: i.ID, People: i.People}
		tell := func(id string, kind notify.Kind, at time.Time, subject, text string) {
			m.ID, m.Kind, m.At, m.Subject, m.Text = id, kind, at, s.R.Plain(s.Title())+": "+subject, text
			add(m)
		}
		tell("opened/"+i.ID, notify.Opened, i.Seen, s.Name(i), s.Hurt(i)+". "+s.R.T("It began at %s.", s.When(i.From)))
		for _, w := range i.Public() {
			if w.Struck || w.Withdrawn {
				continue
			}
			text := s.Lines(w.Text)
			if w.Corrects {
				text = s.R.T("correction: %s", text)
			}
			subject := s.Name(i)
			if label := stateSays(s.R, w.State); label != "" {
				subject = label + ": " + subject
			}
			tell(fmt.Sprintf("said/%s/%d", w.Key, w.Version), notify.Said, w.At, subject, text)
		}
		if !i.Open && !i.Ended.IsZero() {
			tell("ended/"+i.ID, notify.Ended, i.Ended, s.R.T("Over")+": "+s.Name(i), s.Story(i)[0].Text)
		}
	}
	for _, p := range s.Ahead() {
		item := s.announcement(p)
		at := later(p.Said, p.Changed)
		add(notify.Message{
			ID: fmt.Sprintf("planned/%s/%d", p.ID, at.Unix()), Kind: notify.Planned, At: at, URL: item.Link.Href,
			Subject: s.R.Plain(s.Title()) + ": " + item.Title, Text: item.Description + "\n\n" + s.Lines(p.Text),
		})
	}
	slices.SortStableFunc(list, func(a, b notify.Message) int { return a.At.Compare(b.At) })
	return list
}

// Invitation returns the message that asks whoever reads it to confirm.
func (n Newsroom) Invitation(id, page string, tongue look.Tongue, token string, at time.Time) notify.Message {
	s := n.site.sheet(asked{page: n.page(page), tongue: tongue}, Board{})
	return notify.Message{
		ID: fmt.Sprintf("confirm/%s/%d", id, at.Unix()), Kind: notify.Confirm, At: at,
		Subject: s.R.T("Do you want to be told about %s?", s.R.Plain(s.Title())),
		Text:    s.R.T("Somebody, perhaps you, asked to be told at this address when people have a bad time. Open this to confirm. If it was not you, do nothing: nothing more is sent."),
		URL:     n.Address(page, "confirm") + "?t=" + token,
	}
}
