package who

import (
	"bytes"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"pgregory.net/rapid"
)

func amsterdam(t testing.TB) *time.Location {
	t.Helper()
	zone, err := time.LoadLocation("Europe/Amsterdam")
	if err != nil {
		t.Fatal(err)
	}
	return zone
}

// Periods begin at midnights of the zone, through summer time, before the anchor and after.
func TestPeriodsBeginAtMidnight(t *testing.T) {
	zone := amsterdam(t)
	at := func(text string) int64 {
		moment, err := time.ParseInLocation("2006-01-02 15:04", text, zone)
		if err != nil {
			t.Fatal(err)
		}
		return moment.UnixMilli()
	}
	tests := []struct {
		days           int
		at, from, till string
	}{
		{14, "2026-03-20 13:00", "2026-03-20 00:00", "2026-04-03 00:00"}, // over the change of 29 March
		{14, "2026-04-02 23:59", "2026-03-20 00:00", "2026-04-03 00:00"},
		{14, "2026-04-03 00:00", "2026-04-03 00:00", "2026-04-17 00:00"},
		{14, "2026-03-19 23:59", "2026-03-06 00:00", "2026-03-20 00:00"},
		{14, "2024-03-20 13:00", "2024-03-08 00:00", "2024-03-22 00:00"},
		{1, "2026-03-29 12:00", "2026-03-29 00:00", "2026-03-30 00:00"},
		{1, "2026-10-25 00:00", "2026-10-25 00:00", "2026-10-26 00:00"},
	}
	for _, tt := range tests {
		s := NewSalts(Options{Days: tt.days, Zone: zone}, Sealed{})
		s.Begin(at("2026-03-20 13:00"))
		if p := s.At(at(tt.at)); p.From != at(tt.from) || p.To != at(tt.till) {
			t.Errorf("%d days, %s: from %v to %v, want %s to %s", tt.days, tt.at, time.UnixMilli(p.From).In(zone), time.UnixMilli(p.To).In(zone), tt.from, tt.till)
		}
	}
}

// Where no clock shows midnight, and for any time at all, a period holds its time and
// meets its neighbours.
func TestPeriodsLeaveNoTimeOut(t *testing.T) {
	santiago, err := time.LoadLocation("America/Santiago") // where midnight is left out each spring
	if err != nil {
		t.Fatal(err)
	}
	rapid.Check(t, func(t *rapid.T) {
		s := NewSalts(Options{Days: rapid.IntRange(1, 20).Draw(t, "days"), Zone: santiago}, Sealed{})
		for range 20 {
			at := rapid.Int64Range(0, 4e12).Draw(t, "at")
			p := s.At(at)
			if at < p.From || at >= p.To || !bytes.Equal(s.At(at).Salt, p.Salt) {
				t.Fatalf("at %d: %+v", at, p)
			}
		}
		list := s.Living()
		for i := range list[1:] {
			if list[i].To > list[i+1].From {
				t.Fatalf("%+v and %+v overlap", list[i], list[i+1])
			}
		}
	})
}

func TestSaltsAreDestroyed(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var kept Sealed
		o := Options{Days: 14, Keep: func(now Sealed) { kept = now }}
		day := 24 * time.Hour
		s := NewSalts(o, Sealed{})
		begin := time.Now()
		first, names := s.At(begin.UnixMilli()).Salt, s.Names()
		old := s.At(begin.Add(-100 * day).UnixMilli()).Salt // an import
		salt := func(at time.Time) []byte { return s.At(at.UnixMilli()).Salt }
		time.Sleep(27 * day)
		s.Expire(time.Now())
		if !bytes.Equal(salt(begin), first) {
			t.Error("a late line of the period before has another salt")
		}
		if bytes.Equal(salt(begin.Add(-100*day)), old) {
			t.Error("the salt of an import lives on")
		}
		time.Sleep(day)
		s.Expire(time.Now())
		for _, p := range kept.Periods {
			if bytes.Equal(p.Salt, first) {
				t.Error("a salt is kept whose time is over")
			}
		}
		if bytes.Equal(salt(begin), first) {
			t.Error("a destroyed salt comes back")
		}
		now := salt(time.Now())
		if again := NewSalts(o, kept); !bytes.Equal(again.At(time.Now().UnixMilli()).Salt, now) || !bytes.Equal(again.Names(), names) || again.Mark() != s.Mark() {
			t.Error("what was kept is another after a restart")
		}
		time.Sleep(60 * day)
		if late := NewSalts(o, kept); len(late.Living()) != 0 || len(kept.Periods) != 0 {
			t.Errorf("a restart leaves %+v", kept)
		}
	})
}

