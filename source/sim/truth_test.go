package sim

import (
	"testing"
	"time"

	"github.com/honderd/honderd/experience"
)

// steady returns the set-up of metric 1.5 with a habit: 200 people for an hour, a fault
// from minute 20 to 35.
func steady(t *testing.T, habit Habit, f Fault) *Town {
	t.Helper()
	f.From, f.To = monday.Add(20*time.Minute), monday.Add(35*time.Minute)
	return built(t, Options{
		Seed: 5, People: 200, Start: monday, Habit: &habit, Faults: []Fault{f},
		Steady: &Steady{Stay: time.Hour, Gap: time.Minute},
	})
}

func TestTheTruthOfAnHourIsTheClock(t *testing.T) {
	for _, habit := range Habits() {
		t.Run(habit.String(), func(t *testing.T) {
			truth := steady(t, habit, Fault{Share: 1, Cause: experience.Unreachable}).Truth(monday, hours(1))
			if truth.People != 200 || truth.Struck != 200 || truth.Up != 200*45*time.Minute || truth.Down != 200*15*time.Minute {
				t.Errorf("truth %+v, want 200 people with 45 minutes up and 15 down each", truth)
			}
			if share, known := truth.Uptime(); share != 0.75 || !known {
				t.Errorf("uptime %v, %v", share, known)
			}
		})
	}
}

func TestATruthThatNobodyMet(t *testing.T) {
	if _, known := steady(t, GoesOn, Fault{Share: 1, Masked: true}).Truth(hours(2), hours(3)).Uptime(); known {
		t.Error("nobody meant to be there, and yet there is an uptime")
	}
}

func TestAPartIsDownForThatPartOfPeople(t *testing.T) {
	truth := steady(t, Leaves, Fault{Share: 0.1, Cause: experience.Unreachable}).Truth(monday, hours(1))
	if truth.Struck < 5 || truth.Struck > 40 || truth.Down != time.Duration(truth.Struck)*15*time.Minute || truth.Hurt > truth.Struck {
		t.Errorf("truth %+v, want 15 minutes down for each who was struck, about 20", truth)
	}
	minutes := steady(t, GoesOn, Fault{Share: 1, Part: 1.0 / 3, Cause: experience.TooMany}).Truth(monday, hours(1))
	if third := minutes.Down.Minutes() / 200 / 15; third < 0.3 || third > 0.37 {
		t.Errorf("%v of the minutes were down, want a third", third)
	}
}

func TestNoMomentIsDownTwice(t *testing.T) {
	habit := GoesOn
	f := Fault{From: hours(0.25), To: hours(0.5), Share: 1, Cause: experience.Unreachable}
	g := Fault{From: hours(0.4), To: hours(0.6), Share: 1, Cause: experience.TooMany, Journey: "/product"}
	with := func(faults ...Fault) time.Duration {
		return built(t, Options{
			Seed: 1, People: 50, Start: monday, Habit: &habit, Faults: faults, Steady: &Steady{Stay: time.Hour, Gap: time.Minute},
		}).Truth(monday, hours(1)).Down
	}
	late := g
	late.From = f.To
	if once, twice := with(f, late), with(f, f, g); once != twice || with(f) >= once {
		t.Errorf("%v down with faults that overlap, %v without", twice, once)
	}
}

func TestTheTruthAddsUp(t *testing.T) {
	d := town(t, Returns, Fault{From: hours(10), To: hours(11), Share: 0.7, Cause: experience.Unreachable})
	whole := d.Truth(monday, hours(40))
	cut := monday.Add(10*time.Hour + 31*time.Minute + 7*time.Second)
	a, b := d.Truth(monday, cut), d.Truth(cut, hours(40))
	if a.Up+b.Up != whole.Up || a.Down+b.Down != whole.Down || whole.Down == 0 || a.Down == 0 || b.Down == 0 {
		t.Errorf("%+v and %+v are not %+v", a, b, whole)
	}
	var last Minute
	good, bad := 0, 0
	for m := range d.Minutes(monday, hours(40)) {
		if m.Person == last.Person && m.From <= last.From && m.From/msHour == last.From/msHour {
			t.Fatalf("%+v comes after %+v", m, last)
		}
		if m.Broken > m.Meant || m.Meant > time.Minute || m.Meant+time.Duration(m.Good+m.Bad) == 0 {
			t.Fatalf("a minute of %+v", m)
		}
		last, good, bad = m, good+m.Good, bad+m.Bad
	}
	steps := d.During(monday, hours(40))
	if good+bad != len(steps) || bad == 0 {
		t.Errorf("%d good and %d bad steps in minutes, %d steps", good, bad, len(steps))
	}
}

// Who has a bad step is there for something broken, and who has a good one is not.
func TestTruthAndStepsAgree(t *testing.T) {
	f := Fault{From: hours(9), To: hours(14), Share: 0.8, Part: 0.5, Cause: experience.Unreachable}
	type key struct {
		who  experience.Person
		from int64
	}
	for _, habit := range Habits() {
		d := town(t, habit, f)
		broken := map[key]time.Duration{}
		for m := range d.Minutes(monday, hours(48)) {
			broken[key{m.Person, m.From}] = m.Broken
		}
		for _, e := range d.During(monday, hours(48)) {
			asked := e.At - int64(e.Wait)
			is := broken[key{e.Person, asked / msMinute * msMinute}] > 0
			if is != e.Bad() && asked%msMinute != 0 {
				t.Fatalf("%v: %+v, broken %v", habit, e, is)
			}
		}
	}
}

func TestWhatPeopleDoAfterABadStep(t *testing.T) {
	tests := []struct {
		habit                            Habit
		leastBad, mostBad, leastOf, most float64 // bad and all steps a person
	}{
		{GoesOn, 13, 17, 57, 63},
		{Retries, 80, 160, 110, 200},
		{Storms, 155, 175, 195, 230},
		{ComesLater, 1.5, 2.2, 35, 45},
		{Leaves, 0.99, 1, 19, 23},
		{Returns, 1, 1.4, 30, 60},
	}
	for _, tt := range tests {
		t.Run(tt.habit.String(), func(t *testing.T) {
			steps := steady(t, tt.habit, Fault{Share: 1, Cause: experience.Unreachable}).During(monday, hours(26))
			n, _ := bad(steps, func(experience.Experience) bool { return false })
			a, b := float64(n)/200, float64(len(steps))/200
			if a < tt.leastBad || a > tt.mostBad || b < tt.leastOf || b > tt.most {
				t.Errorf("%.2f bad of %.2f steps a person, want %v to %v of %v to %v", a, b, tt.leastBad, tt.mostBad, tt.leastOf, tt.most)
			}
		})
	}
}

func TestTheLoyalComeBack(t *testing.T) {
	d := steady(t, Returns, Fault{Share: 1, Cause: experience.Unreachable})
	after := map[experience.Person]bool{}
	for _, e := range d.During(hours(1), hours(26)) {
		after[e.Person] = true
	}
	var came, were [2]float64 // others, the loyal
	for p := range experience.Person(200) {
		i := 0
		if d.person(p+1).loyalty == loyalReturn {
			i = 1
		}
		were[i]++
		if after[p+1] {
			came[i]++
		}
	}
	if others, loyal := came[0]/were[0], came[1]/were[1]; others > 0.6 || loyal < 0.6 || others < 0.2 {
		t.Errorf("%.2f of the loyal and %.2f of the others were there again", loyal, others)
	}
}
