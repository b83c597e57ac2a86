package felt

import "slices"

// Spell is a time in which people had a bad time, from one minute to another.
type Spell struct {
	From, To int64 // Unix milliseconds
	People   int64 // who had a bad time in it
}

// Limits of a bad spell, all guesses: it needs spellPeople hurt within spellMinutes, a
// share of spellPermille above what is normal, and ends once it was normal for
// spellQuiet minutes.
const (
	spellPeople   = 5
	spellMinutes  = 5
	spellPermille = 30
	spellQuiet    = 15
)

// spells are the bad spells of a scope, with how it stood at each midnight.
type spells struct {
	limit int64
	at    []spelling
	list  []Spell // that are over
}

// spelling is how far the search for spells is: in the minutes before some minute.
type spelling struct {
	active, hurt int64 // people in the last spellMinutes
	open, last   int64 // the spell at hand: its first and last bad minute since 1970; 0 for none
	over         int   // how many spells are over
}

// find finds the spells of l, whose line is given, from the first day on that changed.
func (s *spells) find(l *laid, line *line) []Spell {
	limit, from := l.normal.limit+spellPermille, l.since
	if s.limit != limit || len(s.at) == 0 || from == 0 {
		*s, from = spells{limit: limit, at: []spelling{{}}}, 0
	}
	from = min(from, len(s.at)-1)
	now := s.at[from]
	s.at, s.list = s.at[:from+1], s.list[:now.over:now.over]
	var minutes [spellMinutes + dayMinutes][2]int32 // the last ones of the day before, and the day
	for i := range spellMinutes {
		if from > 0 {
			minutes[i][0], minutes[i][1] = l.days[from-1].minute(dayMinutes - spellMinutes + i)
		}
	}
	for k := from; k < len(l.days); k++ {
		for i := range dayMinutes {
			minutes[spellMinutes+i][0], minutes[spellMinutes+i][1] = l.days[k].minute(i)
		}
		s.day(&now, l.day+int64(k), line, &minutes)
		copy(minutes[:spellMinutes], minutes[dayMinutes:])
		now.over = len(s.list)
		s.at = append(s.at, now)
	}
	list := slices.Clone(s.list)
	if now.open > 0 {
		list = append(list, line.spell(now.open, now.last))
	}
	return list
}

// day goes on through a day.
func (s *spells) day(now *spelling, day int64, line *line, minutes *[spellMinutes + dayMinutes][2]int32) {
	from, to := line.period().clip(day)
	for i := from; i < to; i++ {
		gone, m := minutes[i], minutes[spellMinutes+i]
		minute := day*dayMinutes + int64(i)
		now.active += int64(m[0] - gone[0])
		now.hurt += int64(m[1] - gone[1])
		if m[1] > 0 && now.hurt >= spellPeople && now.hurt*1000 >= s.limit*now.active {
			if now.open == 0 {
				now.open = minute
				for j := 1; j < spellMinutes; j++ { // the first with somebody hurt of those that made it bad
					if minutes[spellMinutes+i-j][1] > 0 {
						now.open = minute - int64(j)
					}
				}
			}
			now.last = minute
		}
		if now.open > 0 && minute-now.last >= spellQuiet {
			s.list = append(s.list, line.spell(now.open, now.last))
			now.open = 0
		}
	}
}

// spell returns the spell from one minute since 1970 to the last.
func (l *line) spell(from, last int64) Spell {
	return Spell{
		From: from * msMinute, To: (last + 1) * msMinute,
		People: l.people(wereSore, int(from-l.first), int(last-from)+1),
	}
}
