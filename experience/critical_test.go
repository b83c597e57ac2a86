package experience

import (
	"strings"
	"testing"
)

func TestIsCritical(t *testing.T) {
	tests := []struct {
		critical, method, path string
		want                   bool
	}{
		{"POST /checkout", "POST", "/checkout", true},
		{"POST /checkout", "GET", "/checkout", false},
		{"POST /checkout", "POST", "/checkout/now", true},
		{"POST /checkout", "POST", "/checkouts", false},
		{"POST /checkout", "POST", "/", false},
		{"POST /checkout", "POST", "", false},
		{"/pay", "PUT", "/pay/1", true},
		{"/pay", "", "/pay", true},
		{"/pay", "GET", "//pay/", true},
		{"/pay/", "GET", "/pay", true},
		{"/pay", "GET", "/shop/pay", false},
		{"/pay", "GET", "/Pay", false},
		{"/order/:id/pay", "GET", "/order/17/pay", true},
		{"/order/:id/pay", "GET", "/order/:id/pay/done", true}, // the name of a step
		{"/order/:id/pay", "GET", "/order/17/cancel", false},
		{"/order/:id", "GET", "/order", false},
		{"/", "GET", "/anything", true},
		{"GET /", "POST", "/anything", false},
	}
	for _, tt := range tests {
		r := Rules{Critical: []string{"/never", tt.critical}}
		if got := r.IsCritical(tt.method, tt.path); got != tt.want {
			t.Errorf("%q: IsCritical(%q, %q) = %v, want %v", tt.critical, tt.method, tt.path, got, tt.want)
		}
		if err := r.Validate(); err != nil {
			t.Errorf("Validate() = %v", err)
		}
	}
	if rules := DefaultRules(); rules.IsCritical("POST", "/") {
		t.Error("something is critical by default")
	}
}

func TestCriticalSaysTheWayOut(t *testing.T) {
	for _, tt := range []struct{ give, want string }{
		{"", "fix: write /pay or POST /checkout"},
		{"checkout", "fix: write /checkout,"},
		{"post /checkout", "fix: write POST /checkout)"},
		{"POST checkout", "fix: write POST /checkout,"},
		{"POST  /checkout", "fix: write POST /checkout,"},
		{"P0ST /checkout", `"P0ST" is not a method`},
		{"/checkout/*", "fix: write /checkout,"},
		{"/*/pay", ":id for what is another each time"},
		{"/pay?method=card", "fix: write /pay,"},
		{"https://shop.example/pay", "fix: write /pay,"},
		{"POST /check out", "fix: write /pay or POST /checkout"},
	} {
		err := Rules{Critical: []string{tt.give}}.Validate()
		if err == nil || !strings.Contains(err.Error(), tt.want) {
			t.Errorf("Validate(%q) = %v, want %q", tt.give, err, tt.want)
		}
	}
}
