package diag

import (
	"strings"
	"unicode/utf8"
)

// Nearest returns the one of among that word was probably meant to be: at most two
// slips of the finger away (one for a word of up to four letters), or the only one
// that word is the beginning of. It returns "" when there is none. Case, and - for _,
// do not count.
func Nearest(word string, among []string) string {
	word = fold(word)
	best, least := "", 3
	if utf8.RuneCountInString(word) <= 4 {
		least = 2
	}
	for _, candidate := range among {
		if d := distance(word, fold(candidate), least); d < least {
			best, least = candidate, d
		}
	}
	if best != "" || len(word) < 3 {
		return best
	}
	for _, candidate := range among {
		if !strings.HasPrefix(fold(candidate), word) {
			continue
		}
		if best != "" {
			return ""
		}
		best = candidate
	}
	return best
}

func fold(word string) string {
	return strings.ReplaceAll(strings.ToLower(word), "-", "_")
}

// distance returns in how many slips a becomes b: a letter too many, too few, wrong,
// or two neighbours swapped. It gives up at limit.
//
// Source: Damerau-Levenshtein in its restricted form (optimal string alignment).
func distance(a, b string, limit int) int {
	x, y := []rune(a), []rune(b)
	if max(len(x)-len(y), len(y)-len(x)) >= limit {
		return limit
	}
	before, above, row := make([]int, len(y)+1), make([]int, len(y)+1), make([]int, len(y)+1)
	for j := range row {
		row[j] = j
	}
	for i := 1; i <= len(x); i++ {
		before, above, row = above, row, before
		row[0] = i
		for j := 1; j <= len(y); j++ {
			change := above[j-1]
			if x[i-1] != y[j-1] {
				change++
			}
			row[j] = min(change, above[j]+1, row[j-1]+1)
			if i > 1 && j > 1 && x[i-1] == y[j-2] && x[i-2] == y[j-1] {
				row[j] = min(row[j], before[j-2]+1)
			}
		}
	}
	return min(row[len(y)], limit)
}
