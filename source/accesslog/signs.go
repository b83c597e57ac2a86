package accesslog

// sign makes keys ones that all lines of g must have, which tell them from others.
func (g *Grammar) sign(keys []string) {
	for _, path := range keys {
		k := g.keys.place(path)
		if k.piece < 0 {
			k.piece = len(g.pieces)
			g.pieces = append(g.pieces, piece{field: field{slot: slotNone, name: path}})
		}
		g.signs = append(g.signs, k.piece)
	}
}

// signed reports whether the line in m has the keys that all lines of g have.
func (m *matcher) signed(g *Grammar) bool {
	for _, i := range g.signs {
		if m.ranks[i] == 255 {
			return false
		}
	}
	return true
}
