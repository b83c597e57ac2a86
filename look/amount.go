package look

import (
	"strconv"

	"github.com/honderd/honderd/money"
)

// Amount returns what lies between two amounts, without false precision: "€ 80 to € 190".
// Cents are shown below ten; the lower end is rounded down, the higher one up.
func (r Reader) Amount(m *money.Range) string {
	if m == nil {
		return r.T("not known")
	}
	low, high := r.amount(m.Currency, m.Low, false), r.amount(m.Currency, m.High, true)
	if low == high || m.Low == m.High {
		return r.amount(m.Currency, m.Low, false)
	}
	return r.T("%s to %s", low, high)
}

// amount writes one amount.
func (r Reader) amount(currency string, v float64, up bool) string {
	if sign := map[string]string{"EUR": "€", "USD": "$", "GBP": "£", "JPY": "¥"}[currency]; sign != "" {
		currency = sign
	}
	if v < 10 {
		cents := v * 100
		n := int64(cents)
		if up && cents > float64(n) {
			n++
		}
		rest := strconv.FormatInt(100+n%100, 10)[1:]
		return currency + "\u00a0" + r.Count(n/100) + r.decimal("."+rest)
	}
	n := int64(v)
	if up && v > float64(n) {
		n++
	}
	return currency + "\u00a0" + r.Count(n)
}
