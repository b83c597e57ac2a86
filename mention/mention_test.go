package mention

import (
	"math"
	"testing"
)

func near(a, b float64) bool { return math.Abs(a-b) < 5e-6 }

func TestReproduction(t *testing.T) {
	said, weights := []float64{1, 2, 4, 8}, []float64{0.5, 0.5}
	if p := Pressure(said, weights); p[2] != 1.5 || p[3] != 3 {
		t.Fatalf("pressure %v, want 1.5 and 3 at the end", p)
	}
	if got := Reproduction(said, weights, 2, 4, Prior{1, 5}); !near(got, 2.76596) {
		t.Errorf("R = %.5f, want 2.76596", got)
	}
	if got := Reproduction(said, weights, 2, 4, Prior{1, 1}); !near(got, 2.36364) {
		t.Errorf("R = %.5f, want 2.36364", got)
	}
}

// The fault itself looks like contagion to whoever does not know who was hurt.
func TestWhatAFaultBroughtIsNoContagion(t *testing.T) {
	said, hurt, weights := []float64{10, 15, 7.5}, []float64{100, 100, 0}, []float64{1}
	perHurt, r, ok := Driven(said, hurt, weights)
	if !ok || !near(perHurt, 0.1) || !near(r, 0.5) {
		t.Errorf("per hurt person %v, R %v, %v; want 0.1, 0.5", perHurt, r, ok)
	}
	p := Pressure(said, weights)
	if naive := (said[1] + said[2]) / (p[1] + p[2]); !near(naive, 0.9) {
		t.Errorf("naive R = %v, want 0.9", naive)
	}
	if _, _, ok := Driven([]float64{0, 0}, []float64{0, 0}, weights); ok {
		t.Error("something is known of nothing")
	}
}
