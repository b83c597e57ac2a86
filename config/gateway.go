package config

import (
	_ "embed" // for schema.go
	"errors"
	"fmt"
	"net/http"
	"strings"
	"time"

	"github.com/honderd/honderd/gateway"
)

//go:embed gateway.go
var gatewaySource string // the comments in it describe the keys

// Gateway stands before backends and hides their faults from people.
type Gateway struct {
	// Listen is where people come to.
	Listen []string `yaml:"listen" is:"address"`

	// Patience is how long a person waits before faults can no longer be hidden from
	// them.
	Patience time.Duration `yaml:"patience" is:"duration"`

	// Plain is where people come to without TLS, when listen has it: they are sent to the
	// first address of listen, and a CA is answered.
	Plain []string `yaml:"plain" is:"address"`

	// TLS says where certificates come from that are in no file.
	TLS GatewayTLS `yaml:"tls"`

	// Cert is a file with the certificate for TLS. When it is not written: without TLS,
	// unless a CA is named.
	Cert string `yaml:"cert" is:"file"`

	// Key is a file with the key of that certificate.
	Key string `yaml:"key" is:"file"`

	// OTLP says where the spans of the gateway go. Without an endpoint: nowhere.
	OTLP GatewayOTLP `yaml:"otlp"`

	// HTTP3 says whether HTTP/3 is spoken too, at the addresses of listen over UDP. It
	// needs TLS.
	HTTP3 string `yaml:"http3" is:"true|false"`

	// Clients says how much one client may have at once; addresses of trusted proxies and
	// of this machine have no such limit.
	Clients GatewayClients `yaml:"clients"`

	// ProxyProtocol says whether connections from trusted proxies begin with the header
	// of the PROXY protocol, version 1 or 2; then it must be there.
	ProxyProtocol string `yaml:"proxy_protocol" is:"off|required"`

	// Beacon says whether the script that tells what people saw is put into pages.
	Beacon string `yaml:"beacon" is:"off|inject"`

	// Page is a file with the HTML that people see when nothing else can be done.
	Page string `yaml:"page" is:"file"`

	// Resolver is the DNS server for the names of backends. When it is not written:
	// those of the machine.
	Resolver string `yaml:"resolver" is:"address"`

	// Pools are the backends, and who is sent to them.
	Pools []Pool `yaml:"pools"`
}

// Pool is backends that have the same answers, and who is sent to them.
type Pool struct {
	// Name is how the pool is called. It must be written.
	Name string `yaml:"name" is:"moment,required"`

	// Hosts are the names that people ask for; *.shop.example is all below. When it is
	// not written: every name.
	Hosts []string `yaml:"hosts" is:"host"`

	// Path is what the paths begin with. When it is not written: all.
	Path string `yaml:"path" is:"path"`

	// To are the addresses of the backends, with http, https, h2c or h2.
	To []string `yaml:"to" is:"backend"`

	// Then are the addresses of backends elsewhere, for when those of to fail.
	Then []string `yaml:"then" is:"backend"`

	// Owner is who mends the backends. When it is not written: nobody.
	Owner string `yaml:"owner" is:"text"`

	// Marker is a field that every good answer of the backends has, as Name or as
	// Name: value.
	Marker string `yaml:"marker" is:"marker"`
}

// gatewayKind returns the kinds of what a gateway and a door for browsers are told.
func gatewayKind(is string) (kind, bool) {
	switch is {
	case "door":
		return kind{noun: "an address as host:port, or off", example: "127.0.0.1:4317", read: readDoor}, true
	case "host":
		return kind{noun: "the name of a host", example: "shop.example", text: true, once: true, read: readHost}, true
	case "path":
		return kind{noun: "what paths begin with", example: "/shop", text: true, read: readPath}, true
	case "backend":
		return kind{noun: "the address of a backend", example: "http://10.0.0.1:80", text: true, once: true, read: readBackend}, true
	case "origin": // of pages that tell what people saw
		return kind{noun: "the origin of pages", example: "https://shop.example", text: true, once: true, read: readOrigin}, true
	case "marker":
		return kind{noun: "a field of answers", example: "X-Shop", text: true, read: readMarker}, true
	}
	return kind{}, false
}

func readHost(text string) (any, error) {
	bare := strings.TrimPrefix(text, "*.")
	if bare == "" || strings.ContainsAny(bare, "/:* \t") {
		return nil, fmt.Errorf("%q is not the name of a host (fix: write shop.example or *.shop.example)", text)
	}
	return strings.ToLower(text), nil
}

func readPath(text string) (any, error) {
	if !strings.HasPrefix(text, "/") || strings.ContainsAny(text, "?#* \t") {
		return nil, fmt.Errorf("%q is not what paths begin with (fix: write /%s)", text, strings.Trim(text, "/?#* \t"))
	}
	return text, nil
}

func readBackend(text string) (any, error) {
	if _, err := gateway.ParseBackend(text); err != nil {
		return nil, errors.New(strings.TrimPrefix(err.Error(), "backend "))
	}
	return text, nil
}

func readMarker(text string) (any, error) {
	name, _, _ := strings.Cut(text, ":")
	if name = strings.TrimSpace(name); name == "" || strings.ContainsAny(name, " \t/") || http.CanonicalHeaderKey(name) == "" {
		return nil, fmt.Errorf("%q is not a field (fix: write X-Shop, or X-Shop: yes)", text)
	}
	return text, nil
}
