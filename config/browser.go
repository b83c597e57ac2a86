package config

import (
	"fmt"
	"net/url"
	"strings"
)

// Browser says which pages may tell what the people before them saw.
type Browser struct {
	// Origins are where pages come from that may tell, such as https://shop.example.
	// Without any: pages of the host that is asked.
	Origins []string `yaml:"origins" is:"origin"`

	// Key is what pages show. It stands in the page, so it is no secret. Without it:
	// none is asked for.
	Key string `yaml:"key" is:"secret"`

	// Count says what is kept: all, or only what is unseen by servers. When it is not
	// written: unseen where there are logs or a gateway, else all.
	Count string `yaml:"count" is:"all|unseen"`
}

// readOrigin reads where pages come from: a scheme and a host, whose first part may be *.
func readOrigin(text string) (any, error) {
	if text == "*" {
		return text, nil
	}
	address, err := url.Parse(strings.Replace(text, "://*.", "://", 1))
	switch {
	case err != nil || address.Host == "" || address.Scheme != "https" && address.Scheme != "http" || strings.Contains(address.Host, "*"):
		bare, _, _ := strings.Cut(strings.TrimLeft(text, "*./"), "/")
		if bare == "" || strings.ContainsAny(bare, "*: \t") {
			bare = "shop.example"
		}
		return nil, fmt.Errorf("%q is not the origin of pages (fix: write https://%s)", text, bare)
	case address.User != nil || address.RawQuery != "" || address.Fragment != "" || address.Path != "":
		whole, _, _ := strings.Cut(text[len(address.Scheme)+len("://"):], "/")
		whole = whole[strings.LastIndexByte(whole, '@')+1:]
		if end := strings.IndexAny(whole, "?#"); end >= 0 {
			whole = whole[:end]
		}
		return nil, fmt.Errorf("%q is more than the origin of pages (fix: write %s://%s)", text, address.Scheme, whole)
	}
	return strings.ToLower(text), nil
}
