package otlp

// How much is remembered, in numbers of 8 bytes.
const (
	maxKnown   = 1 << 20 // spans
	maxDecided = 1 << 19 // traces
)

// memory is a set of numbers that forgets the oldest: it remembers the last most, and up
// to twice as many.
type memory struct {
	most        int
	young, aged table
}

func newMemory(most int) *memory { return &memory{most: most} }

// add remembers k, and reports whether it is new.
func (m *memory) add(k uint64) bool {
	if m.has(k) {
		return false
	}
	if m.young.n >= m.most {
		m.young, m.aged = table{}, m.young
	}
	m.young.add(k)
	return true
}

func (m *memory) has(k uint64) bool { return m.young.has(k) || m.aged.has(k) }

// table is a set of numbers, with open places.
type table struct {
	slots []uint64 // 0: open
	n     int
}

func (t *table) has(k uint64) bool {
	if len(t.slots) == 0 {
		return false
	}
	k = max(k, 1)
	for i := k & uint64(len(t.slots)-1); ; i = (i + 1) & uint64(len(t.slots)-1) {
		switch t.slots[i] {
		case k:
			return true
		case 0:
			return false
		}
	}
}

// add puts in k, which is not in it.
func (t *table) add(k uint64) {
	if 2*t.n >= len(t.slots) {
		old := t.slots
		t.slots = make([]uint64, max(1024, 2*len(old)))
		for _, k := range old {
			if k != 0 {
				t.place(k)
			}
		}
	}
	t.place(max(k, 1))
	t.n++
}

func (t *table) place(k uint64) {
	i := k & uint64(len(t.slots)-1)
	for t.slots[i] != 0 {
		i = (i + 1) & uint64(len(t.slots)-1)
	}
	t.slots[i] = k
}
