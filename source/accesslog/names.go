package accesslog

import "math"

// maxNames is how many names a worker remembers from batch to batch.
const maxNames = 1 << 14

// names gives names their index in the dictionary of a batch, and remembers them.
type names struct {
	known  map[string]*named
	listed []string   // what the dictionary of this batch holds
	batch  uint32     // counts batches, so that nothing need be erased after each
	recent [16]*named // some that were asked for last
}

// named is a name and where it stands in the dictionary of a batch.
type named struct {
	name  string
	batch uint32
	index uint16
}

func newNames() names { return names{known: map[string]*named{}} }

// open makes n ready to add to list, whoever filled it until now.
func (n *names) open(list []string) {
	same := len(list) == len(n.listed)
	for i := 0; same && i < len(list); i++ {
		same = list[i] == n.listed[i]
	}
	if same && n.batch != 0 {
		return
	}
	n.batch++
	if len(n.known) > maxNames {
		clear(n.known)
		clear(n.recent[:])
	}
	n.listed = n.listed[:0]
	for i, name := range list {
		if i <= math.MaxUint16 {
			n.place([]byte(name), uint16(i))
		}
		n.listed = append(n.listed, name)
	}
}

// index returns the index of name in list, and adds it if need be. When list is full,
// it is 0.
func (n *names) index(name []byte, list *[]string) uint16 {
	at := len(name) // most names are one of a few
	if at > 0 {
		at += 3 * int(name[at-1])
	}
	recent := &n.recent[at%len(n.recent)]
	if k := *recent; k != nil && k.batch == n.batch && k.name == string(name) {
		return k.index
	}
	if k := n.known[string(name)]; k != nil && k.batch == n.batch {
		*recent = k
		return k.index
	}
	if len(*list) > math.MaxUint16 {
		return 0
	}
	k := n.place(name, uint16(len(*list)))
	*list = append(*list, k.name)
	n.listed = append(n.listed, k.name)
	return k.index
}

// place remembers where name stands.
func (n *names) place(name []byte, index uint16) *named {
	k := n.known[string(name)]
	if k == nil {
		k = &named{name: string(name)}
		n.known[k.name] = k
	}
	k.batch, k.index = n.batch, index
	return k
}
