package look

import (
	"testing"

	"github.com/honderd/honderd/money"
)

func TestAmountsAreRoundedAwayFromEachOther(t *testing.T) {
	tests := []struct {
		give   *money.Range
		en, nl string
	}{
		{nil, "not known", "niet bekend"},
		{&money.Range{Currency: "EUR", Low: 80.9, High: 1190.1}, "€\u00a080 to €\u00a01,191", "€\u00a080 tot €\u00a01.191"},
		{&money.Range{Currency: "CHF", Low: 2.499, High: 9.101}, "CHF\u00a02.49 to CHF\u00a09.11", "CHF\u00a02,49 tot CHF\u00a09,11"},
		{&money.Range{Currency: "USD", Low: 40, High: 40}, "$\u00a040", "$\u00a040"},
		{&money.Range{Currency: "EUR"}, "€\u00a00.00", "€\u00a00,00"},
	}
	for _, tt := range tests {
		if got := For(EN, nil).Amount(tt.give); got != tt.en {
			t.Errorf("%+v: %q, want %q", tt.give, got, tt.en)
		}
		if got := For(NL, nil).Amount(tt.give); got != tt.nl {
			t.Errorf("%+v: %q, want %q", tt.give, got, tt.nl)
		}
	}
}
