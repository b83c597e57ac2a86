package mail

import (
	"errors"
	"io"
	"net"
	netmail "net/mail"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/emersion/go-smtp"

	"github.com/honderd/honderd/notify"
	"github.com/honderd/honderd/notify/notifytest"
)

// office is a real SMTP server that keeps what it is given.
type office struct {
	mu    sync.Mutex
	mails []string
	to    []string
}

func (o *office) NewSession(*smtp.Conn) (smtp.Session, error) { return &session{o}, nil }

type session struct{ o *office }

func (s *session) Mail(string, *smtp.MailOptions) error { return nil }
func (s *session) Reset()                               {}
func (s *session) Logout() error                        { return nil }

func (s *session) Rcpt(to string, _ *smtp.RcptOptions) error {
	switch {
	case strings.HasPrefix(to, "gone@"):
		return &smtp.SMTPError{Code: 550, EnhancedCode: smtp.EnhancedCode{5, 1, 1}, Message: "no such user"}
	case strings.HasPrefix(to, "busy@"):
		return &smtp.SMTPError{Code: 450, EnhancedCode: smtp.EnhancedCode{4, 2, 0}, Message: "later"}
	}
	s.o.mu.Lock()
	defer s.o.mu.Unlock()
	s.o.to = append(s.o.to, to)
	return nil
}

func (s *session) Data(r io.Reader) error {
	body, err := io.ReadAll(r)
	s.o.mu.Lock()
	defer s.o.mu.Unlock()
	s.o.mails = append(s.o.mails, string(body))
	return err
}

func openOffice(t *testing.T) (*office, *Post) {
	t.Helper()
	o := &office{}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	server := smtp.NewServer(o)
	server.Domain, server.ReadTimeout, server.WriteTimeout = "localhost", 10*time.Second, 10*time.Second
	go server.Serve(l)
	t.Cleanup(func() { server.Close() })
	p, err := New(Options{Server: l.Addr().String(), From: "Shöp <status@shop.example>", TLS: "none"})
	if err != nil {
		t.Fatal(err)
	}
	return o, p
}

func TestSuite(t *testing.T) {
	o, p := openOffice(t)
	notifytest.Run(t, p.To("anna", "anna@example.com"), p.To("gone", "gone@example.com"))
	if len(o.mails) != 2 || strings.Join(o.to, " ") != "anna@example.com anna@example.com" {
		t.Fatalf("%d mails to %v", len(o.mails), o.to)
	}
	m, err := netmail.ReadMessage(strings.NewReader(o.mails[1]))
	if err != nil {
		t.Fatal(err)
	}
	if m.Header.Get("Bcc") != "" || m.Header.Get("X-Evil") != "" {
		t.Errorf("a header was let in: %v", m.Header)
	}
	if got := m.Header.Get("List-Unsubscribe"); got != "<https://status.example/unsubscribe?t=abc>" || m.Header.Get("List-Unsubscribe-Post") != "List-Unsubscribe=One-Click" {
		t.Errorf("List-Unsubscribe is %q", got)
	}
	if from, err := m.Header.AddressList("From"); err != nil || from[0].Name != "Shöp" || m.Header.Get("Auto-Submitted") != "auto-generated" || !strings.HasSuffix(m.Header.Get("Message-Id"), "@shop.example>") {
		t.Errorf("header %v, %v", m.Header, err)
	}
}

func TestTheSameNewsHasTheSameName(t *testing.T) {
	o, p := openOffice(t)
	for range 2 {
		if err := p.To("anna", "anna@example.com").Send(t.Context(), notify.Message{ID: "opened/1", Subject: "x"}); err != nil {
			t.Fatal(err)
		}
	}
	a, _ := netmail.ReadMessage(strings.NewReader(o.mails[0]))
	b, _ := netmail.ReadMessage(strings.NewReader(o.mails[1]))
	if a.Header.Get("Message-Id") != b.Header.Get("Message-Id") {
		t.Error("the same news has two names")
	}
}

func TestABusyServerIsTriedAgain(t *testing.T) {
	_, p := openOffice(t)
	err := p.To("busy", "busy@example.com").Send(t.Context(), notify.Message{ID: "1", Subject: "x"})
	if err == nil || errors.Is(err, notify.ErrGone) || errors.Is(err, notify.ErrRefused) || strings.Contains(err.Error(), "busy@") {
		t.Errorf("Send() = %v", err)
	}
	err = p.To("gone", "gone@example.com").Send(t.Context(), notify.Message{ID: "1", Subject: "x"})
	if !errors.Is(err, notify.ErrGone) {
		t.Errorf("Send() = %v, want gone", err)
	}
}

func TestAddressesThatAreNone(t *testing.T) {
	_, p := openOffice(t)
	for _, address := range []string{"", "x", "a@b.example\r\nBcc: c@d.example", "a@b.example, c@d.example", "<a@b.example"} {
		if err := p.To("x", address).Send(t.Context(), notify.Message{}); !errors.Is(err, notify.ErrRefused) {
			t.Errorf("Send(%q) = %v", address, err)
		}
	}
}
