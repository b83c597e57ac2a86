package backstage

import (
	"strings"

	"github.com/honderd/honderd/internal/link"
	"github.com/honderd/honderd/service"
)

// ours is what annotations for us begin with.
const ours = "honderd.dev/"

// entriesOf returns what the entities of a catalog say of services: components, APIs and
// resources. Groups and users say how their members are reached.
//
// Source: Backstage, "Descriptor Format of Catalog Entities".
func entriesOf(documents []map[string]any, where string) (list []service.Entry) {
	contacts := map[string]string{}
	for _, d := range documents {
		spec, meta := part(d, "spec"), part(d, "metadata")
		if kind := text(d, "kind"); kind == "Group" || kind == "User" {
			contacts[strings.ToLower(kind)+":"+text(meta, "name")] = text(part(spec, "profile"), "email")
		}
	}
	for _, d := range documents {
		kind := text(d, "kind")
		if !strings.HasPrefix(text(d, "apiVersion"), "backstage.io/") || kind != "Component" && kind != "API" && kind != "Resource" {
			continue
		}
		spec, meta := part(d, "spec"), part(d, "metadata")
		notes := part(meta, "annotations")
		e := service.Entry{
			Name: text(meta, "name"), Source: service.FromBackstage, Title: text(meta, "title"), Owner: refName(text(spec, "owner")),
			Contact: text(notes, ours+"contact"), Criticality: text(notes, ours+"criticality"), System: refName(text(spec, "system")), Where: where,
		}
		if name := text(notes, ours+"service"); name != "" {
			e.Name = name
		}
		if e.Contact == "" {
			e.Contact = contacts[groupOf(text(spec, "owner"))]
		}
		for _, key := range []string{"dependsOn", "consumesApis"} {
			for _, ref := range texts(spec[key]) {
				e.Needs = append(e.Needs, refName(ref))
			}
		}
		list = append(list, linked(e, meta))
	}
	return list
}

// linked returns e with the links of an entity.
func linked(e service.Entry, meta map[string]any) service.Entry {
	links, _ := meta["links"].([]any)
	for _, one := range links {
		if m, ok := one.(map[string]any); ok && link.Shows(text(m, "url")) {
			e.Links = append(e.Links, text(m, "url"))
		}
	}
	return e.Clean()
}

// refName returns the name in [kind:][namespace/]name.
func refName(ref string) string {
	if i := strings.LastIndexAny(ref, ":/"); i >= 0 {
		return ref[i+1:]
	}
	return ref
}

// groupOf returns an owner as kind:name: a group, unless it says otherwise.
func groupOf(ref string) string {
	if kind, _, found := strings.Cut(ref, ":"); found {
		return strings.ToLower(kind) + ":" + refName(ref)
	}
	return "group:" + refName(ref)
}

func part(from map[string]any, key string) map[string]any {
	m, _ := from[key].(map[string]any)
	return m
}

func text(from map[string]any, key string) string {
	s, _ := from[key].(string)
	return s
}

func texts(v any) (list []string) {
	all, _ := v.([]any)
	for _, one := range all {
		if s, ok := one.(string); ok {
			list = append(list, s)
		}
	}
	return list
}
