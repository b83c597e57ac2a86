package main

import (
	"math"
	"math/rand/v2"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"github.com/honderd/honderd/internal/interval"
)

// exact returns how often Wilson's interval holds p among n people, without chance.
func exact(n int64, p float64) float64 {
	held := 0.0
	for k := range n + 1 {
		low, high := interval.Wilson(k, n)
		if low <= p && p <= high {
			a, _ := math.Lgamma(float64(n + 1))
			b, _ := math.Lgamma(float64(k + 1))
			c, _ := math.Lgamma(float64(n - k + 1))
			held += math.Exp(a - b - c + float64(k)*math.Log(p) + float64(n-k)*math.Log1p(-p))
		}
	}
	return held
}

// deviations returns by how many standard deviations of so many runs got is off want.
func deviations(got, want float64, runs int) float64 {
	return math.Abs(got-want) / math.Sqrt(want*(1-want)/float64(runs))
}

func TestWilsonOnPeopleHoldsAsOftenAsItMust(t *testing.T) {
	const runs = 400
	for _, c := range crowds()[:3] {
		for _, n := range []int{50, 200} {
			table := simulate(c, n, runs)
			got, want := table[wilsonPeople].coverage(), exact(int64(n), c.flawless())
			if deviations(got, want, runs) > 4 {
				t.Errorf("%s: among %d people Wilson holds %v, exactly it is %v", c.name, n, got, want)
			}
		}
	}
}

// The page that people read must say what the formula says.
func TestThePageSaysWhatIsTrue(t *testing.T) {
	page, err := os.ReadFile(filepath.Join("..", "..", "..", "docs", "intervals.md"))
	if err != nil {
		t.Fatal(err)
	}
	runs, err := strconv.Atoi(regexp.MustCompile(`Simulated: (\d+) draws`).FindStringSubmatch(string(page))[1])
	if err != nil || runs < 2000 {
		t.Fatalf("simulated %d times, %v; want 2000 at least", runs, err)
	}
	rows := 0
	for line := range strings.Lines(string(page)) {
		cells := strings.Split(line, "|")
		if !strings.Contains(cells[min(1, len(cells)-1)], methodNames()[wilsonPeople]) {
			continue
		}
		p := crowds()[rows].flawless()
		rows++
		for i, n := range sizes() {
			held, _, _ := strings.Cut(strings.TrimLeft(cells[i+2], " !"), " ")
			got, err := strconv.ParseFloat(held, 64)
			if want := exact(int64(n), p); err != nil || deviations(got/100, want, runs) > 4 {
				t.Errorf("table %d says %s%% of %d people, exactly it is %v (fix: go run ./internal/tool/coverage)", rows, held, n, want)
			}
		}
	}
	if rows != len(crowds()) {
		t.Errorf("%d tables, want %d (fix: go run ./internal/tool/coverage)", rows, len(crowds()))
	}
}

func TestTheSameSeedGivesTheSamePage(t *testing.T) {
	if first, second := document(2, 1), document(2, 1); first != second {
		t.Error("two pages differ")
	}
}

func TestTheTruthIsThatOfManyPeople(t *testing.T) {
	for _, c := range crowds() {
		r := rand.New(rand.NewPCG(5, 5))
		var sums interval.Ratio
		flawless := 0
		const n = 200_000
		for range n {
			p := c.draw(r)
			sums.Add(p.good, p.all)
			if p.good == p.all {
				flawless++
			}
		}
		if got := float64(flawless) / n; deviations(got, c.flawless(), n) > 4 {
			t.Errorf("%s: %v flawless, in truth %v", c.name, got, c.flawless())
		}
		if got, _ := sums.Value(); math.Abs(got-c.ratio()) > 4*math.Sqrt(sums.Variance()) {
			t.Errorf("%s: ratio %v, in truth %v", c.name, got, c.ratio())
		}
	}
}
