package felt

import (
	"maps"
	"slices"
)

// tails counts bad steps by where and when they were, mix<<42 | Unix ms, day by day.
type tails struct {
	days    map[int64]map[uint64]int32 // by day since 1970
	touched map[int64]struct{}         // days in which something changed since they were looked at
}

func (t *tails) add(s word, n int64) {
	if t.days == nil {
		t.days, t.touched = map[int64]map[uint64]int32{}, map[int64]struct{}{}
	}
	day := s.time() / msDay
	one := t.days[day]
	if one == nil {
		one = map[uint64]int32{}
		t.days[day] = one
	}
	t.touched[day] = struct{}{}
	key := uint64(s.mix())<<42 | uint64(s.time())
	if left := one[key] + int32(n); left != 0 {
		one[key] = left
	} else {
		delete(one, key)
	}
}

// all returns the steps in order.
func (t *tails) all() []uint64 {
	var list []uint64
	for _, one := range t.days {
		list = slices.AppendSeq(list, maps.Keys(one))
	}
	slices.Sort(list)
	return list
}

// of returns how many steps of a key there are.
func (t *tails) of(key uint64) int32 { return t.days[int64(key&uint64(wordTime))/msDay][key] }

// wordOf returns the word of a key: where and when the step was.
func wordOf(key uint64) word { return word(key&uint64(wordTime)) | word(key>>42)<<mixShift }

func (t *tails) merge(o tails, to *renumbered) {
	for _, one := range o.days {
		for key, n := range one {
			t.add(to.word(wordOf(key)), int64(n))
		}
	}
}
