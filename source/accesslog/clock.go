package accesslog

import "github.com/honderd/honderd/experience"

// Why a line has no usable time.
const (
	noTime         = "no time"
	impossibleTime = "impossible time"
)

// clfWidth is how long 23/Nov/2026:20:01:09 +0000 is.
const clfWidth = 26

// clock reads times. It remembers the last minute, as most lines share theirs.
type clock struct {
	minute [17]byte // 23/Nov/2026:20:01
	zone   [6]byte  // " +0000"
	base   int64    // Unix milliseconds of that minute there; 0: none yet
	date   int64    // the day that #Date names, for times without one
	last   int64    // the last time of day, in milliseconds
	short  [17]byte // as minute, of times without a zone
	since  int64    // as base
}

// moment is a time in pieces.
type moment struct {
	year, month, day, hour, minute, second int
	milli                                  int64
	zone                                   int // minutes east of Greenwich
}

// ms returns m in Unix milliseconds, or why it is not a time. Second 60 is a leap
// second: it is the same as the next second.
func (m moment) ms() (int64, string) {
	if m.month < 1 || m.month > 12 || m.day < 1 || m.day > daysIn(m.year, m.month) ||
		m.hour > 23 || m.minute > 59 || m.second > 60 || m.zone < -24*60 || m.zone > 24*60 {
		return 0, impossibleTime
	}
	minutes := int64(days(m.year, m.month, m.day))*24*60 + int64(m.hour*60+m.minute-m.zone)
	ms := minutes*60_000 + int64(m.second)*1000 + m.milli
	if !experience.Possible(ms) {
		return 0, impossibleTime
	}
	return ms, ""
}

// days counts the days from 1970-01-01 to a date of the Gregorian calendar.
//
// Source: Howard Hinnant, chrono-Compatible Low-Level Date Algorithms, days_from_civil.
func days(year, month, day int) int {
	if month <= 2 {
		year--
	}
	era := year / 400
	yearOfEra := year - era*400
	dayOfYear := (153*((month+9)%12)+2)/5 + day - 1
	return era*146097 + yearOfEra*365 + yearOfEra/4 - yearOfEra/100 + dayOfYear - 719468
}

func daysIn(year, month int) int {
	switch month {
	case 4, 6, 9, 11:
		return 30
	case 2:
		if year%4 == 0 && (year%100 != 0 || year%400 == 0) {
			return 29
		}
		return 28
	default:
		return 31
	}
}

// clf reads 23/Nov/2026:20:01:09 +0000, perhaps with a fraction of a second.
func (c *clock) clf(v []byte) (int64, string) {
	if len(v) == clfWidth && c.base != 0 && string(v[:17]) == string(c.minute[:]) && string(v[20:]) == string(c.zone[:]) && v[17] == ':' {
		if second := twoDigits(v[18:]); second >= 0 && second <= 60 {
			return c.base + int64(second)*1000, ""
		}
	}
	if len(v) == httplogWidth && c.since != 0 && string(v[:17]) == string(c.short[:]) && v[17] == ':' && v[20] == '.' {
		second, centi, milli := twoDigits(v[18:]), twoDigits(v[21:]), v[23]-'0'
		if second >= 0 && second <= 60 && centi >= 0 && milli < 10 {
			return c.since + int64(second)*1000 + int64(centi)*10 + int64(milli), ""
		}
	}
	if len(v) < clfWidth-len(" +0000") || v[2] != '/' || v[6] != '/' || v[11] != ':' || v[14] != ':' || v[17] != ':' {
		return 0, noTime
	}
	m := moment{year: number(v[7:11]), month: monthNumber(v[3:6]), day: number(v[:2]), hour: number(v[12:14]), minute: number(v[15:17]), second: number(v[18:20])}
	if m.year < 0 || m.month < 0 || m.day < 0 || m.hour < 0 || m.minute < 0 || m.second < 0 {
		return 0, noTime
	}
	var ok bool
	rest := v[20:]
	m.milli, rest = fraction(rest)
	if len(rest) == 0 { // HAProxy writes no zone: it is taken for UTC
		ms, why := m.ms()
		if why == "" && len(v) == httplogWidth {
			copy(c.short[:], v)
			c.since = ms - int64(m.second)*1000 - m.milli
		}
		return ms, why
	}
	if m.zone, ok = zone(rest[1:]); !ok || rest[0] != ' ' {
		return 0, noTime
	}
	ms, why := m.ms()
	if why == "" && len(v) == clfWidth {
		copy(c.minute[:], v)
		copy(c.zone[:], v[20:])
		c.base = ms - int64(m.second)*1000
	}
	return ms, why
}

// iso reads 2026-11-23T20:01:09+00:00, with Z, a fraction or a space as well.
func iso(v []byte) (int64, string) {
	if len(v) < 19 || v[4] != '-' || v[7] != '-' || (v[10] != 'T' && v[10] != ' ' && v[10] != '\t') || v[13] != ':' || v[16] != ':' {
		return 0, noTime
	}
	m := moment{year: number(v[:4]), month: number(v[5:7]), day: number(v[8:10]), hour: number(v[11:13]), minute: number(v[14:16]), second: number(v[17:19])}
	if m.year < 0 || m.month < 0 || m.day < 0 || m.hour < 0 || m.minute < 0 || m.second < 0 {
		return 0, noTime
	}
	rest := v[19:]
	m.milli, rest = fraction(rest)
	if len(rest) > 0 {
		var ok bool
		if m.zone, ok = zone(rest); !ok {
			return 0, noTime
		}
	}
	return m.ms()
}

