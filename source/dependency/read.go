package dependency

import (
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/honderd/honderd/internal/feed"
)

// readStatuspage reads /api/v2/summary.json of Atlassian's Statuspage, and of all that
// speak the same.
func readStatuspage(body []byte) (s Status, err error) {
	var page struct {
		Status struct {
			Indicator   string `json:"indicator"`
			Description string `json:"description"`
		} `json:"status"`
		Incidents []struct {
			Name      string    `json:"name"`
			Impact    string    `json:"impact"`
			Status    string    `json:"status"`
			Shortlink string    `json:"shortlink"`
			StartedAt time.Time `json:"started_at"`
			CreatedAt time.Time `json:"created_at"`
		} `json:"incidents"`
	}
	if err := json.Unmarshal(body, &page); err != nil {
		return s, fmt.Errorf("it is no JSON of a status page: %.100s", err.Error())
	}
	if !slices.Contains([]string{"none", "minor", "major", "critical", "maintenance"}, page.Status.Indicator) {
		return s, errors.New("it is no status page: it has no status with an indicator (fix: name the address of the page itself)")
	}
	s.State, s.Says = page.Status.Indicator, page.Status.Description
	for _, one := range page.Incidents[:min(len(page.Incidents), most)] {
		from := one.StartedAt
		if from.IsZero() {
			from = one.CreatedAt
		}
		s.Incidents = append(s.Incidents, Incident{one.Name, one.Impact, one.Status, from, one.Shortlink})
	}
	return s, nil
}

// readFeed reads RSS or Atom. A feed does not say how it is now: its state is not known.
func readFeed(body []byte) (s Status, err error) {
	list, err := feed.Parse(body, most)
	for _, e := range list {
		s.Incidents = append(s.Incidents, Incident{Name: e.Title, From: e.At, URL: e.URL})
	}
	return s, err
}

// line makes s one line of text.
func line(s string) string {
	s = strings.Join(strings.FieldsFunc(s, func(c rune) bool { return c == utf8.RuneError || !unicode.IsPrint(c) || c == ' ' }), " ")
	if len(s) <= maxText {
		return s
	}
	end := maxText
	for !utf8.RuneStart(s[end]) {
		end--
	}
	return s[:end]
}
