package look

import (
	"math"
	"strconv"
	"strings"
)

// Count returns n with a separator between thousands.
func (r Reader) Count(n int64) string {
	digits := strconv.FormatInt(n, 10)
	sign := ""
	if n < 0 {
		sign, digits = "-", digits[1:]
	}
	separator := ","
	if r.Tongue == NL {
		separator = "."
	}
	var b strings.Builder
	b.WriteString(sign)
	for i, d := range digits {
		if i > 0 && (len(digits)-i)%3 == 0 {
			b.WriteString(separator)
		}
		b.WriteRune(d)
	}
	return b.String()
}

// Share returns p, 0 to 1, as a percentage, and nil as not measured. It is floored:
// only exactly 1 is 100%.
func (r Reader) Share(p *float64) string {
	if p == nil || math.IsNaN(*p) {
		return r.T("not measured")
	}
	return r.Percent(*p)
}

// Percent returns p, 0 to 1, as a percentage with two decimals, floored. It has up to
// five where two would hide how many nines there are, or that it is not zero.
func (r Reader) Percent(p float64) string {
	whole, decimals, ok := percentDigits(p)
	if !ok {
		return whole + "%"
	}
	n := 2
	switch {
	case whole == "99" && decimals[:3] == "999":
		n = min(5, 1+len(decimals)-len(strings.TrimLeft(decimals, "9")))
	case whole == "0" && decimals[:2] == "00":
		n = min(5, 1+len(decimals)-len(strings.TrimLeft(decimals, "0")))
	}
	if whole == "0" && strings.Trim(decimals[:n], "0") == "" {
		return "<" + r.decimal("0.00001") + "%"
	}
	return r.decimal(whole+"."+decimals[:n]) + "%"
}

// Interval returns two shares as short percentages: one decimal where that tells
// them apart.
func (r Reader) Interval(low, high float64) (string, string) {
	short := func(p float64) string {
		whole, decimals, ok := percentDigits(p)
		if !ok {
			return whole + "%"
		}
		return r.decimal(whole+"."+decimals[:1]) + "%"
	}
	if a, b := short(low), short(high); a != b && low < 0.99 {
		return a, b
	}
	return r.Percent(low), r.Percent(high)
}

// percentDigits returns the digits of p as a percentage: before the point, and at
// least five behind it. They come from the shortest decimal that is p, so that 0.29
// is 29 and not 28.999. It returns false for 0 and 1, which need no decimals.
func percentDigits(p float64) (whole, decimals string, ok bool) {
	if p >= 1 {
		return "100", "", false
	}
	if !(p > 0) {
		return "0", "", false
	}
	digits := strings.TrimPrefix(strconv.FormatFloat(p, 'f', -1, 64), "0.") + "0000000"
	whole = strings.TrimLeft(digits[:2], "0")
	if whole == "" {
		whole = "0"
	}
	return whole, digits[2:7], true
}

// decimal writes a number with the decimal sign of the language.
func (r Reader) decimal(s string) string {
	if r.Tongue == NL {
		return strings.Replace(s, ".", ",", 1)
	}
	return s
}

// Decimal returns v with two digits behind the decimal sign.
func (r Reader) Decimal(v float64) string { return r.decimal(strconv.FormatFloat(v, 'f', 2, 64)) }

// Number returns n as Count does.
func (r Reader) Number(n int) string { return r.Count(int64(n)) }

// People returns "1 person", "1,247 people".
func (r Reader) People(n int64) string {
	if n == 1 {
		return r.T("1 person")
	}
	return r.T("%s people", r.Count(n))
}

// Times returns "once", "1,247 times".
func (r Reader) Times(n int64) string {
	if n == 1 {
		return r.T("once")
	}
	return r.T("%s times", r.Count(n))
}

// Bytes returns how much n bytes are: "1.4 MB".
func (r Reader) Bytes(n int64) string {
	units := []string{"kB", "MB", "GB", "TB"}
	if n < 1000 {
		return r.Count(n) + " B"
	}
	v, i := float64(n)/1000, 0
	for v >= 999.95 && i < len(units)-1 {
		v, i = v/1000, i+1
	}
	return r.decimal(strconv.FormatFloat(v, 'f', 1, 64)) + " " + units[i]
}
