package felt

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

// spells returns the bad spells of s.
func (s *series) spells() []Spell {
	var list []Spell
	limit := s.normalPermille() + spellPermille
	open, last := -1, -1 // the spell at hand: its first and last bad minute
	var active, hurt int64
	for i := range s.active {
		active += int64(s.active[i])
		hurt += int64(s.hurt[i])
		if i >= spellMinutes {
			active -= int64(s.active[i-spellMinutes])
			hurt -= int64(s.hurt[i-spellMinutes])
		}
		if s.hurt[i] > 0 && hurt >= spellPeople && hurt*1000 >= limit*active {
			if open < 0 {
				open = s.firstHurt(i)
			}
			last = i
		}
		if open >= 0 && i-last >= spellQuiet {
			list = append(list, s.spell(open, last))
			open = -1
		}
	}
	if open >= 0 {
		list = append(list, s.spell(open, last))
	}
	return list
}

// firstHurt returns the first minute with somebody hurt of those that made minute i bad.
func (s *series) firstHurt(i int) int {
	first := i
	for j := i; j >= 0 && j > i-spellMinutes; j-- {
		if s.hurt[j] > 0 {
			first = j
		}
	}
	return first
}

func (s *series) spell(from, last int) Spell {
	return Spell{
		From: (s.first + int64(from)) * msMinute, To: (s.first + int64(last) + 1) * msMinute,
		People: s.sore.people(from, last-from+1),
	}
}
