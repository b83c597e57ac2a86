package config

import (
	_ "embed" // for schema.go
	"fmt"
	"net/mail"
	"net/url"
	"strings"
)

//go:embed tls.go
var tlsSource string // the comments in it describe the keys

// GatewayTLS says where the certificates of a gateway come from.
type GatewayTLS struct {
	// ACME is a CA that gives certificates by itself. Without domains: none is asked.
	ACME ACME `yaml:"acme"`
}

// GatewayClients is what one client may have at once.
type GatewayClients struct {
	// Connections are those that may be open; 0 is as many as all together.
	Connections int `yaml:"connections" is:"at once"`

	// Requests are those that may be being answered; 0 is as many as all together.
	Requests int `yaml:"requests" is:"at once"`
}

// ACME is a CA that gives certificates.
type ACME struct {
	// Domains are the names that certificates are asked for.
	Domains []string `yaml:"domains" is:"domain"`

	// Email is where the CA writes to when something is wrong.
	Email string `yaml:"email" is:"mail"`

	// CA is the address of its directory. When it is not written: that of Let's Encrypt.
	CA string `yaml:"ca" is:"ca"`

	// CARoot is a file with the certificate by which the CA itself is trusted. When it is
	// not written: those of the system.
	CARoot string `yaml:"ca_root" is:"file"`
}

// tlsKind returns the kinds of what a CA is asked by.
func tlsKind(is string) (kind, bool) {
	switch is {
	case "mail":
		return kind{noun: "an e-mail address", example: "ops@shop.example", text: true, read: readMail}, true
	case "domain":
		return kind{noun: "the name of a host", example: "shop.example", text: true, read: readDomain}, true
	case "at once":
		return kind{noun: "a number", example: "1024", number: true, least: 0, most: 1 << 20, read: readNumber(0, 1<<20)}, true
	case "ca":
		return kind{noun: "the address of the directory of a CA", example: "https://ca.internal/acme/directory", text: true, read: readCA}, true
	}
	return kind{}, false
}

func readMail(text string) (any, error) {
	a, err := mail.ParseAddress(text)
	if err != nil || a.Address != text {
		return nil, fmt.Errorf("%q is not an e-mail address alone (fix: write one like ops@shop.example)", text)
	}
	return text, nil
}

// readDomain reads a name that a CA can look at without DNS.
func readDomain(text string) (any, error) {
	if strings.HasPrefix(text, "*.") {
		return nil, fmt.Errorf("%q: a CA gives such a certificate only by DNS, which is not done here (fix: name each host, or files with cert and key)", text)
	}
	return readHost(text)
}

func readCA(text string) (any, error) {
	if u, err := url.Parse(text); err != nil || u.Scheme != "https" || u.Host == "" || u.User != nil {
		return nil, fmt.Errorf("%q is not the address of the directory of a CA (fix: write one like https://ca.internal/acme/directory)", text)
	}
	return text, nil
}
