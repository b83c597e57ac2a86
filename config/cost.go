package config

import (
	_ "embed" // for the comments
	"fmt"
	"strconv"
	"strings"

	"github.com/honderd/honderd/money"
)

//go:embed cost.go
var costSource string // the comments in it describe the keys

// Cost says what it costs that people lose time.
type Cost struct {
	// Currency is what money is counted in: the three letters of ISO 4217.
	Currency string `yaml:"currency" is:"currency"`

	// Hour is what an hour of lost time of one person is worth: one number, or at least
	// and at most, such as 25-60. When it is not written: no money is shown, for it is
	// not known.
	Hour string `yaml:"hour" is:"range"`
}

// Rate returns what an hour is worth; the zero Rate when it is not written.
func (c Cost) Rate() money.Rate {
	low, high, err := readEnds(c.Hour)
	if err != nil {
		return money.Rate{}
	}
	return money.Rate{Currency: c.Currency, Low: low, High: high}
}

// costKind returns the kinds of what things cost.
func costKind(is string) (kind, bool) {
	switch is {
	case "currency":
		return kind{noun: "a currency", example: "EUR", pattern: "^[A-Z]{3}$", text: true, read: readCurrency}, true
	case "range":
		return kind{noun: "an amount, or two with - between them", example: "25-60", pattern: "^[0-9.]+(-[0-9.]+)?$", read: readRange}, true
	}
	return kind{}, false
}

func readCurrency(text string) (any, error) {
	if len(text) != 3 || strings.Trim(text, "ABCDEFGHIJKLMNOPQRSTUVWXYZ") != "" {
		return nil, fmt.Errorf("%q is not a currency (fix: write its three letters, such as EUR)", text)
	}
	return text, nil
}

func readRange(text string) (any, error) {
	if _, _, err := readEnds(text); err != nil {
		return nil, err
	}
	return text, nil
}

// maxHour is more than anybody's hour is worth: a larger number is a slip of the finger.
const maxHour = 1e6

// readEnds reads 40 or 25-60.
func readEnds(text string) (low, high float64, err error) {
	first, last, found := strings.Cut(text, "-")
	if !found {
		last = first
	}
	low, err = strconv.ParseFloat(strings.TrimSpace(first), 64)
	if err == nil {
		high, err = strconv.ParseFloat(strings.TrimSpace(last), 64)
	}
	if err != nil || !(low >= 0) || !(high > 0) || high > maxHour {
		return 0, 0, fmt.Errorf("%q is not an amount (fix: write one such as 40, or two such as 25-60)", text)
	}
	if low > high {
		return 0, 0, fmt.Errorf("%q ends lower than it begins (fix: swap the two)", text)
	}
	return low, high, nil
}
