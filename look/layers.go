package look

import (
	"cmp"
	"slices"
)

// layered puts the boxes of a graph in columns, each to the right of those that lead to
// it, and orders each column so that few arrows cross.
//
// Source: Sugiyama, Tagawa, Toda, Methods for visual understanding of hierarchical system
// structures, 1981: columns by the longest way, arrows over several columns in pieces,
// order by the mean place of the neighbours.
type layered struct {
	columns [][]int // of each column, its vertices from top to bottom
	column  []int   // of each vertex
	row     []float64
	boxes   int     // vertices from here on are pieces of long arrows
	before  [][]int // neighbours in the column to the left
	after   [][]int
	paths   [][]int // of each arrow, its vertices from left to right
	turned  []bool  // arrows that go back to the left
}

// sweeps is how often the columns are put in order, forth and back.
const sweeps = 6

// layers lays out n boxes, with arrows from and to.
func layers(n int, arrows [][2]int) layered {
	l := layered{boxes: n, turned: make([]bool, len(arrows))}
	l.turn(n, arrows)
	l.place(n, arrows)
	l.before, l.after = make([][]int, n), make([][]int, n)
	for i, a := range arrows {
		from, to := a[0], a[1]
		if l.turned[i] {
			from, to = to, from
		}
		path := []int{from}
		for at := l.column[from] + 1; at < l.column[to]; at++ {
			piece := len(l.column)
			l.column = append(l.column, at)
			l.before, l.after = append(l.before, nil), append(l.after, nil)
			path = append(path, piece)
		}
		path = append(path, to)
		for k := 1; k < len(path) && from != to; k++ {
			l.after[path[k-1]] = append(l.after[path[k-1]], path[k])
			l.before[path[k]] = append(l.before[path[k]], path[k-1])
		}
		l.paths = append(l.paths, path)
	}
	for v, at := range l.column {
		for len(l.columns) <= at {
			l.columns = append(l.columns, nil)
		}
		l.columns[at] = append(l.columns[at], v)
	}
	l.order()
	return l
}

// turn finds the arrows that close a circle.
func (l *layered) turn(n int, arrows [][2]int) {
	out := make([][]int, n)
	for i, a := range arrows {
		out[a[0]] = append(out[a[0]], i)
	}
	state := make([]byte, n) // 1: on the way, 2: done
	var visit func(v int)
	visit = func(v int) {
		state[v] = 1
		for _, i := range out[v] {
			switch to := arrows[i][1]; state[to] {
			case 0:
				visit(to)
			case 1:
				l.turned[i] = true
			}
		}
		state[v] = 2
	}
	for v := range n {
		if state[v] == 0 {
			visit(v)
		}
	}
}

// place gives each box its column: one more than the last of those that lead to it.
func (l *layered) place(n int, arrows [][2]int) {
	l.column = make([]int, n)
	for range n {
		moved := false
		for i, a := range arrows {
			from, to := a[0], a[1]
			if l.turned[i] {
				from, to = to, from
			}
			if from != to && l.column[to] <= l.column[from] {
				l.column[to] = l.column[from] + 1
				moved = true
			}
		}
		if !moved {
			return
		}
	}
}

// order orders each column by the places of its neighbours.
func (l *layered) order() {
	l.row = make([]float64, len(l.column))
	for _, c := range l.columns {
		l.number(c)
	}
	for sweep := range sweeps {
		for i := range l.columns {
			at, near := i, l.before
			if sweep%2 == 1 {
				at, near = len(l.columns)-1-i, l.after
			}
			mean := map[int]float64{}
			for _, v := range l.columns[at] {
				mean[v] = l.row[v]
				if len(near[v]) > 0 {
					sum := 0.0
					for _, w := range near[v] {
						sum += l.row[w]
					}
					mean[v] = sum / float64(len(near[v]))
				}
			}
			slices.SortStableFunc(l.columns[at], func(a, b int) int { return cmp.Compare(mean[a], mean[b]) })
			l.number(l.columns[at])
		}
	}
}

// number gives the vertices of a column their rows, around the middle.
func (l *layered) number(column []int) {
	for i, v := range column {
		l.row[v] = float64(i) - float64(len(column)-1)/2
	}
}
