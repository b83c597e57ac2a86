package main

import (
	"math"
	"os"
	"reflect"
	"strings"
	"testing"
)

// The runs of a test: enough to tell another number from chance, few enough to wait for.
const (
	testRuns      = 4
	referenceTest = 12
)

func TestFeltUptimeIsWithinTheStatedError(t *testing.T) {
	for _, table := range experiments() {
		for _, s := range table.settings {
			t.Run(table.title+"/"+s.name, func(t *testing.T) {
				runs := testRuns
				if s.printed != nil {
					runs = referenceTest
				}
				o, err := repeat(s, runs)
				if err != nil {
					t.Fatal(err)
				}
				if chance := 2 * o.off.sd / math.Sqrt(float64(runs)); math.Abs(o.off.mean) > s.within+chance {
					t.Errorf("felt uptime is %+.4f ± %.4f from truth, stated is %v", o.off.mean, o.off.sd, s.within)
				}
				for _, p := range s.printed {
					if apart := o.apart(p); math.Abs(apart) > 3 || math.IsNaN(apart) {
						t.Errorf("%s is %v, metric 1.5 has %v: %.1f standard errors apart", p.number, o.numbers[p.number], p.value, apart)
					}
				}
			})
		}
	}
}

// An outage that drives everybody away is no hundred per cent.
func TestAnEmptyShopIsNotUp(t *testing.T) {
	for _, s := range everybody().settings {
		if s.name != "leaves for good" {
			continue
		}
		o, err := repeat(s, testRuns)
		if err != nil {
			t.Fatal(err)
		}
		if n := o.numbers; n[truthUptime].mean != 0.75 || n[userUptime].mean != 1 || n[feltUptime].mean > 0.9 || n[flawless].mean != 0 {
			t.Errorf("truth %v, user-uptime %v, felt %v, flawless %v; want .75, 1, far below 1, nobody",
				n[truthUptime], n[userUptime], n[feltUptime], n[flawless])
		}
	}
}

func TestTheSameSeedsGiveTheSame(t *testing.T) {
	s := town().settings[6]
	a, err := repeat(s, 2)
	if err != nil {
		t.Fatal(err)
	}
	b, err := repeat(s, 2)
	if err != nil || !reflect.DeepEqual(a.numbers, b.numbers) {
		t.Errorf("%v, then %v (%v)", a.numbers, b.numbers, err)
	}
}

func TestThePageIsOfThisProgram(t *testing.T) {
	doc, err := os.ReadFile("../../../docs/behaviours.md")
	if err != nil {
		t.Fatal(err)
	}
	for _, table := range experiments() {
		for _, s := range table.settings {
			if line := "- *" + s.name + "*: " + s.why + ".\n"; !strings.Contains(string(doc), "## "+table.title+"\n") || !strings.Contains(string(doc), line) {
				t.Errorf("docs/behaviours.md does not say %q (fix: go run ./internal/tool/behaviours)", line)
			}
		}
	}
}
