package service

import (
	"encoding/json"
	"strings"
	"testing"
	"time"
)

func TestLatency(t *testing.T) {
	var l Latency
	if _, known := l.Quantile(0.5); known {
		t.Error("without a call a quantile is known")
	}
	for _, ms := range []int64{0, 1, 3, 40, 40, 40, 40, 900, 20_000} {
		l.Add(ms)
	}
	if got, _ := l.Quantile(0.5); got != 50*time.Millisecond {
		t.Errorf("half took at most %v, want 50ms", got)
	}
	if _, known := l.Quantile(1); known {
		t.Error("how long the longest took is known, and it is longer than all places")
	}
	text, err := json.Marshal(l)
	if err != nil || string(text) != "[2,0,1,0,0,4,0,0,0,1,0,0,0,1]" {
		t.Errorf("%s (%v)", text, err)
	}
	var back Latency
	if err := json.Unmarshal(text, &back); err != nil || back != l {
		t.Errorf("%v (%v), want %v", back, err, l)
	}
	for _, bad := range []string{"[1,2,3,4,5,6,7,8,9,10,11,12,13,14,15]", "[-1]", "{}"} {
		if json.Unmarshal([]byte(bad), &back) == nil {
			t.Errorf("%s is a latency", bad)
		}
	}
}

func TestNamesShow(t *testing.T) {
	for _, tt := range []struct{ give, want string }{
		{"cart", "cart"}, {" cart\n", "cart"}, {"a\x00b\u202ec", "a b c"}, {"winkel-é", "winkel-é"}, {strings.Repeat("é", 100), strings.Repeat("é", 64)},
	} {
		if got := Name(tt.give); got != tt.want {
			t.Errorf("Name(%q) = %q, want %q", tt.give, got, tt.want)
		}
	}
}

func TestNobodyCalledIsNotZero(t *testing.T) {
	var s Sum
	if _, known := s.ErrorShare(); known {
		t.Error("the share of errors of nothing is known")
	}
	s.Add(Sum{Count: 4, Errors: 1, Millis: 10})
	if share, _ := s.ErrorShare(); share != 0.25 {
		t.Errorf("share %v, want 0.25", share)
	}
	if mean, _ := s.Mean(); mean != 2500*time.Microsecond {
		t.Errorf("mean %v, want 2.5ms", mean)
	}
}
