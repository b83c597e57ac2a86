package config

import (
	"errors"
	"fmt"
	"net"
	"net/mail"
	"net/url"
	"slices"
	"strings"
)

// Status is the page for the public: how it is and was for people.
type Status struct {
	// Listen is where only the public page is, as host:port, so that it can be reached
	// while the dashboard cannot. When it is not written: /status of the dashboard.
	Listen string `yaml:"listen" is:"address"`

	// URL is where the public finds the page, for links in feeds and messages.
	URL string `yaml:"url" is:"public address"`

	// Copy is a folder that a copy of the pages is written to, again and again, so that
	// it can stand elsewhere.
	Copy string `yaml:"copy" is:"folder"`

	// Pages are for one audience each; the first is at /status. When it is not written:
	// one that shows the most used journeys.
	Pages []StatusPage `yaml:"pages"`
}

// StatusPage is a page for one audience.
type StatusPage struct {
	// Name is how the page is called in its address, /status/NAME. It must be written.
	Name string `yaml:"name" is:"page,required"`

	// Title is what the page is about, such as the name of the service.
	Title string `yaml:"title" is:"line"`

	// Hosts are names of its own, at which nothing else is shown.
	Hosts []string `yaml:"hosts" is:"host"`

	// Logo is a file with an SVG, PNG, JPEG or WebP that stands in place of the title.
	Logo string `yaml:"logo" is:"file"`

	// Languages are those that the page has: en, nl. When it is not written: all.
	Languages []string `yaml:"languages" is:"en|nl"`

	// Components are what is shown. When it is not written: the most used journeys.
	Components []StatusComponent `yaml:"components"`
}

// StatusComponent is a journey under the name that the public knows.
type StatusComponent struct {
	// Journey is the journey, such as /checkout. It must be written.
	Journey string `yaml:"journey" is:"line,required"`

	// Name is how the public knows it. When it is not written: made from the journey.
	Name string `yaml:"name" is:"line"`
}

// Mail is how e-mail is sent.
type Mail struct {
	// Server is the server that takes e-mail from us, as host:port.
	Server string `yaml:"server" is:"address"`

	// From is who it comes from, such as Shop <status@shop.example>.
	From string `yaml:"from" is:"mailbox"`

	// User is who logs in to the server. When it is not written: nobody does.
	User string `yaml:"user" is:"secret"`

	// Password is that of the user.
	Password string `yaml:"password" is:"secret"`

	// TLS says how the way to the server is guarded: starttls, tls from the first byte,
	// or none. When it is not written: starttls.
	TLS string `yaml:"tls" is:"starttls|tls|none"`
}

// Notify is somebody who is told when people are hurt, and when they are not any more.
type Notify struct {
	// Name is how the receiver is called. It must be written.
	Name string `yaml:"name" is:"page,required"`

	// To is where messages go: mailto:ops@shop.example, https://host/hook, or an address
	// of a chat such as slack://, teams://, matrix://, ntfy://. It must be written.
	To string `yaml:"to" is:"receiver,required"`

	// Secret signs what is sent to https://.
	Secret string `yaml:"secret" is:"secret"`
}

// publicKind returns the kinds of what is told to others.
func publicKind(is string) (kind, bool) {
	switch is {
	case "public address":
		return kind{noun: "an address", example: "https://status.shop.example", text: true, read: readPublic}, true
	case "page":
		return kind{noun: "a name", example: "shop", text: true, once: true, read: readPageName}, true
	case "line":
		return kind{noun: "one line of text", example: "Shop", text: true, read: readLine}, true
	case "mailbox":
		return kind{noun: "an e-mail address", example: "Shop <status@shop.example>", text: true, read: readMailbox}, true
	case "receiver":
		return kind{noun: "an address to send to", example: "mailto:ops@shop.example", text: true, read: readReceiver}, true
	}
	return receiveKind(is)
}

func readPublic(text string) (any, error) {
	u, err := url.Parse(text)
	if err != nil || u.Scheme != "https" && u.Scheme != "http" || u.Host == "" || u.RawQuery != "" || u.Fragment != "" || u.User != nil {
		return nil, fmt.Errorf("%q is not an address (fix: write one like https://status.shop.example)", text)
	}
	return strings.TrimSuffix(text, "/"), nil
}

// pageWords are the words in addresses of the public page that no page can be called.
func pageWords() []string {
	return []string{"history", "incidents", "subscribe", "confirm", "unsubscribe", "assets", "api", "badge", "status", "planned"}
}

func readPageName(text string) (any, error) {
	if slices.Contains(pageWords(), text) {
		return nil, fmt.Errorf("%q is a part of addresses already (fix: choose another name)", text)
	}
	strange := func(r rune) bool { return r != '-' && (r < '0' || r > '9') && (r < 'a' || r > 'z') }
	if text == "" || len(text) > 40 || strings.ContainsFunc(text, strange) {
		return nil, fmt.Errorf("%q is not a name (fix: write at most 40 small letters, digits and -, such as shop)", text)
	}
	return text, nil
}

func readLine(text string) (any, error) {
	if strings.TrimSpace(text) == "" || len(text) > 200 || strings.ContainsAny(text, "\r\n") {
		return nil, errors.New("this is not one line of text of at most 200 characters (fix: write a few words)")
	}
	return text, nil
}

func readMailbox(text string) (any, error) {
	if _, err := mail.ParseAddress(text); err != nil {
		return nil, fmt.Errorf("%q is not an e-mail address (fix: write one like Shop <status@shop.example>)", text)
	}
	return text, nil
}

// readReceiver reads where messages go. What is in it may be a secret and is not repeated.
func readReceiver(text string) (any, error) {
	scheme, rest, found := strings.Cut(text, ":")
	switch {
	case !found || scheme == "" || rest == "":
		return nil, errors.New("this is not an address to send to (fix: write mailto:ops@shop.example, https://host/hook or slack://...)")
	case scheme == "mailto":
		if _, err := mail.ParseAddress(rest); err != nil {
			return nil, errors.New("what follows mailto: is not an e-mail address (fix: write mailto:ops@shop.example)")
		}
	case scheme == "http":
		u, err := url.Parse(text)
		if ip := net.ParseIP(hostOf(u)); err != nil || u.Hostname() != "localhost" && (ip == nil || !ip.IsLoopback()) {
			return nil, errors.New("what is sent over http can be read on the way (fix: write https://)")
		}
	}
	return text, nil
}

func hostOf(u *url.URL) string {
	if u == nil {
		return ""
	}
	return u.Hostname()
}
