package logfile

import (
	"cmp"
	"fmt"
	"io/fs"
	"slices"
	"time"
)

// settle decides what every candidate is; at is the file at the path, nil for none.
func (f *follower) settle(found []*candidate, at fs.FileInfo) {
	if f.fresh {
		f.begin(found)
		f.takeCurrent(found, at)
		return
	}
	last, split := f.newest(), false
	for _, g := range slices.Clone(f.gens) {
		if g.file == nil {
			split = split || g.truncated
			f.find(g, found)
		}
	}
	f.revive(found)
	held := f.takeCurrent(found, at)
	if at != nil && !held {
		return // we may not read it: what is behind it can wait
	}
	if f.pending || f.stirred || split || f.newest() != last || last == nil || last.file == nil {
		f.takeNew(found, at)
	}
	f.giveUp(at != nil)
}

// begin learns which rotated files were there before us: they are not ours to read.
func (f *follower) begin(found []*candidate) {
	f.fresh = false
	old := slices.Clone(found)
	slices.SortFunc(old, func(a, b *candidate) int { return byAge(a.sibling, b.sibling) })
	for _, c := range old {
		if c.current {
			continue
		}
		f.remember(c.mark(), distinct(c.head))
		f.since = max(f.since, c.info.ModTime().UnixNano())
	}
	if i := slices.IndexFunc(found, func(c *candidate) bool { return c.current }); i >= 0 {
		f.since = found[i].info.ModTime().UnixNano()
	}
}

// find looks for the file in which the lost generation g goes on.
func (f *follower) find(g *generation, found []*candidate) {
	var best *candidate
	for _, c := range found {
		short := c.pack == plain && c.info.Size() < g.lost.Offset
		if c.used || c.file == nil || !g.fits(c) || c.current && short {
			continue
		}
		if g.lost.weak() && !sameInode(g.lost, c.info) && (!f.isNew(c.sibling) || f.finished(c)) {
			continue
		}
		if best == nil || fitness(g, c) > fitness(g, best) {
			best = c
		}
	}
	if best == nil {
		return
	}
	if best.pack == plain && best.info.Size() < g.lost.Offset {
		// A copy that was made before the last lines we read: nothing of it is new.
		f.remember(best.mark(), distinct(best.head))
		f.drop(g)
		_ = best.file.Close() // it was only read
		best.file = nil
		return
	}
	best.used = true
	g.attach(*best, g.lost.Offset)
}

// fitness says how well c fits the lost generation g, among those with its head.
func fitness(g *generation, c *candidate) (n int) {
	if c.pack != plain || c.info.Size() >= g.lost.Offset {
		n += 4
	}
	if sameInode(g.lost, c.info) {
		n += 2
	}
	if c.pack == plain {
		n++
	}
	if c.current && !sameInode(g.lost, c.info) {
		n -= 2 // rather one that was rotated: short heads can be the same
	}
	return n
}

func (f *follower) drop(g *generation) {
	f.gens = slices.DeleteFunc(f.gens, func(o *generation) bool { return o == g })
}

// revive opens finished generations again that were written into after all.
func (f *follower) revive(found []*candidate) {
	for _, c := range found {
		if c.used || c.file == nil || c.current || c.pack != plain {
			continue
		}
		i := slices.IndexFunc(f.done, func(m Mark) bool {
			return sameInode(m, c.info) && c.beginsAs(m.Head) && c.info.Size() > m.Offset
		})
		if i >= 0 {
			c.used = true
			f.gens = slices.Insert(f.gens, 0, opened(*c, f.done[i].Offset, f.o.MaxLine))
			f.done = slices.Delete(f.done, i, i+1)
		}
	}
}

// takeCurrent makes the file at the path the newest generation. It reports whether it is.
func (f *follower) takeCurrent(found []*candidate, at fs.FileInfo) bool {
	if at != nil {
		if g := f.holder(at); g != nil { // it was known, or found as a lost one
			f.drop(g)
			f.gens = append(f.gens, g)
			return true
		}
	}
	i := slices.IndexFunc(found, func(c *candidate) bool { return c.current && !c.used })
	if i < 0 {
		return false
	}
	c := found[i]
	if c.pack.unread() {
		f.ail(explainPacked(c.name, c.pack))
		return false
	}
	c.used = true
	if g := f.newest(); g != nil && f.copied(g, c) {
		_ = g.file.Close() // it was only read
		g.attach(*c, g.offset)
		return true
	}
	f.gens = append(f.gens, opened(*c, f.before(c), f.o.MaxLine))
	return true
}

