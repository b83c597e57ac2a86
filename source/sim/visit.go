package sim

import (
	"math"
	"math/rand/v2"
	"time"

	"github.com/honderd/honderd/experience"
)

// The journeys of the town's shop.
const (
	home = iota
	search
	product
	basket
	checkout
)

func journeyNames() []string { return []string{"/", "/search", "/product", "/basket", "/checkout"} }

func stepNames() []string {
	return []string{"", "GET /", "GET /search", "GET /product/:id", "POST /basket", "POST /checkout"}
}

// next returns where somebody goes from journey j.
func next(j int, r *rand.Rand) int {
	roll := r.Float64()
	switch {
	case roll < 0.35:
		return product
	case roll < 0.65:
		return search
	case roll < 0.75:
		return home
	case j == product || j == basket:
		return min(j+1, checkout)
	default:
		return basket
	}
}

// Limits of a visit.
const (
	longestStay = 2 * time.Hour
	longestAway = 24 * time.Hour // of those who return
	awayFor     = 10 * time.Minute
	retryEvery  = 5 * time.Second
	retries     = 10
)

// A visit is what one person came for, and what became of it.
type visit struct {
	who   person
	stays []stay
	steps []experience.Experience // in order
}

// last returns the last time at which anything of v is, in Unix milliseconds.
func (v *visit) last() int64 {
	last := int64(0)
	for _, s := range v.stays {
		last = max(last, s.to)
	}
	if n := len(v.steps); n > 0 {
		last = max(last, v.steps[n-1].At)
	}
	return last
}

// A stay is a time in which somebody meant to be there: from when they came until they
// had done what they came for or, when they gave up, until they would have, if all had
// worked from there on.
type stay struct {
	from, to int64
	wants    []want
}

// A want is what somebody is there for, from one time until the next want.
type want struct {
	at      int64
	journey int
}

// want notes that somebody asks for a journey. What they ask first they came for.
func (s *stay) want(at int64, journey int) {
	if len(s.wants) == 0 {
		at = s.from
	}
	s.wants = append(s.wants, want{at, journey})
}

// cut ends s at a time at the latest.
func (s *stay) cut(at int64) {
	s.to = min(s.to, at)
	for len(s.wants) > 0 && s.wants[len(s.wants)-1].at >= at {
		s.wants = s.wants[:len(s.wants)-1]
	}
}

// An intent is one step that somebody has in mind, and how long they think before it.
type intent struct {
	journey int
	think   int64 // milliseconds
}

// plan draws what somebody has in mind. It does not depend on what will fail.
func (t *Town) plan(who *person, r *rand.Rand) []intent {
	var plan []intent
	if s := t.o.Steady; s != nil {
		journey, at := home, int64(0)
		for at < s.Stay.Milliseconds() {
			think := t.think(who, r)
			plan = append(plan, intent{journey, think})
			journey, at = next(journey, r), at+think
		}
		return plan
	}
	journey := home
	for range 2 + r.IntN(14) {
		think := t.think(who, r)
		if len(plan) == 0 {
			think = 0
		}
		plan = append(plan, intent{journey, think})
		journey = next(journey, r)
	}
	return plan
}

// think draws how long somebody thinks before a step, in milliseconds.
func (t *Town) think(who *person, r *rand.Rand) int64 {
	if t.o.Steady != nil {
		return 1 + int64(who.gap*r.ExpFloat64())
	}
	return int64(20_000 * math.Exp(r.NormFloat64()))
}

// live lets a person do what they came for, from one time on.
func (t *Town) live(who person, from int64, r *rand.Rand) visit {
	v := visit{who: who}
	plan := t.plan(&who, r)
	end := from + longestStay.Milliseconds()
	if t.o.Steady != nil {
		end = from + t.o.Steady.Stay.Milliseconds()
	}
	rest, left := t.stay(&v, plan, from, end, r)
	for len(rest) > 0 {
		back := t.comesBack(&who, left, r)
		if who.habit == Returns {
			end += back - left
		}
		if back == 0 || back >= end || end > from+t.longest().Milliseconds() {
			break
		}
		v.stays[len(v.stays)-1].cut(back)
		rest[0].think = 0
		if t.o.Steady != nil {
			rest[0].think = t.think(&who, r)
		}
		rest, left = t.stay(&v, rest, back, end, r)
	}
	return v
}

// comesBack returns when somebody who left at a time is there again, 0 for never.
func (t *Town) comesBack(who *person, left int64, r *rand.Rand) int64 {
	switch who.habit {
	case ComesLater:
		return left + awayFor.Milliseconds()
	case Returns:
		if r.Float64() < who.loyalty {
			away := 2 * math.Pow(longestAway.Minutes()/2, r.Float64()) // from 2 minutes on, log-uniform: a guess
			return left + int64(away*float64(msMinute))
		}
	case GoesOn, Retries, Storms, Leaves, habits:
	}
	return 0
}

// stay lets a person do what they have in mind, until an end at the latest. When they
// give up it returns what they still wanted, from what failed on, and when they left.
func (t *Town) stay(v *visit, plan []intent, from, end int64, r *rand.Rand) (rest []intent, left int64) {
	s := stay{from: from, to: from}
	now := from
	for i, n := range plan {
		now += n.think
		if now < end || i == 0 {
			s.want(now, n.journey)
		}
		if now >= end {
			break
		}
		if len(rest) > 0 {
			s.to = now // they would have
			continue
		}
		now = t.attempt(v, n.journey, now, end, r)
		s.to = now
		if v.steps[len(v.steps)-1].Bad() && v.who.habit.givesUp() {
			rest, left = plan[i:], now
		}
	}
	if t.o.Steady != nil {
		s.to = end
	}
	v.stays = append(v.stays, s)
	return rest, left
}

func (h Habit) givesUp() bool { return h == ComesLater || h == Leaves || h == Returns }

// attempt lets a person take a step, again and again if that is their habit, and returns
// when the last answer was there.
func (t *Town) attempt(v *visit, journey int, now, end int64, r *rand.Rand) int64 {
	e := t.step(&v.who, journey, now, r)
	v.steps = append(v.steps, e)
	for tries := 0; e.Bad() && e.At+retryEvery.Milliseconds() < end; tries++ {
		if v.who.habit != Storms && (v.who.habit != Retries || tries == retries) {
			break
		}
		e = t.step(&v.who, journey, e.At+retryEvery.Milliseconds(), r)
		v.steps = append(v.steps, e)
	}
	return e.At
}

// step lets a person take one step at a time, in Unix milliseconds.
func (t *Town) step(who *person, journey int, now int64, r *rand.Rand) experience.Experience {
	a := t.answer(who, journey, now)
	wait := a.wait
	if t.o.Steady == nil {
		wait += 1 + int64(80*math.Exp(0.6*r.NormFloat64()))
	}
	return experience.Experience{
		Person: who.id, At: now + wait, Wait: uint32(wait), Journey: uint16(journey), Step: uint16(journey + 1),
		Labels: t.label(who, now), Cause: a.cause, Mask: a.mask, Critical: journey == checkout,
	}
}
