package status

import (
	"encoding/json"
	"fmt"
	"html"
	"strings"

	"github.com/honderd/honderd/view"
)

// badge makes a badge, as SVG or as what shields.io draws one from: of all ("status"), of
// the flawless days of a year ("days") or of one component, by its ID.
func (s *site) badge(a asked, b Board, name string) (media string, write func() ([]byte, error)) {
	a.rest = ""
	name, svg := strings.CutSuffix(name, ".svg")
	name, endpoint := strings.CutSuffix(name, ".json")
	if svg == endpoint {
		return "", nil
	}
	label, message, health, ok := s.sheet(a, b).badge(name)
	if !ok {
		return "", nil
	}
	if svg {
		return "image/svg+xml", func() ([]byte, error) { return drawBadge(label, message, health), nil }
	}
	return "application/json; charset=utf-8", func() ([]byte, error) {
		return json.Marshal(shield{1, label, message, badgeColour(health), health == view.MajorOutage, 60})
	}
}

// shield is the answer for shields.io, which refuses keys that it does not know.
//
// Source: https://shields.io/badges/endpoint-badge.
type shield struct {
	SchemaVersion int    `json:"schemaVersion"`
	Label         string `json:"label"`
	Message       string `json:"message"`
	Color         string `json:"color"`
	IsError       bool   `json:"isError"`
	CacheSeconds  int    `json:"cacheSeconds"`
}

func (s sheet) badge(name string) (label, message string, health view.Health, ok bool) {
	switch name {
	case "status":
		return s.R.Plain(s.Title()), healthSays(s.R, s.Health), s.Health, true
	case "days":
		return s.daysBadge()
	}
	for _, c := range s.Components {
		if c.ID == name {
			return c.Name, healthSays(s.R, c.Now.Health), c.Now.Health, true
		}
	}
	return "", "", "", false
}

// daysBadge tells on how many days of the year everybody had a flawless day.
func (s sheet) daysBadge() (label, message string, health view.Health, ok bool) {
	measured, flawless := 0, 0
	for _, d := range s.days() {
		if d.Active > 0 {
			measured++
			if d.Hurt == 0 {
				flawless++
			}
		}
	}
	health = view.Unmeasured
	message = s.R.T("not measured")
	if measured > 0 {
		message, health = s.R.T("%s of %s", s.R.Number(flawless), s.R.Number(measured)), view.Operational
		if flawless < measured {
			health = view.Degraded
		}
	}
	return s.R.T("flawless days"), message, health, true
}

// badgeColour returns the colour of a health. White on it can be read (contrast 4.5 and up).
func badgeColour(h view.Health) string {
	switch h {
	case view.Operational:
		return "#1f7573"
	case view.Degraded:
		return "#9a5b00"
	case view.PartialOutage:
		return "#b8430f"
	case view.MajorOutage:
		return "#a3200d"
	}
	return "#5b676b"
}

// drawBadge draws a badge in the flat shape that others have.
func drawBadge(label, message string, h view.Health) []byte {
	label, message = clip(label, 40), clip(message, 40)
	a, b := textWidth(label)+12, textWidth(message)+12
	l, m := html.EscapeString(label), html.EscapeString(message)
	return fmt.Appendf(nil, `<svg xmlns="http://www.w3.org/2000/svg" width="%[1]d" height="20" role="img" aria-label="%[2]s: %[3]s"><title>%[2]s: %[3]s</title>`+
		`<clipPath id="r"><rect width="%[1]d" height="20" rx="3"/></clipPath>`+
		`<g clip-path="url(#r)"><rect width="%[4]d" height="20" fill="#3b4548"/><rect x="%[4]d" width="%[5]d" height="20" fill="%[6]s"/></g>`+
		`<g fill="#fff" text-anchor="middle" font-family="Verdana,Geneva,DejaVu Sans,sans-serif" font-size="11">`+
		`<text x="%[7]d" y="14" textLength="%[8]d">%[2]s</text><text x="%[9]d" y="14" textLength="%[10]d">%[3]s</text></g></svg>`+"\n",
		a+b, l, m, a, b, badgeColour(h), a/2, a-12, a+b/2, b-12)
}

func clip(s string, most int) string {
	if runes := []rune(s); len(runes) > most {
		return string(runes[:most-1]) + "…"
	}
	return s
}

// textWidth returns about how many pixels a text has in Verdana of 11 pixels. Where the
// font differs, textLength stretches it.
func textWidth(s string) int {
	width := 0.0
	for _, r := range s {
		switch {
		case strings.ContainsRune("il.,:;|!'", r):
			width += 3.6
		case strings.ContainsRune("fjrt ()-", r):
			width += 4.5
		case strings.ContainsRune("mwMW%", r):
			width += 10.2
		case r >= 'A' && r <= 'Z':
			width += 7.6
		default:
			width += 6.8
		}
	}
	return max(8, int(width))
}
