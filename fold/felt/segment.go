package felt

import (
	"hash/fnv"
	"maps"
	"slices"

	"github.com/honderd/honderd/experience"
)

// The dimensions that are not labels.
const (
	ByJourney = "journey"
	ByStep    = "step"
)

// Bounds of what is counted apart: what comes after is counted as Other.
const (
	maxDimensions = 8  // the journey, the step and labels
	maxSegments   = 31 // values of each dimension
)

// Other is the name of the segment of all that has none of its own: it has no name, or
// there were too many names.
const Other = "other"

// A segment is one value of one dimension: the journey "/shop", the region "eu".
type segment struct {
	dimension int
	name      string
}

// segments knows which there are. The first dimension is the journey, the first
// segment of each dimension is Other.
type segments struct {
	by       []string // the dimensions that may be; nil: the journey and every label
	names    []string // of the dimensions there are
	over     []bool   // per dimension: there were too many values
	sizes    []int    // per dimension: how many values
	list     []segment
	at       map[segment]uint16
	mixes    []mixture
	mixAt    map[string]uint32 // by the segments in it
	batch    []uint32          // per journey of the batch at hand: its mix; only when steps and labels play no part
	perItem  []uint32          // per experience of the batch at hand, when they do
	journeys []uint16          // per journey of the batch at hand: its segment
	steps    []uint16
	labels   [][]uint16
}

// A mixture is the set of segments that one experience counts in, one of each
// dimension that it has; the first is its journey.
type mixture struct {
	segments []uint16
	rank     uint64 // of keyRank's bits: the same for the same names
}

func newSegments(by []string) segments {
	s := segments{by: by, at: map[segment]uint16{}, mixAt: map[string]uint32{}}
	s.dimension(ByJourney)
	s.mix([]uint16{0})
	return s
}

// clone returns a copy, but for what is known of the batch at hand.
func (s *segments) clone() segments {
	return segments{
		by: s.by, names: slices.Clone(s.names), over: slices.Clone(s.over), sizes: slices.Clone(s.sizes),
		list: slices.Clone(s.list), at: maps.Clone(s.at), mixes: slices.Clone(s.mixes), mixAt: maps.Clone(s.mixAt),
	}
}

// wanted reports whether a dimension is counted apart.
func (s *segments) wanted(dimension string) bool {
	switch {
	case dimension == ByJourney:
		return true
	case s.by == nil:
		return dimension != ByStep && !experience.IsBlame(dimension)
	}
	return slices.Contains(s.by, dimension)
}

// dimension returns the number of a dimension, -1 when there are too many.
func (s *segments) dimension(name string) int {
	if i := slices.Index(s.names, name); i >= 0 {
		return i
	}
	if len(s.names) == maxDimensions {
		return -1
	}
	s.names, s.over, s.sizes = append(s.names, name), append(s.over, false), append(s.sizes, 0)
	s.add(segment{len(s.names) - 1, Other})
	return len(s.names) - 1
}

// segment returns the number of a value of a dimension.
func (s *segments) segment(dimension int, name string) uint16 {
	if name == "" {
		name = Other
	}
	key := segment{dimension, name}
	if n, ok := s.at[key]; ok {
		return n
	}
	if s.sizes[dimension] > maxSegments {
		s.over[dimension] = true
		return s.at[segment{dimension, Other}]
	}
	return s.add(key)
}

func (s *segments) add(one segment) uint16 {
	n := uint16(len(s.list))
	s.list = append(s.list, one)
	s.at[one] = n
	s.sizes[one.dimension]++
	return n
}

// mix returns the number of a mixture, which it may keep.
func (s *segments) mix(in []uint16) uint32 {
	key := make([]byte, 0, 2*len(in))
	for _, n := range in {
		key = append(key, byte(n), byte(n>>8))
	}
	if m, ok := s.mixAt[string(key)]; ok {
		return m
	}
	if len(s.mixes) == maxMixes {
		for _, n := range in {
			s.over[s.list[n].dimension] = true
		}
		return 0
	}
	h := fnv.New64a()
	for _, n := range in {
		_, _ = h.Write([]byte(s.names[s.list[n].dimension] + "\x00" + s.list[n].name + "\x00")) // never fails
	}
	s.mixes = append(s.mixes, mixture{slices.Clone(in), mix(h.Sum64()) & keyRank})
	s.mixAt[string(key)] = uint32(len(s.mixes) - 1)
	return uint32(len(s.mixes) - 1)
}

// read makes s ready for the experiences of b.
func (s *segments) read(b *experience.Batch) {
	s.journeys, s.batch, s.perItem = s.journeys[:0], s.batch[:0], s.perItem[:0]
	for _, name := range b.Journeys {
		s.journeys = append(s.journeys, s.segment(0, name))
	}
	if len(s.journeys) == 0 {
		s.journeys = append(s.journeys, 0)
	}
	steps, labels := s.readSteps(b), s.readLabels(b)
	if !steps && !labels {
		for _, journey := range s.journeys {
			s.batch = append(s.batch, s.mix([]uint16{journey}))
		}
		return
	}
	s.readItems(b, steps)
}

func (s *segments) readSteps(b *experience.Batch) bool {
	s.steps = s.steps[:0]
	if !s.wanted(ByStep) || len(b.Steps) < 2 {
		return false
	}
	d := s.dimension(ByStep)
	for _, name := range b.Steps {
		s.steps = append(s.steps, s.segment(d, name))
	}
	return true
}

func (s *segments) readLabels(b *experience.Batch) bool {
	s.labels = s.labels[:0]
	some := false
	for _, set := range b.Labels {
		var in []uint16
		for _, label := range set {
			if label.Name == ByJourney || label.Name == ByStep || !s.wanted(label.Name) {
				continue
			}
			if d := s.dimension(label.Name); d >= 0 {
				in = append(in, s.segment(d, label.Value))
			}
		}
		some = some || in != nil
		s.labels = append(s.labels, in)
	}
	return some
}

// readItems finds the mix of each experience.
func (s *segments) readItems(b *experience.Batch, steps bool) {
	known := map[uint64]uint32{}
	var in []uint16
	for i := range b.Items {
		e := &b.Items[i]
		key := uint64(e.Journey)<<32 | uint64(e.Labels)<<16
		if steps {
			key |= uint64(e.Step)
		}
		m, ok := known[key]
		if !ok {
			in = append(in[:0], s.journey(e))
			if steps {
				in = append(in, s.steps[min(int(e.Step), len(s.steps)-1)])
			}
			if int(e.Labels) < len(s.labels) {
				in = append(in, s.labels[e.Labels]...)
			}
			m = s.mix(in)
			known[key] = m
		}
		s.perItem = append(s.perItem, m)
	}
}

func (s *segments) journey(e *experience.Experience) uint16 {
	if int(e.Journey) < len(s.journeys) {
		return s.journeys[e.Journey]
	}
	return 0
}

// of returns the mix of experience i of the batch that was read, which is e.
func (s *segments) of(i int, e *experience.Experience) uint32 {
	if len(s.perItem) > 0 {
		return s.perItem[i]
	}
	if int(e.Journey) < len(s.batch) {
		return s.batch[e.Journey]
	}
	return 0
}