func TestAnotherLengthBeginsWithTheNextPeriod(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var kept Sealed
		keep := func(now Sealed) { kept = now }
		now := time.Now().Add(12 * time.Hour).UnixMilli()
		time.Sleep(12 * time.Hour)
		long := NewSalts(Options{Days: 14, Keep: keep}, Sealed{}).At(now)
		s := NewSalts(Options{Days: 1, Keep: keep}, kept)
		const day = 24 * 60 * 60 * 1000
		if p := s.At(now); !bytes.Equal(p.Salt, long.Salt) || p.To != long.From+day {
			t.Errorf("the salt of now holds until %d, want %d", p.To, long.From+day)
		}
		if p := s.At(now + day); p.To-p.From != day || bytes.Equal(p.Salt, long.Salt) {
			t.Errorf("tomorrow is %+v", p)
		}
		one := NewSalts(Options{Days: 14}, OneSalt([]byte("an older folder has one of these"), "mark", time.UTC))
		if p := one.At(0); string(p.Salt) != "an older folder has one of these" || p.To != long.From+14*day {
			t.Errorf("the salt of an older folder is %+v", p)
		}
	})
}

func TestSaltsAreBounded(t *testing.T) {
	s := NewSalts(Options{Days: 1}, Sealed{})
	now := time.Now().UnixMilli()
	salt := s.At(now).Salt
	for i := range int64(2 * maxPeriods) {
		s.At(i * 24 * 60 * 60 * 1000)
	}
	if len(s.Living()) != maxPeriods || !bytes.Equal(s.At(now).Salt, salt) {
		t.Errorf("%d salts, want %d, that of now among them", len(s.Living()), maxPeriods)
	}
}

// Whoever asks, in whichever order, gets the same name for the same time; the one before
// is the name of the period before; names last only when they should.
func TestNamesOfPeriods(t *testing.T) {
	const day = 24 * 60 * 60 * 1000
	rapid.Check(t, func(t *rapid.T) {
		keep := rapid.Bool().Draw(t, "keep")
		s := NewSalts(Options{Days: 2, Names: keep}, Sealed{})
		n, m := NewNamer(s), NewNamer(s)
		one, two := []byte("203.0.113.7"), []byte("Mozilla/5.0")
		s.Begin(0)
		times := rapid.SliceOfN(rapid.Int64Range(0, 12*day-1), 1, 30).Draw(t, "times")
		seen := map[int64]uint64{}
		for _, at := range times {
			name, before := n.NameAt(at, ByAddressAndAgent, one, two)
			if was, ok := seen[at/day/2]; ok && was != name {
				t.Fatalf("at %d: %x, and %x before", at, name, was)
			}
			seen[at/day/2] = name
			if last, ok := seen[at/day/2-1]; ok && at%(2*day) < day/2 && before != last || at%(2*day) >= day/2 && before != 0 {
				t.Fatalf("at %d: %x before, want %x", at, before, last)
			}
			if again, _ := m.NameAt(at, ByAddressAndAgent, one, two); again != name {
				t.Fatalf("at %d: %x, to another %x", at, name, again)
			}
			field, _ := n.NameAt(at, ByField, one, nil)
			later, _ := n.NameAt(at+2*day, ByField, one, nil)
			yes, _ := n.NameAt(at, ByConsent, one, nil)
			still, _ := n.NameAt(at+2*day, ByConsent, one, nil)
			if (field == later) != keep || yes != still {
				t.Fatalf("keep %v: names %x and %x, by consent %x and %x", keep, field, later, yes, still)
			}
		}
		every := n.Every(ByAddressAndAgent, one, two)
		for _, name := range seen {
			if !slices.Contains(every, name) {
				t.Fatalf("%x is not among %x", name, every)
			}
		}
	})
}