// epoch reads seconds since 1970 with any fraction, times scale milliseconds, divided
// by per: 1795464069.760.
func epoch(v []byte, scale, per int64) (int64, string) {
	whole, n := int64(0), 0
	for n < len(v) && isDigit(v[n]) {
		if n == 17 {
			return 0, impossibleTime
		}
		whole = whole*10 + int64(v[n]-'0')
		n++
	}
	if n == 0 {
		return 0, noTime
	}
	if whole/per > 1<<52/scale {
		return 0, impossibleTime
	}
	ms := whole * scale / per
	if scale == 1000 {
		milli, _ := fraction(v[n:])
		ms += milli
	}
	if !experience.Possible(ms) {
		return 0, impossibleTime
	}
	return ms, ""
}

// fraction reads .123 or ,123 at the beginning of v in milliseconds.
func fraction(v []byte) (milli int64, rest []byte) {
	if len(v) == 0 || (v[0] != '.' && v[0] != ',') {
		return 0, v
	}
	n, unit := 1, int64(100)
	for n < len(v) && isDigit(v[n]) {
		milli += int64(v[n]-'0') * unit
		unit /= 10
		n++
	}
	return milli, v[n:]
}

// zone reads +0100, +01:00 or Z in minutes.
func zone(v []byte) (minutes int, ok bool) {
	if len(v) == 1 && v[0] == 'Z' {
		return 0, true
	}
	if len(v) == 6 && v[3] == ':' {
		v = []byte{v[0], v[1], v[2], v[4], v[5]}
	}
	if len(v) != 5 || (v[0] != '+' && v[0] != '-') {
		return 0, false
	}
	h, m := number(v[1:3]), number(v[3:5])
	if h < 0 || m < 0 {
		return 0, false
	}
	if v[0] == '-' {
		return -h*60 - m, true
	}
	return h*60 + m, true
}

// twoDigits reads the two digits that v begins with; -1: they are none.
func twoDigits(v []byte) int {
	a, b := v[0]-'0', v[1]-'0'
	if a > 9 || b > 9 {
		return -1
	}
	return int(a)*10 + int(b)
}

// number reads up to nine digits, spaces before them allowed; -1: it is no number.
func number(v []byte) int {
	for len(v) > 1 && v[0] == ' ' {
		v = v[1:]
	}
	if len(v) == 0 || len(v) > 9 {
		return -1
	}
	n := 0
	for _, c := range v {
		if !isDigit(c) {
			return -1
		}
		n = n*10 + int(c-'0')
	}
	return n
}

// monthNumber reads the English name of a month, of which three letters are enough;
// -1: it is none.
func monthNumber(v []byte) int {
	const months = "janfebmaraprmayjunjulaugsepoctnovdec"
	if len(v) < 3 {
		return -1
	}
	for i := 0; i < len(months); i += 3 {
		if v[0]|0x20 == months[i] && v[1]|0x20 == months[i+1] && v[2]|0x20 == months[i+2] {
			return i/3 + 1
		}
	}
	return -1
}

// time returns when the line in m was written, in Unix milliseconds, or why not.
func (c *clock) time(m *matcher, g *Grammar, line []byte) (ms int64, why string) {
	switch {
	case g.has[slotEpochUS]:
		return epoch(m.value(g, slotEpochUS, line), 1, 1000)
	case g.has[slotWhen]:
		return c.when(m.value(g, slotWhen, line))
	case g.has[slotEpochMS]:
		return epoch(m.value(g, slotEpochMS, line), 1, 1)
	case g.has[slotEpoch]:
		ms, why = epoch(m.value(g, slotEpoch, line), 1000, 1)
	case g.has[slotISO]:
		ms, why = iso(m.value(g, slotISO, line))
	case g.has[slotClock]:
		return c.dayAndClock(m, g, line)
	case g.has[slotTime]:
		ms, why = c.clf(m.value(g, slotTime, line))
	default:
		ms, why = assemble(m, g, line)
	}
	if why != "" || (!g.has[slotMilli] && !g.has[slotMicro] && !g.has[slotFraction]) {
		return ms, why
	}
	if v := m.value(g, slotFraction, line); len(v) > 0 {
		milli, unit := int64(0), int64(100)
		for _, c := range v {
			if !isDigit(c) {
				break
			}
			milli += int64(c-'0') * unit
			unit /= 10
		}
		return ms + milli, ""
	}
	if n := number(m.value(g, slotMilli, line)); n >= 0 {
		return ms + int64(n), ""
	}
	return ms + int64(max(0, number(m.value(g, slotMicro, line))))/1000, ""
}

// assemble puts a time together from the pieces of a strftime. Without a zone it is
// taken for UTC.
func assemble(m *matcher, g *Grammar, line []byte) (int64, string) {
	get := func(s slot) int {
		if !g.has[s] {
			return 0
		}
		return number(m.value(g, s, line))
	}
	t := moment{year: get(slotYear), month: get(slotMonth), day: get(slotDay), hour: get(slotHour), minute: get(slotMinute), second: get(slotSecond)}
	if g.has[slotYear2] {
		t.year = get(slotYear2) + 1900
		if t.year < 1970 {
			t.year += 100
		}
	}
	if g.has[slotMonthName] {
		t.month = monthNumber(m.value(g, slotMonthName, line))
	}
	if g.has[slotHour12] {
		t.hour = get(slotHour12) % 12
		if half := m.value(g, slotHalf, line); len(half) > 0 && half[0]|0x20 == 'p' {
			t.hour += 12
		}
	}
	if g.has[slotZone] {
		var ok bool
		if t.zone, ok = zone(m.value(g, slotZone, line)); !ok {
			return 0, noTime
		}
	}
	if t.year < 0 || t.month < 0 || t.day < 0 || t.hour < 0 || t.minute < 0 || t.second < 0 {
		return 0, noTime
	}
	return t.ms()
}
