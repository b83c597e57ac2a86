package hooks

import (
	"encoding/base64"
	"encoding/json"
	"fmt"
	"mime"
	"net/url"
	"strings"

	"github.com/honderd/honderd/release"
)

// cloudEvent is a CloudEvent in structured mode, or a CDEvent as it stands.
type cloudEvent struct {
	Type    string          `json:"type"`
	Data    json.RawMessage `json:"data"`
	Base64  string          `json:"data_base64"`
	Context json.RawMessage `json:"context"`
}

// cdEvent is the part of a CDEvent that is looked at, in any of its versions.
type cdEvent struct {
	Context struct {
		Type      string `json:"type"`
		Timestamp string `json:"timestamp"`
	} `json:"context"`
	Subject struct {
		ID      string `json:"id"`
		Source  string `json:"source"`
		Content struct {
			Environment struct {
				ID string `json:"id"`
			} `json:"environment"`
			ArtifactID  string `json:"artifactId"`
			Description string `json:"description"`
			Service     struct {
				ID string `json:"id"`
			} `json:"service"`
		} `json:"content"`
	} `json:"subject"`
}

// readCDEvents reads CDEvents in CloudEvents over HTTP: binary, structured, or a batch.
func readCDEvents(m message) (n News, err error) {
	kind, _, _ := mime.ParseMediaType(m.head.Get("Content-Type"))
	list := []json.RawMessage{m.body}
	if kind == "application/cloudevents-batch+json" {
		list = nil
		if err := decode(m.body, &list); err != nil {
			return n, err
		}
	}
	if len(list) > maxNews {
		return n, fmt.Errorf("it tells more than %d events (fix: tell fewer at once)", maxNews)
	}
	for _, one := range list {
		event, err := unwrap(one)
		if err != nil {
			return n, err
		}
		n.add(event)
	}
	if n.Empty() {
		return n, errNothing
	}
	return n, nil
}

// unwrap returns the CDEvent in a CloudEvent, or the one that body is.
func unwrap(body []byte) (e cdEvent, err error) {
	var outer cloudEvent
	if err := decode(body, &outer); err != nil {
		return e, err
	}
	switch {
	case outer.Context != nil: // binary mode, or no CloudEvent at all
	case outer.Base64 != "":
		if body, err = base64.StdEncoding.DecodeString(outer.Base64); err != nil {
			return e, fmt.Errorf("data_base64 is not base64")
		}
	case outer.Data != nil:
		body = outer.Data
	}
	return e, decode(body, &e)
}

// add keeps what e tells, when it is of a kind that is known.
func (n *News) add(e cdEvent) {
	subject, verb := typeOf(e.Context.Type)
	at, content := when(e.Context.Timestamp), e.Subject.Content
	if subject == "incident" {
		a := Alert{ID: e.Subject.Source + " " + e.Subject.ID, Name: first(content.Description, e.Subject.ID), Service: last(content.Service.ID), From: at, Source: "cdevents"}
		switch verb {
		case "detected", "reported":
		case "resolved":
			a.To = at
		default:
			return
		}
		n.Alerts = append(n.Alerts, a)
		return
	}
	phase, ok := map[string]release.Phase{
		"deployed": release.Succeeded, "upgraded": release.Succeeded, "rolledback": release.RolledBack, "removed": release.Removed,
	}[verb]
	if subject != "service" || !ok {
		return
	}
	n.Releases = append(n.Releases, release.Release{
		Service: last(e.Subject.ID), Version: versionOf(content.ArtifactID), Environment: last(content.Environment.ID), At: at, Source: "cdevents", Phase: phase,
	})
}

// typeOf takes dev.cdevents.service.deployed.0.3.0 apart; its version does not matter.
func typeOf(text string) (subject, verb string) {
	rest, found := strings.CutPrefix(text, "dev.cdevents.")
	parts := strings.SplitN(rest, ".", 3)
	if !found || len(parts) < 2 {
		return "", ""
	}
	return parts[0], parts[1]
}

// versionOf returns the version in a package URL: pkg:oci/myapp@sha256%3A0b31... .
func versionOf(purl string) string {
	purl, _, _ = strings.Cut(purl, "#")
	purl, query, _ := strings.Cut(purl, "?")
	at := strings.LastIndexByte(purl, '@')
	if at < 0 {
		if values, err := url.ParseQuery(query); err == nil && values.Get("tag") != "" {
			return values.Get("tag")
		}
		return last(purl)
	}
	version, err := url.PathUnescape(purl[at+1:])
	if err != nil {
		return purl[at+1:]
	}
	return version
}
