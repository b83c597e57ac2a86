package config

import (
	"fmt"
	"strings"
	"testing"
	"time"
)

func TestHowLongEachKindIsKept(t *testing.T) {
	const day = 24 * time.Hour
	tests := []struct {
		name, give         string
		experiences, calls time.Duration
		want               string // part of the problems; "" for none
	}{
		{"one for all", "keep: 400d", 400 * day, 400 * day, ""},
		{"forever", "keep: 0", 0, 0, ""},
		{"by kind", "keep: {experiences: 400d, checks: 90d}", 400 * day, 0, ""},
		{"forever by kind", "keep: {calls: 30d, experiences: 0}", 0, 30 * day, ""},
		{"a slip", "keep: {experience: 400d}", 0, 0, "did you mean experiences?"},
		{"facts", "keep: {releases: 400d}", 0, 0, "small facts stay"},
		{"no unit", "keep: {calls: 30}", 0, 0, "fix: write 30s"},
		{"nothing", "keep: {calls: }", 0, 0, "calls has no value"},
		{"twice", "keep:\n    calls: 1d\n    calls: 2d", 0, 24 * time.Hour, "twice"},
		{"a list", "keep: [400d]", 0, 0, "keep wants a duration, not a list"},
	}
	for _, tt := range tests {
		for _, section := range []string{"archive", "ledger"} {
			c, err := Parse("honderd.yaml", []byte(section+":\n  "+tt.give+"\n"))
			if got := fmt.Sprint(err); !strings.Contains(got, tt.want) && tt.want != "" || (tt.want == "") != (err == nil) {
				t.Errorf("%s: %s, want %q", tt.name, got, tt.want)
			}
			keep := c.Archive.Keep
			if section == "ledger" {
				keep = c.Ledger.Keep
			}
			if err == nil && (keep.Of(KindExperiences) != tt.experiences || keep.Of(KindCalls) != tt.calls) {
				t.Errorf("%s in %s: %v", tt.name, section, keep)
			}
		}
	}
}
