package money

import "testing"

func TestLostOrdersAreThoseThatDidNotComeLater(t *testing.T) {
	expected := Expected([]float64{100, 110, 90, 100}, 120, 100)
	if expected != 120 {
		t.Fatalf("expected %v orders, want 120", expected)
	}
	lost := Lost([]float64{expected, 120}, []float64{70, 140})
	if lost != 30 || lost*15 != 450 {
		t.Errorf("lost %v orders, want 30: 450 euros of 15 each", lost)
	}
	if gross := Lost([]float64{expected}, []float64{70}) * 15; gross != 750 {
		t.Errorf("gross %v euros, want 750", gross)
	}
	if got := WorkLost(40, 12, 0.80, 1); got != 384 {
		t.Errorf("work lost = %v euros, want 384", got)
	}
	if Expected(nil, 1, 1) != 0 || Expected([]float64{5}, 3, 0) != 0 {
		t.Error("something is expected of nothing")
	}
}
