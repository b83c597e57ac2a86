package gateway

import (
	"testing"
	"time"
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
	tried := map[*backend]int{one: 1}
	if b := p.pick(now, want{tried: tried, fresh: true, room: 50 * time.Millisecond}); b != there {
		t.Errorf("asked beside the silent one: %v, want the one that has room", b.name)
	}
	p = poolOf(one, two)
	if b := p.pick(now, want{tried: tried, fresh: true, room: 50 * time.Millisecond}); b != nil {
		t.Errorf("asked %v, want nobody: none has room", b.name)
	}
}

// One who would soon feel it is asked for on credit, and others pay it back.
func TestWhoWouldSoonFeelItIsHelpedOnCredit(t *testing.T) {
	var b budget
	now := time.Now()
	for range budgetMost {
		if !b.spend(now) {
			t.Fatal("a full budget is spent before its end")
		}
	}
	if b.spend(now) {
		t.Error("more is spent than there is")
	}
	n := 0
	for b.owe(now) {
		n++
	}
	if n < budgetMost || n > budgetMost+1 {
		t.Errorf("%d on credit, want some %d", n, budgetMost)
	}
	if b.spend(now.Add(2 * time.Second)) {
		t.Error("something is spent before the debt is paid")
	}
	if !b.spend(now.Add(5 * time.Second)) {
		t.Error("the debt is never paid")
	}
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
