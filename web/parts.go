package web

import (
	"cmp"
	"maps"
	"slices"

	"github.com/honderd/honderd/view"
)

// others returns what people are told apart by beside their journey, in order.
func others(names map[string][]string) []string {
	list := slices.Sorted(maps.Keys(names))
	return slices.DeleteFunc(list, func(by string) bool { return by == view.ByJourney })
}

// sortParts puts those with most hurt first.
func sortParts(list []part) {
	slices.SortStableFunc(list, func(a, b part) int {
		return cmp.Or(cmp.Compare(b.S.People.Hurt, a.S.People.Hurt), cmp.Compare(b.S.People.Active, a.S.People.Active))
	})
}
