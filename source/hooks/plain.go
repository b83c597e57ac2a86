package hooks

import (
	"encoding/json"
	"errors"
	"fmt"
	"mime"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/honderd/honderd/release"
)

// plain is a release as a person tells it with curl, in a form or as JSON.
type plain struct {
	Service     string `json:"service"`
	Version     string `json:"version"`
	Environment string `json:"environment"`
	Previous    string `json:"previous"`
	Phase       string `json:"phase"`
	At          any    `json:"at"`
	By          string `json:"by"`
	URL         string `json:"url"`
	Source      string `json:"source"`
}

// readPlain reads releases in a form, or one or a list of them as JSON.
func readPlain(m message) (n News, err error) {
	kind, _, _ := mime.ParseMediaType(m.head.Get("Content-Type"))
	text := strings.TrimSpace(string(m.body))
	var list []plain
	switch {
	case strings.HasPrefix(text, "["):
		err = decode(m.body, &list)
	case strings.HasPrefix(text, "{"):
		list = make([]plain, 1)
		err = decode(m.body, &list[0])
	case kind == "application/x-www-form-urlencoded" || kind == "":
		var form url.Values
		if form, err = url.ParseQuery(text); err == nil {
			list = []plain{{
				form.Get("service"), form.Get("version"), form.Get("environment"), form.Get("previous"), form.Get("phase"), form.Get("at"),
				form.Get("by"), form.Get("url"), form.Get("source"),
			}}
		}
	default:
		err = fmt.Errorf("%.60q is neither a form nor JSON (fix: curl -d service=shop -d version=1.4)", kind)
	}
	if err != nil {
		return n, err
	}
	if len(list) > maxNews {
		return n, fmt.Errorf("it tells more than %d releases (fix: tell fewer at once)", maxNews)
	}
	for _, p := range list {
		r := release.Release{
			Service: p.Service, Version: p.Version, Environment: p.Environment, Previous: p.Previous,
			Phase: release.Phase(first(p.Phase, string(release.Succeeded))), By: p.By, URL: p.URL, Source: first(p.Source, "hook"),
		}
		if r.At, err = plainTime(p.At); err != nil {
			return n, err
		}
		n.Releases = append(n.Releases, r)
	}
	return n, nil
}

// plainTime reads a time as a person writes it: RFC 3339, or seconds since 1970.
func plainTime(v any) (time.Time, error) {
	switch v := v.(type) {
	case nil:
		return time.Time{}, nil
	case float64:
		if v > 0 && v < 1e11 {
			return time.Unix(int64(v), 0), nil
		}
	case string:
		if v == "" {
			return time.Time{}, nil
		}
		if n, err := strconv.ParseInt(v, 10, 64); err == nil && n > 0 && n < 1e11 {
			return time.Unix(n, 0), nil
		}
		if t := when(v); !t.IsZero() {
			return t, nil
		}
	}
	return time.Time{}, errors.New("at is no time (fix: write 2026-11-24T10:00:00Z, or leave it out)")
}

// argo is what our template for the notifications of Argo CD tells; docs/deploys.md has it.
type argo struct {
	App         string `json:"app"`
	Project     string `json:"project"`
	Environment string `json:"environment"`
	Revision    string `json:"revision"`
	Version     string `json:"version"`
	Phase       string `json:"phase"`
	At          string `json:"at"`
	URL         string `json:"url"`
	By          string `json:"by"`
}

func readArgo(m message) (n News, err error) {
	var a argo
	if err := decode(m.body, &a); err != nil {
		return n, err
	}
	phase, ok := map[string]release.Phase{
		"Running": release.Started, "Succeeded": release.Succeeded, "Failed": release.Failed, "Error": release.Failed,
	}[a.Phase]
	if !ok {
		return n, errNothing
	}
	n.Releases = []release.Release{{
		Service: a.App, Version: first(a.Version, a.Revision), Environment: a.Environment, At: when(a.At), By: a.By, URL: a.URL, Source: "argocd", Phase: phase,
	}}
	return n, nil
}

// readFlux reads an event of Flux's notification controller.
func readFlux(m message) (n News, err error) {
	var e struct {
		InvolvedObject struct{ Kind, Name, Namespace string }
		Severity       string
		Timestamp      string
		Reason         string
		Metadata       map[string]string
	}
	if err := decode(m.body, &e); err != nil {
		return n, err
	}
	if e.InvolvedObject.Kind != "Kustomization" && e.InvolvedObject.Kind != "HelmRelease" {
		return n, errNothing
	}
	version := ""
	for name, value := range e.Metadata {
		if name == "revision" || strings.HasSuffix(name, "/revision") {
			version = value
		}
	}
	if at := strings.LastIndexByte(version, '@'); at >= 0 { // main@sha1:b6f2...
		version = version[at+1:]
		_, after, found := strings.Cut(version, ":")
		if found {
			version = after
		}
	}
	r := release.Release{Service: e.InvolvedObject.Name, Version: version, At: when(e.Timestamp), Source: "flux"}
	switch {
	case strings.HasPrefix(e.Reason, "Rollback") && strings.HasSuffix(e.Reason, "Succeeded"):
		r.Phase = release.RolledBack
	case strings.HasSuffix(e.Reason, "Succeeded") && !strings.HasPrefix(e.Reason, "Test") && !strings.HasPrefix(e.Reason, "Uninstall"):
		r.Phase = release.Succeeded
	case e.Severity == "error" || strings.HasSuffix(e.Reason, "Failed"):
		r.Phase = release.Failed
	case e.Reason == "Progressing":
		r.Phase = release.Started
	default:
		return n, errNothing
	}
	if r.Version == "" {
		return n, errNothing
	}
	n.Releases = []release.Release{r}
	return n, nil
}

// readFlagger reads the event hook of Flagger.
func readFlagger(m message) (n News, err error) {
	var e struct {
		Name, Phase string
		Checksum    json.RawMessage
		Metadata    map[string]string
	}
	if err := decode(m.body, &e); err != nil {
		return n, err
	}
	phase, ok := map[string]release.Phase{
		"Progressing": release.Started, "Succeeded": release.Succeeded, "Failed": release.Failed, "Terminated": release.Removed,
	}[e.Phase]
	if !ok {
		return n, errNothing
	}
	at := time.Time{}
	if ms, err := strconv.ParseInt(e.Metadata["timestamp"], 10, 64); err == nil && ms > 0 {
		at = time.UnixMilli(ms)
	}
	n.Releases = []release.Release{{Service: e.Name, Version: strings.Trim(string(e.Checksum), `"`), At: at, Source: "flagger", Phase: phase}}
	return n, nil
}

// readMention reads one thing that somebody said, or a list of them.
func readMention(m message) (n News, err error) {
	var list []Mention
	if strings.HasPrefix(strings.TrimSpace(string(m.body)), "[") {
		err = decode(m.body, &list)
	} else {
		list = make([]Mention, 1)
		err = decode(m.body, &list[0])
	}
	if err != nil {
		return n, err
	}
	if len(list) > maxNews {
		return n, fmt.Errorf("it tells more than %d mentions (fix: tell fewer at once)", maxNews)
	}
	for i := range list {
		one := &list[i]
		if strings.TrimSpace(one.Text) == "" {
			return n, errors.New("a mention has no text (fix: say text)")
		}
		if one.At.IsZero() || one.At.After(m.now.Add(ahead)) {
			one.At = m.now
		}
		one.Source = first(line(one.Source, release.MaxName), "hook")
	}
	n.Mentions = list
	return n, nil
}
