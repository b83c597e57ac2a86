package holiday

import (
	"slices"
	"time"

	"github.com/rickar/cal/v2"
	"github.com/rickar/cal/v2/aa"
	"github.com/rickar/cal/v2/nl"
)

// netherlands returns the days that most people in the Netherlands have off. Two days of
// the official list are working days for most: Good Friday, and Liberation Day in years
// that do not end in 0 or 5. To leave out a day on which people came would hide what went
// wrong on it; to keep one on which nobody came only says "not measured". Easter and
// Pentecost are on a Sunday, on which shops are otherwise open. King's Day is held a day
// early when it would be a Sunday, and that Sunday is then a day like any other.
//
// nl-official is the official list, with Good Friday and each fifth of May.
func netherlands() []region {
	most := []*cal.Holiday{
		nl.Nieuwjaar,
		aa.Easter.Clone(&cal.Holiday{Name: "Eerste Paasdag"}),
		nl.TweedePaasdag,
		nl.Koningsdag,
		nl.Hemelvaart,
		aa.Pentecost.Clone(&cal.Holiday{Name: "Eerste Pinksterdag"}),
		nl.TweedePinksterDag,
		nl.EersteKerstdag,
		nl.TweedeKerstdag,
	}
	fifth := nl.BevrijdingsDag.Clone(nil)
	fifth.Func = func(h *cal.Holiday, year int) time.Time {
		if year%5 != 0 {
			return time.Time{}
		}
		return cal.CalcDayOfMonth(h, year)
	}
	return []region{
		{code: "nl", list: append(slices.Clip(most), fifth), moved: true},
		{code: "nl-official", list: append(slices.Clip(most), nl.BevrijdingsDag, nl.GoedeVrijdag), moved: true},
	}
}
