package status

import (
	"encoding/json"
	"fmt"
	"html"
	"maps"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/honderd/honderd/look"
)

// isKind reports whether the value of a field is of a kind: a name of one, or the values that it may have.
func isKind(kind string, v any) bool {
	if rest, may := strings.CutPrefix(kind, "null or "); may {
		return v == nil || isKind(rest, v)
	}
	text, isText := v.(string)
	switch kind {
	case "id":
		return isText && regexp.MustCompile(`^[a-z0-9]{12}$`).MatchString(text)
	case "text":
		return isText
	case "name":
		return isText && text != ""
	case "time":
		_, err := time.Parse(time.RFC3339, text)
		return isText && err == nil
	case "day":
		_, err := time.Parse(time.DateOnly, text)
		return isText && err == nil
	case "url":
		u, err := url.Parse(text)
		return isText && err == nil && u.Host != "" && strings.HasPrefix(u.Scheme, "http")
	case "bool":
		_, is := v.(bool)
		return is
	case "number":
		_, is := v.(float64)
		return is
	case "list":
		_, is := v.([]any)
		return is
	}
	return isText && slices.Contains(strings.Split(kind, "|"), text)
}

// shape says what is wrong with the fields of an object: each that is named is there, and
// no other but ours.
func shape(at string, v any, fields map[string]string, ours ...string) (wrong []string) {
	o, is := v.(map[string]any)
	if !is {
		return []string{at + " is no object"}
	}
	for name, kind := range fields {
		if value, there := o[name]; !there || !isKind(kind, value) {
			wrong = append(wrong, fmt.Sprintf("%s.%s is %v, want %s", at, name, value, kind))
		}
	}
	for name := range o {
		if fields[name] == "" && !slices.Contains(ours, name) {
			wrong = append(wrong, fmt.Sprintf("%s.%s is not in the shape", at, name))
		}
	}
	return wrong
}

// each applies a shape to each object of a list, and returns them.
func each(at string, v any, do func(at string, o map[string]any)) (n int) {
	list, _ := v.([]any)
	for i, one := range list {
		o, _ := one.(map[string]any)
		do(fmt.Sprintf("%s[%d]", at, i), o)
	}
	return len(list)
}

// The shapes of Statuspage's public API, version 2, field by field, as those who read it
// know them.
//
// Source: https://metastatuspage.com/api, and the types of its public clients.
func TestTheShapeOfStatuspageFieldByField(t *testing.T) {
	h := of(hurtBoard(), func(o *Options) { o.URL = "https://status.shop.example" })
	const statuses = "operational|degraded_performance|partial_outage|major_outage|under_maintenance"
	page := map[string]string{"id": "id", "name": "name", "url": "url", "time_zone": "name", "updated_at": "time"}
	component := map[string]string{
		"id": "id", "name": "name", "status": statuses, "created_at": "time", "updated_at": "time", "position": "number", "description": "null or text", "showcase": "bool",
		"start_date": "null or day", "group_id": "null or id", "page_id": "id", "group": "bool", "only_show_if_degraded": "bool",
	}
	incident := map[string]string{
		"id": "id", "name": "name", "status": "investigating|identified|monitoring|resolved|postmortem", "created_at": "time", "updated_at": "time", "monitoring_at": "null or time",
		"resolved_at": "null or time", "impact": "none|minor|major|critical", "shortlink": "url", "started_at": "time", "page_id": "id", "incident_updates": "list", "components": "list",
	}
	work := map[string]string{}
	maps.Copy(work, incident)
	work["status"], work["impact"], work["scheduled_for"], work["scheduled_until"] = "scheduled|in_progress|verifying|completed", "maintenance", "time", "time"
	check := func(wrong []string) {
		t.Helper()
		for _, one := range wrong {
			t.Error(one)
		}
	}
	var known []string
	components := func(at string, v any) {
		each(at, v, func(at string, o map[string]any) {
			check(shape(at, o, component, "measured"))
			if id, _ := o["id"].(string); !slices.Contains(known, id) {
				t.Errorf("%s has the ID %s, which no component of the page has", at, id)
			}
		})
	}
	incidents := func(at string, v any, fields map[string]string) int {
		return each(at, v, func(at string, o map[string]any) {
			check(shape(at, o, fields, "people_hurt"))
			update := map[string]string{
				"id": "id", "status": fields["status"], "body": "name", "incident_id": "id", "created_at": "time", "updated_at": "time", "display_at": "time",
				"affected_components": "list", "deliver_notifications": "bool", "custom_tweet": "null or text", "tweet_id": "null or text",
			}
			if each(at+".incident_updates", o["incident_updates"], func(at string, u map[string]any) {
				check(shape(at, u, update))
				if u["incident_id"] != o["id"] {
					t.Errorf("%s is of %v, not of %v", at, u["incident_id"], o["id"])
				}
			}) == 0 && fields["impact"] != "maintenance" {
				t.Errorf("%s has no update", at)
			}
			components(at+".components", o["components"])
		})
	}
	total := 0
	for _, name := range append([]string{"components.json"}, spNames()...) {
		w := ask(h, "/api/v2/"+name, nil)
		var doc map[string]any
		if err := json.Unmarshal(w.Body.Bytes(), &doc); err != nil || w.Code != http.StatusOK || !strings.HasPrefix(w.Header().Get("Content-Type"), "application/json") {
			t.Fatal(name, w.Code, err)
		}
		check(shape(name+": page", doc["page"], page))
		if name == "components.json" && known == nil {
			each(name, doc["components"], func(_ string, o map[string]any) { known = append(known, o["id"].(string)) })
		}
		if v, there := doc["status"]; there {
			check(shape(name+": status", v, map[string]string{"indicator": "none|minor|major|critical|maintenance", "description": "name"}))
		}
		components(name+": components", doc["components"])
		total += incidents(name+": incidents", doc["incidents"], incident)
		total += incidents(name+": scheduled_maintenances", doc["scheduled_maintenances"], work)
		for key := range doc {
			if !slices.Contains([]string{"page", "status", "components", "incidents", "scheduled_maintenances"}, key) {
				t.Errorf("%s has %s", name, key)
			}
		}
	}
	if total < 6 || len(known) < 3 {
		t.Errorf("%d incidents and %d components were looked at: too few", total, len(known))
	}
}

