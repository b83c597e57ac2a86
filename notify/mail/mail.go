// Package mail tells people by e-mail.
package mail

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"net"
	"net/textproto"
	"strconv"
	"strings"
	"time"
	"unicode"

	"github.com/wneessen/go-mail"

	"github.com/honderd/honderd/notify"
)

// Options say how e-mail is sent.
type Options struct {
	Server         string // host:port
	From           string // Shop <status@shop.example>
	User, Password string // "": nobody logs in
	TLS            string // "starttls" or "", "tls" from the first byte, or "none"
}

// Post sends e-mail.
type Post struct {
	o      Options
	client *mail.Client
	domain string // of who it comes from
}

// New returns who sends e-mail, or what is wrong with o. It asks nothing of the server yet.
func New(o Options) (*Post, error) {
	host, port, err := net.SplitHostPort(o.Server)
	number, err2 := strconv.Atoi(port)
	if err != nil || err2 != nil {
		return nil, fmt.Errorf("mail server %q is not host:port (fix: write it as mail.shop.example:587)", o.Server)
	}
	m := mail.NewMsg()
	if err := m.From(o.From); err != nil {
		return nil, fmt.Errorf("mail from %q: %w (fix: write it as Shop <status@shop.example>)", o.From, err)
	}
	from := m.GetFrom()[0].Address
	opts := []mail.Option{mail.WithPort(number), mail.WithTimeout(20 * time.Second)}
	switch o.TLS {
	case "", "starttls":
		opts = append(opts, mail.WithTLSPolicy(mail.TLSMandatory))
	case "tls":
		opts = append(opts, mail.WithSSL())
	default:
		opts = append(opts, mail.WithTLSPolicy(mail.NoTLS))
	}
	if o.User != "" {
		opts = append(opts, mail.WithSMTPAuth(mail.SMTPAuthAutoDiscover), mail.WithUsername(o.User), mail.WithPassword(o.Password))
	}
	client, err := mail.NewClient(host, opts...)
	if err != nil {
		return nil, fmt.Errorf("mail server %s: %w", o.Server, err)
	}
	return &Post{o: o, client: client, domain: from[strings.LastIndexByte(from, '@')+1:]}, nil
}

// To returns a notifier of one address, called name.
func (p *Post) To(name, address string) notify.Notifier { return box{p, name, address} }

// box is one mailbox.
type box struct {
	post          *Post
	name, address string
}

// Name returns the name of the receiver.
func (b box) Name() string { return b.name }

// Send sends m. The same message to the same address has the same Message-ID. With one
// click a receiver ends it (RFC 8058).
func (b box) Send(ctx context.Context, m notify.Message) error {
	msg, err := b.message(m)
	if err != nil {
		return fmt.Errorf("mail to %s: %w: %w", b.name, notify.ErrRefused, err)
	}
	if err := ctx.Err(); err != nil {
		return err
	}
	if err := b.post.client.DialAndSendWithContext(ctx, msg); err != nil {
		return b.judge(err)
	}
	return nil
}

func (b box) message(m notify.Message) (*mail.Msg, error) {
	msg := mail.NewMsg()
	if err := errors.Join(msg.From(b.post.o.From), msg.To(b.address)); err != nil {
		return nil, err
	}
	sum := sha256.Sum256([]byte(m.ID + "\x00" + b.address))
	msg.SetMessageIDWithValue(hex.EncodeToString(sum[:16]) + "@" + b.post.domain)
	msg.SetDate()
	msg.Subject(line(m.Subject, 200))
	msg.SetGenHeader("Auto-Submitted", "auto-generated") // RFC 3834: nobody answers it by itself
	text := lines(m.Text)
	if m.URL != "" {
		text += "\n\n" + m.URL
	}
	if m.Leave != "" {
		msg.SetGenHeader("List-Unsubscribe", "<"+line(m.Leave, 900)+">")
		msg.SetGenHeader("List-Unsubscribe-Post", "List-Unsubscribe=One-Click")
		text += "\n\n-- \n" + m.Leave
	}
	msg.SetBodyString(mail.TypeTextPlain, text+"\n")
	return msg, nil
}

// judge tells what will be taken later from what never will.
func (b box) judge(err error) error {
	var said *textproto.Error
	if errors.As(err, &said) && said.Code >= 500 && said.Code != 535 && said.Code != 530 {
		if said.Code == 550 || said.Code == 551 || said.Code == 553 {
			return fmt.Errorf("mail to %s: the server says %d: %w", b.name, said.Code, notify.ErrGone)
		}
		return fmt.Errorf("mail to %s: the server says %d: %w", b.name, said.Code, notify.ErrRefused)
	}
	var failed *mail.SendError
	if errors.As(err, &failed) && !failed.IsTemp() && failed.ErrorCode() >= 500 {
		reason := notify.ErrRefused
		if c := failed.ErrorCode(); failed.Reason == mail.ErrSMTPRcptTo && (c == 550 || c == 551 || c == 553) {
			reason = notify.ErrGone
		}
		return fmt.Errorf("mail to %s: the server says %d: %w", b.name, failed.ErrorCode(), reason)
	}
	return fmt.Errorf("mail to %s: %s", b.name, strings.ReplaceAll(err.Error(), b.address, "…"))
}

// line returns text as one line of at most so many characters, without what could begin
// another header.
func line(s string, most int) string {
	s = strings.Join(strings.Fields(strings.Map(visible, strings.ReplaceAll(s, "\n", " "))), " ")
	if runes := []rune(s); len(runes) > most {
		s = string(runes[:most-1]) + "…"
	}
	return s
}

func lines(s string) string {
	return strings.Map(visible, strings.ReplaceAll(s, "\r\n", "\n"))
}

func visible(r rune) rune {
	if r != '\n' && (unicode.IsControl(r) || unicode.Is(unicode.Cf, r)) {
		return -1
	}
	return r
}
