package config

import (
	"strings"
	"testing"

	"github.com/honderd/honderd/money"
)

func TestAnHourIsWorthWhatIsWritten(t *testing.T) {
	tests := []struct {
		give string
		want money.Rate
		say  string // part of the mistake; "" for none
	}{
		{"hour: 40", money.Rate{Currency: "EUR", Low: 40, High: 40}, ""},
		{"{hour: 25.50-60, currency: CHF}", money.Rate{Currency: "CHF", Low: 25.5, High: 60}, ""},
		{"currency: USD", money.Rate{}, ""},
		{"hour: 60-25", money.Rate{}, "swap the two"},
		{"hour: much", money.Rate{}, "fix: write one such as 40"},
		{"hour: 0", money.Rate{}, "fix: write one such as 40"},
		{"currency: euro", money.Rate{}, "its three letters"},
	}
	for _, tt := range tests {
		c, err := Parse("f", []byte("cost: "+strings.TrimSpace(indent(tt.give))+"\n"))
		if tt.say != "" {
			if err == nil || !strings.Contains(err.Error(), tt.say) {
				t.Errorf("%s: %v, want %q", tt.give, err, tt.say)
			}
			continue
		}
		if err != nil || c.Cost.Rate() != tt.want {
			t.Errorf("%s: %v, %v, want %v", tt.give, c.Cost.Rate(), err, tt.want)
		}
	}
}

// indent puts a key on a line of its own.
func indent(text string) string {
	if strings.HasPrefix(text, "{") {
		return text
	}
	return "{" + text + "}"
}