// schemas is the part of schema.org that we speak: for each type what it is also, what it
// must have, and of what kind each of its properties is.
//
// Source: https://schema.org/version/latest/schemaorg-current-https.jsonld
func schemas() map[string]map[string]string {
	return map[string]map[string]string{
		"Thing":               {"name": "text", "description": "text", "url": "url"},
		"CreativeWork":        {"is": "Thing", "inLanguage": "text", "dateModified": "time", "text": "text", "expires": "time", "hasPart": "of CreativeWork", "about": "of Thing", "dateCreated": "time"},
		"WebPage":             {"is": "CreativeWork", "must": "name url"},
		"SpecialAnnouncement": {"is": "CreativeWork", "datePosted": "time", "must": "name datePosted text url"},
		"Event":               {"is": "Thing", "startDate": "time", "endDate": "time", "eventStatus": "https://schema.org/EventScheduled|https://schema.org/EventCancelled", "location": "of VirtualLocation", "must": "name startDate location"},
		"VirtualLocation":     {"is": "Thing", "must": "url"},
	}
}

// isA reports whether a type is another one, or a kind of it.
func isA(name, of string) bool {
	for ; name != ""; name = schemas()[name]["is"] {
		if name == of {
			return true
		}
	}
	return false
}

// wrongLinked says what is wrong with an object of JSON-LD that must be of a type.
func wrongLinked(at string, v any, of string) (wrong []string) {
	if list, is := v.([]any); is {
		for i, one := range list {
			wrong = append(wrong, wrongLinked(fmt.Sprintf("%s[%d]", at, i), one, of)...)
		}
		return wrong
	}
	o, _ := v.(map[string]any)
	name, _ := o["@type"].(string)
	if schemas()[name] == nil || !isA(name, of) {
		return []string{fmt.Sprintf("%s is of type %q, want %s", at, name, of)}
	}
	for must := range strings.FieldsSeq(schemas()[name]["must"]) {
		if o[must] == nil || o[must] == "" {
			wrong = append(wrong, fmt.Sprintf("%s (%s) has no %s", at, name, must))
		}
	}
	for property, value := range o {
		if strings.HasPrefix(property, "@") {
			continue
		}
		kind := ""
		for t := name; t != "" && kind == ""; t = schemas()[t]["is"] {
			kind = schemas()[t][property]
		}
		if of, object := strings.CutPrefix(kind, "of "); object {
			wrong = append(wrong, wrongLinked(at+"."+property, value, of)...)
		} else if kind == "" || property == "is" || property == "must" || !isKind(kind, value) {
			wrong = append(wrong, fmt.Sprintf("%s.%s is %v, want %q", at, property, value, kind))
		}
	}
	return wrong
}

func TestWhatSearchEnginesReadIsInTheVocabulary(t *testing.T) {
	h := of(hurtBoard(), func(o *Options) { o.URL, o.Tongue = "https://status.shop.example", look.NL })
	for _, path := range []string{"/status", "/status/history", "/status/incidents/2026-11-20-0900"} {
		_, rest, found := strings.Cut(ask(h, path, nil).Body.String(), `<script type="application/ld+json">`)
		text, _, _ := strings.Cut(rest, "</script>")
		var o map[string]any
		if err := json.Unmarshal([]byte(html.UnescapeString(text)), &o); err != nil || !found || o["@context"] != "https://schema.org" {
			t.Fatal(path, err, text)
		}
		for _, one := range wrongLinked(path, o, "WebPage") {
			t.Error(one)
		}
		if path == "/status" && !strings.Contains(text, "SpecialAnnouncement") || !strings.Contains(text, `"Event"`) {
			t.Errorf("%s tells too little: %s", path, text)
		}
	}
}
