package config

import (
	"fmt"
	"net"
	"net/netip"
	"strconv"
	"strings"
	"time"
)

// readAddress reads an address to listen on, as host:port. No host is every address of
// the machine.
func readAddress(text string) (any, error) {
	if scheme, rest, found := strings.Cut(text, "://"); found {
		return nil, fmt.Errorf("%q is not an address as host:port (fix: write %s, without %s://)", text, strings.TrimRight(rest, "/"), scheme)
	}
	if _, err := strconv.ParseUint(text, 10, 16); err == nil {
		return nil, fmt.Errorf("%q is a port without a host (fix: write 127.0.0.1:%s)", text, text)
	}
	host, port, err := net.SplitHostPort(text)
	if err != nil {
		bare := strings.Trim(text, "[]")
		if _, err := netip.ParseAddr(bare); (err == nil || !strings.Contains(text, ":")) && isHost(bare) {
			return nil, fmt.Errorf("%q has no port (fix: write %s)", text, net.JoinHostPort(bare, "8100"))
		}
		return nil, fmt.Errorf("%q is not an address as host:port (fix: write 127.0.0.1:8100)", text)
	}
	if !isHost(host) {
		return nil, fmt.Errorf("%q is not a host (fix: write an address or a name, such as 127.0.0.1:8100)", host)
	}
	if _, err := strconv.ParseUint(port, 10, 16); err != nil {
		return nil, fmt.Errorf("port %q is not a number from 0 to 65535 (fix: write %s)", port, net.JoinHostPort(host, "8100"))
	}
	return text, nil
}

// isHost reports whether host can be the address or the name of a machine.
func isHost(host string) bool {
	if _, err := netip.ParseAddr(host); err == nil {
		return true
	}
	for _, c := range host {
		if !(c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9' || c == '-' || c == '.' || c == '_') {
			return false
		}
	}
	return true
}

// readNetwork reads a network in CIDR notation.
func readNetwork(text string) (any, error) {
	if addr, err := netip.ParseAddr(text); err == nil && addr.Zone() == "" {
		return nil, fmt.Errorf("%q is one address, not a network (fix: write %s/%d)", text, text, addr.BitLen())
	}
	network, err := netip.ParsePrefix(text)
	if err == nil && network.Masked() != network {
		return nil, fmt.Errorf("%q has an address inside the network, not its first (fix: write %s)", text, network.Masked())
	}
	if err == nil {
		return network, nil
	}
	address, _, found := strings.Cut(text, "/")
	if addr, err := netip.ParseAddr(address); found && err == nil {
		return nil, fmt.Errorf("%q has no good number of bits (fix: write a number from 0 to %d after the slash)", text, addr.BitLen())
	}
	return nil, fmt.Errorf("%q is not a network (fix: write it as address/bits, such as 10.0.0.0/8)", text)
}

// readZone reads the name of a time zone that this machine knows.
func readZone(text string) (any, error) {
	if _, err := time.LoadLocation(text); err == nil && text != "" {
		return text, nil
	}
	if meant := meantZone(text); meant != text {
		if _, err := time.LoadLocation(meant); err == nil {
			return nil, fmt.Errorf("%q is not a time zone (fix: write %s)", text, meant)
		}
	}
	return nil, fmt.Errorf("%q is not a time zone that this machine knows (fix: write one as Europe/Amsterdam)", text)
}

// meantZone writes text the way time zones are: Europe/Amsterdam, America/New_York.
func meantZone(text string) string {
	text = strings.ReplaceAll(strings.TrimSpace(text), " ", "_")
	parts := strings.FieldsFunc(strings.ToLower(text), func(r rune) bool { return r == '/' || r == '_' })
	for _, part := range parts {
		if at := strings.Index(strings.ToLower(text), part); at >= 0 && part[0] < 0x80 && len(strings.ToLower(text)) == len(text) {
			text = text[:at] + strings.ToUpper(part[:1]) + part[1:] + text[at+len(part):]
		}
	}
	return text
}
