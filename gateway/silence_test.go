package gateway

import (
	"testing"
	"time"

	"pgregory.net/rapid"
)

// silentFor is a backend that was asked long before now and has not answered.
func silentFor(site int, asked time.Time) *backend {
	return &backend{name: "mute", site: site, first: &attempt{started: asked, usual: 2 * time.Millisecond}, open: 1}
}

func poolOf(list ...*backend) *pool {
	p := &pool{known: newKnown(), Pool: Pool{Patience: time.Second}}
	p.backends.Store(&list)
	return p
}

// A site of which every server had been stopped was felt by everybody: who was silent
// counted as well, and the other servers of the same site were asked in its place.
func TestASiteThatFallsSilentIsLeft(t *testing.T) {
	now := time.Now()
	there := &backend{name: "there", site: 1}
	p := poolOf(silentFor(0, now.Add(-300*time.Millisecond)), silentFor(0, now.Add(-300*time.Millisecond)), there)
	left := 0
	for range 200 {
		if p.pick(now, want{}) == there {
			left++
		}
	}
	if left < 180 {
		t.Errorf("%d of 200 go to the other site, want nearly all", left)
	}
	one, two := silentFor(0, now.Add(-300*time.Millisecond)), silentFor(0, now.Add(-300*time.Millisecond))
	one.lastGood, two.lastGood = now.Add(-299*time.Millisecond), now.Add(-290*time.Millisecond) // of others, just before
	p = poolOf(one, two, there)
	left = 0
	for range 2 { // chance sends one in fifty back
		left += p.site(now, p.all())
	}
	if left == 0 {
		t.Error("nobody leaves: the last good answer came after the oldest open request was made")
	}
	p = poolOf(silentFor(0, now.Add(-300*time.Millisecond)), &backend{name: "well", site: 0}, there)
	for range 200 {
		if b := p.pick(now, want{}); b == there {
			t.Fatal("people leave a site of which one answers")
		}
	}
}

func TestWhoeverIsSilentIsNotAskedInPlaceOfTheSilent(t *testing.T) {
	now := time.Now()
	one, two := silentFor(0, now.Add(-100*time.Millisecond)), silentFor(0, now.Add(-100*time.Millisecond))
	there := &backend{name: "there", site: 1}
	p := poolOf(one, two, there)
	tried := tries{{one, 1}}
	if b := p.pick(now, want{tried: tried, fresh: true, room: 50 * time.Millisecond}); b != there {
		t.Errorf("asked beside the silent one: %v, want the one that has room", b.name)
	}
	p = poolOf(one, two)
	if b := p.pick(now, want{tried: tried, fresh: true, room: 50 * time.Millisecond}); b != nil {
		t.Errorf("asked %v, want nobody: none has room", b.name)
	}
}

// One who would feel it is asked for on credit, and others pay it back.
func TestWhoWouldFeelItIsHelpedOnCredit(t *testing.T) {
	var b budget
	now := time.Now()
	soon, late := 0, 0
	for b.spend(now, early) {
		soon++
	}
	if soon == 0 || b.rich(now) {
		t.Errorf("%d are spent for who need not feel it yet, want some", soon)
	}
	for b.spend(now, sure) {
		late++
	}
	if soon+late != 2*budgetFew {
		t.Errorf("%d and %d are spent, want %d together", soon, late, 2*budgetFew)
	}
	for range 33 { // a few less than would pay it
		b.earn(now)
	}
	if b.spend(now, likely) {
		t.Error("something is spent before the debt is paid")
	}
	for range 12 {
		b.earn(now)
	}
	if !b.spend(now, likely) {
		t.Error("the debt is never paid")
	}
}

// However requests and faults come, no more is asked than a share of the requests and a few.
func TestTheBudgetHoldsByConstruction(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var b budget
		begin := time.Now()
		now, earned, spent := begin, 0, 0
		for range rapid.IntRange(1, 400).Draw(t, "steps") {
			now = now.Add(time.Duration(rapid.IntRange(0, 300).Draw(t, "ms")) * time.Millisecond)
			for range rapid.IntRange(0, 20).Draw(t, "requests") {
				b.earn(now)
				earned++
			}
			for range rapid.IntRange(0, 40).Draw(t, "faults") {
				if b.spend(now, sure) {
					spent++
				}
			}
		}
		if most := budgetShare*float64(earned) + 2*budgetFew + budgetFloor*now.Sub(begin).Seconds() + 1; float64(spent) > most {
			t.Fatalf("%d asked beside %d requests, want at most %.1f", spent, earned, most)
		}
	})
}

// When all backends came back together, all who had been held went to the one that had
// been asked first, and were late.
func TestBackendsThatComeBackTogetherAreAskedTogether(t *testing.T) {
	now := time.Now()
	gone := func(what string) *backend {
		b := &backend{name: what}
		for range 6 {
			b.fault(now, what)
		}
		return b
	}
	refused, broken := gone(Refused), gone(ServerError)
	p := poolOf(refused, broken)
	p.recovered(now)
	if refused.stateAt(now) != ill {
		t.Error("nobody was held, and one that was gone is thought well")
	}
	p.hold()
	p.recovered(now)
	if refused.stateAt(now) != well {
		t.Error("one that was gone with the others is not asked")
	}
	if broken.stateAt(now) != ill {
		t.Error("one that answers with errors is thought well")
	}
}