// before returns how far c was read before, when it was finished and is now back.
func (f *follower) before(c *candidate) int64 {
	i := slices.IndexFunc(f.done, func(m Mark) bool {
		sure := sameInode(m, c.info) || m.Head.Bytes == headMax // a short head may be a greeting that all begin with
		return sure && c.beginsAs(m.Head) && (c.pack != plain || c.info.Size() >= m.Offset)
	})
	if i < 0 {
		return 0
	}
	offset := f.done[i].Offset
	f.done = slices.Delete(f.done, i, i+1)
	return offset
}

// grownSince returns how far c was read before, when it is a short generation that was
// finished, got more lines after all, and only then was compressed.
func (f *follower) grownSince(c *candidate) int64 {
	i := slices.IndexFunc(f.done, func(m Mark) bool { return m.Head.Bytes < headMax && c.beginsAs(m.Head) })
	if i < 0 {
		return 0
	}
	offset := f.done[i].Offset
	f.done = slices.Delete(f.done, i, i+1)
	return offset
}

// copied reports whether c is g in a new file that took the place of the old one, as
// rsync and editors leave it.
func (f *follower) copied(g *generation, c *candidate) bool {
	return g.file != nil && g.pack == c.pack && alike(g.head, c.head) && f.deleted(g) &&
		(c.pack != plain || c.info.Size() >= g.offset)
}

// takeNew opens generations that came and went without us.
func (f *follower) takeNew(found []*candidate, current fs.FileInfo) {
	f.pending, f.stirred = false, false
	for _, g := range f.gens {
		if g.file != nil && g.pack == plain && f.learn(g) != nil {
			f.stirred = true // it was cut off: what looks new may be a copy of what it has now
			return
		}
	}
	var fresh []*candidate
	for _, c := range found {
		if c.used || c.file == nil || c.current || !f.isNew(c.sibling) || f.knows(c) {
			continue
		}
		if c.pack.unread() {
			f.o.Gap(explainPacked(c.name, c.pack).Error())
			continue
		}
		if !distinct(c.head) {
			age := time.Since(c.info.ModTime())
			young := age >= 0 && age < f.o.Quiet
			f.pending = f.pending || young
			if young || len(c.head) == 0 {
				continue
			}
		}
		fresh = append(fresh, c)
	}
	slices.SortFunc(fresh, func(a, b *candidate) int {
		return cmp.Or(byAge(a.sibling, b.sibling), cmp.Compare(a.pack, b.pack)) // plain before packed
	})
	at := len(f.gens)
	if f.holds(current) {
		at--
	}
	for _, c := range fresh {
		if f.knows(c) { // two forms of one generation
			continue
		}
		c.used = true
		f.gens = slices.Insert(f.gens, at, opened(*c, f.grownSince(c), f.o.MaxLine))
		at++
	}
}

// knows reports whether c is, or is a copy of, what we read or have read. A copy never
// has more than the file that it is a copy of.
func (f *follower) knows(c *candidate) bool {
	for _, g := range f.gens {
		lost := g.file == nil && !g.lost.weak() && c.beginsAs(g.lost.Head)
		copied := g.file != nil && alike(g.head, c.head) && (g.pack != plain || len(c.head) <= len(g.head))
		if lost || copied {
			return true
		}
	}
	return f.finished(c)
}

// finished reports whether c is a generation which was read to its end.
func (f *follower) finished(c *candidate) bool {
	return slices.ContainsFunc(f.done, func(m Mark) bool {
		return c.beginsAs(m.Head) && (m.Head.Bytes == headMax || m.Head.Bytes == len(c.head))
	})
}

// learn reads the head of g. A file that was empty until now may have been filled, copied
// and cut off unseen before, so that what it has now is not the first since: then the
// folder has to be looked at again before it is read.
func (f *follower) learn(g *generation) error {
	blank := g.blank()
	err := g.verify()
	if blank && len(g.head) > 0 && g == f.newest() {
		f.stirred = true
	}
	return err
}

// giveUp stops looking for lost generations, once there is a newer file; what was cut
// off was copied before, so it is looked for only once.
func (f *follower) giveUp(there bool) {
	for _, g := range slices.Clone(f.gens) {
		if g.file != nil || !there && !g.truncated {
			continue
		}
		why := "its rotated file cannot be found (it may be deleted, in another folder or not readable by us)"
		if g.truncated {
			why = "it was cut off and there is no readable copy of it"
		}
		f.o.Gap(fmt.Sprintf("%s: %s: lines after its byte %d may be lost", g.name, why, g.lost.Offset))
		f.remember(g.lost, g.lost.Offset > 0)
		f.drop(g)
	}
}
