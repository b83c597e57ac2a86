package app

import (
	"errors"
	"strings"

	"github.com/honderd/honderd/config"
	"github.com/honderd/honderd/notify"
	"github.com/honderd/honderd/notify/chat"
	"github.com/honderd/honderd/notify/mail"
	"github.com/honderd/honderd/notify/subscribers"
	"github.com/honderd/honderd/notify/webhook"
	"github.com/honderd/honderd/notify/webpush"
)

// makers make notifiers: it is the list of every one there is.
type makers struct {
	post    *mail.Post // nil: no e-mail is sent
	keys    webpush.Keys
	contact string // where those who run push services reach us
}

func newMakers(c config.Config) (m makers, err error) {
	m.contact = c.Status.URL
	if c.Mail.Server == "" {
		return m, nil
	}
	m.post, err = mail.New(mail.Options{Server: c.Mail.Server, From: c.Mail.From, User: c.Mail.User, Password: c.Mail.Password, TLS: c.Mail.TLS})
	return m, err
}

// team returns one of the team.
func (m makers) team(n config.Notify) (notify.Notifier, error) {
	scheme, rest, _ := strings.Cut(n.To, ":")
	switch scheme {
	case "mailto":
		if m.post == nil {
			return nil, errNoMail
		}
		return m.post.To(n.Name, rest), nil
	case "http", "https":
		return webhook.New(webhook.Options{Name: n.Name, URL: n.To, Secret: n.Secret, Inside: true})
	}
	return chat.New(n.Name, n.To)
}

// public returns a subscription as somebody to be told. Its name is its ID: an address is
// personal.
func (m makers) public(s subscribers.Subscription) (notify.Notifier, error) {
	switch s.By {
	case subscribers.ByMail:
		if m.post == nil {
			return nil, errNoMail
		}
		return m.post.To(s.ID, s.Address), nil
	case subscribers.ByPush:
		return webpush.New(s.ID, m.keys, m.contact, s.Address, false)
	}
	return webhook.New(webhook.Options{Name: s.ID, URL: s.Address, Secret: s.Secret})
}

// errNoMail is the answer when e-mail is to be sent and nobody said how.
var errNoMail = errors.New("nobody said how e-mail is sent (fix: write mail.server and mail.from in honderd.yaml)")
