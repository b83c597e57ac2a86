package config

import (
	_ "embed" // for servicesSource
	"fmt"
	"strings"

	"github.com/honderd/honderd/internal/link"
	"github.com/honderd/honderd/service"
)

//go:embed services.go
var servicesSource string // the comments in it describe the keys

// Service is what somebody says of one service. It counts before what Backstage,
// Kubernetes and traces say.
type Service struct {
	// Name is how the service is called, as in traces. It must be written.
	Name string `yaml:"name" is:"service,required"`

	// Owner is whose it is: a team or a person.
	Owner string `yaml:"owner" is:"text"`

	// Contact is how the owner is reached: an address, a channel, a number.
	Contact string `yaml:"contact" is:"text"`

	// Criticality is how much hangs on it: critical, high, medium or low.
	Criticality string `yaml:"criticality" is:"critical|high|medium|low"`

	// Needs are the services that it cannot do without.
	Needs []string `yaml:"needs" is:"service"`

	// Vendor is the name of the dependency that it comes from, when it is somebody
	// else's.
	Vendor string `yaml:"vendor" is:"text"`

	// Hosts are the names that people ask it by.
	Hosts []string `yaml:"hosts" is:"asked by"`

	// Matches are labels of metrics that are of it, as name=value.
	Matches []string `yaml:"matches" is:"match"`

	// Links are where more is told of it, such as a runbook.
	Links []string `yaml:"links" is:"link"`
}

// Entry returns what s says, as the catalog has it.
func (s Service) Entry() service.Entry {
	return service.Entry{
		Name: s.Name, Source: service.FromConfiguration, Owner: s.Owner, Contact: s.Contact, Criticality: s.Criticality, Needs: s.Needs,
		Vendor: s.Vendor, Hosts: s.Hosts, Matches: s.Matches, Links: s.Links,
	}.Clean()
}

// serviceKind returns the kinds of what is said of services.
func serviceKind(is string) (kind, bool) {
	switch is {
	case "service":
		return kind{noun: "the name of a service", example: "checkout", text: true, read: readService}, true
	case "asked by":
		return kind{noun: "the name of a host", example: "shop.example", text: true, read: readHost}, true
	case "match":
		return kind{noun: "a label as name=value", example: "job=postgres", text: true, read: readMatch}, true
	case "link":
		return kind{noun: "a web address", example: "https://wiki.example/checkout", text: true, read: readLink}, true
	case "catalog":
		return kind{noun: "the path or address of a catalog-info.yaml", example: "https://git.example/shop/catalog-info.yaml", text: true, once: true, read: readCatalog}, true
	}
	return kind{}, false
}

func readService(text string) (any, error) {
	if text == "" || service.Name(text) != text {
		return nil, fmt.Errorf("%.80q is not the name of a service (fix: write one line of at most %d bytes)", text, service.MaxName)
	}
	return text, nil
}

func readMatch(text string) (any, error) {
	name, value, found := strings.Cut(text, "=")
	if !found || name == "" || value == "" || strings.ContainsAny(name, " \"{}~!") {
		return nil, fmt.Errorf("%.80q is not a label (fix: write name=value, such as job=postgres)", text)
	}
	return text, nil
}

func readLink(text string) (any, error) {
	if !link.Shows(text) {
		return nil, fmt.Errorf("%.80q is not a web address (fix: write https://..., without a password)", text)
	}
	return text, nil
}

func readCatalog(text string) (any, error) {
	if strings.Contains(text, "://") {
		return readLink(text)
	}
	return readFilled(text)
}
