package config

import (
	"errors"
	"fmt"
	"net/http"
	"strings"

	"github.com/honderd/honderd/gateway"
)

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
