package config

import (
	"fmt"
	"net"
	"net/netip"
	"strings"
)

// Syslog takes access logs that servers send as messages of syslog.
type Syslog struct {
	// Listen is where: udp://127.0.0.1:5514, tcp://127.0.0.1:5514, unix:///path for
	// streams, unixgram:///path for datagrams.
	Listen []string `yaml:"listen" is:"syslog"`

	// From are the networks that may send over UDP and TCP. When it is not written:
	// this machine alone.
	From []netip.Prefix `yaml:"from" is:"network"`

	// Format is how the lines in the messages are written, as for a log. When it is
	// not written it is found out.
	Format string `yaml:"format" is:"format"`
}

// receiveKind returns the kinds that only what is said of senders has.
func receiveKind(is string) (kind, bool) {
	if is == "syslog" {
		return kind{noun: "an address of syslog", example: "udp://127.0.0.1:5514", text: true, once: true, read: readSyslog}, true
	}
	return kind{}, false
}

// readSyslog reads where messages of syslog come to.
func readSyslog(text string) (any, error) {
	network, where, ok := strings.Cut(text, "://")
	switch {
	case ok && (network == "udp" || network == "tcp"):
		if _, _, err := net.SplitHostPort(where); err == nil {
			return text, nil
		}
	case ok && (network == "unix" || network == "unixgram") && strings.HasPrefix(where, "/"):
		return text, nil
	}
	return nil, fmt.Errorf("%q is no address of syslog (fix: write it as udp://127.0.0.1:5514, tcp://127.0.0.1:5514, unix:///run/honderd/log or unixgram:///run/honderd/log)", text)
}
