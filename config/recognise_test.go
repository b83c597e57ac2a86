package config

import (
	"strings"
	"testing"
)

func TestHowLongPeopleAreRecognised(t *testing.T) {
	tests := []struct {
		give, by string
		days     int
		want     string // part of the error
	}{
		{"14d", "address+agent", 14, ""},
		{"24h", "address+agent", 1, ""},
		{"2w", "address+agent", 14, ""},
		{"address", "address", 0, ""},
		{"address 30d", "address", 30, ""},
		{"header:X-User-Id  24h", "header:X-User-Id", 1, ""},
		{"field:user_id 400d", "field:user_id", 400, ""},
		{"36h", "", 0, "fix: write 14d"},
		{"0", "", 0, "fix: write 14d"},
		{"401d", "", 0, "fix: write 14d"},
		{"14 days", "", 0, "fix: write 14d"},
		{"14", "", 0, "fix: write"},
		{"address forever", "", 0, "fix: write"},
		{"adress 14d", "", 0, "fix: write address"},
		{"14d 14d", "", 0, "fix: write"},
		{"", "", 0, "fix: write"},
	}
	for _, tt := range tests {
		r, err := ParseRecognise(tt.give)
		if (tt.want == "") != (err == nil) || err != nil && !strings.Contains(err.Error(), tt.want) {
			t.Errorf("ParseRecognise(%q) = %q, %v; want %q", tt.give, r, err, tt.want)
			continue
		}
		if err == nil && (r.By() != tt.by || r.Days() != tt.days) {
			t.Errorf("ParseRecognise(%q) is by %q for %d days, want %q for %d", tt.give, r.By(), r.Days(), tt.by, tt.days)
		}
	}
	if got := Recognise("address").With("header:X"); got != "header:X" {
		t.Errorf("a rule above a rule is %q", got)
	}
	if got := Recognise("address 3d").With("header:X"); got != "header:X 3d" || Recognise("header:X").Kept() != "header:X 14d" {
		t.Errorf("a rule above a rule and a time is %q", got)
	}
}
