// Package chat tells chats and pagers: Slack, Teams, Matrix, Signal, Telegram, Discord,
// Mattermost, Rocket.Chat, Zulip, Google Chat, ntfy, Gotify, Pushover, PagerDuty, Opsgenie
// and others, each by one address.
package chat

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"strings"
	"unicode"

	"github.com/nicholas-fedor/shoutrrr"
	"github.com/nicholas-fedor/shoutrrr/pkg/router"

	"github.com/honderd/honderd/notify"
)

// Chat is a chat that is told.
type Chat struct {
	name, address string
	router        *router.ServiceRouter
}

// New returns the chat at an address such as slack://token@channel, or what is wrong with
// the address. The address is a secret and stands in no error.
func New(name, address string) (*Chat, error) {
	r, err := shoutrrr.CreateSender(address)
	if err != nil {
		scheme, _, _ := strings.Cut(address, ":")
		return nil, fmt.Errorf("the address of %s cannot be read as one of %s (fix: write it as https://shoutrrr.nickfedor.com says)", name, scheme)
	}
	return &Chat{name: name, address: address, router: r}, nil
}

// Name returns the name of the receiver.
func (c *Chat) Name() string { return c.name }

// Send tells m. What the library sends cannot be stopped: when ctx ends before it is
// done, it is unknown whether it arrived.
func (c *Chat) Send(ctx context.Context, m notify.Message) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	text := plain(m.Subject) + "\n" + plain(m.Text)
	if m.URL != "" {
		text += "\n" + m.URL
	}
	const most = 3000 // what the shortest of them take, less a margin
	if runes := []rune(text); len(runes) > most {
		text = string(runes[:most]) + "…"
	}
	done := make(chan error, 1)
	go func() { done <- errors.Join(c.router.Send(text, nil)...) }() // ends with the library's own time limit
	select {
	case err := <-done:
		return c.hide(err)
	case <-ctx.Done():
		return ctx.Err()
	}
}

// hide returns err without anything of the address in it.
func (c *Chat) hide(err error) error {
	if err == nil {
		return nil
	}
	text := err.Error()
	u, perr := url.Parse(c.address)
	if perr != nil {
		return fmt.Errorf("%s was not told", c.name)
	}
	secrets := []string{c.address, u.User.Username(), u.Host, u.RawQuery}
	if p, ok := u.User.Password(); ok {
		secrets = append(secrets, p)
	}
	secrets = append(secrets, strings.Split(u.Path, "/")...)
	for _, one := range secrets {
		if len(one) > 3 {
			text = strings.ReplaceAll(text, one, "…")
		}
	}
	return fmt.Errorf("%s was not told: %s", c.name, text)
}

// plain returns text without what could act on a screen.
func plain(s string) string {
	return strings.Map(func(r rune) rune {
		if r == '\n' {
			return r
		}
		if unicode.IsControl(r) || unicode.Is(unicode.Cf, r) {
			return -1
		}
		return r
	}, s)
}
