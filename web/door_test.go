package web

import "testing"

func TestLoggingInLeadsToNobodyElse(t *testing.T) {
	tests := []struct{ give, want string }{
		{"/faults?a=1", "/faults?a=1"},
		{"/incidents/2026-11-26-2000", "/incidents/2026-11-26-2000"},
		{"", "/"},
		{"faults", "/"},
		{"//bad.example", "/"},
		{"///bad.example", "/"},
		{"/\\bad.example", "/"},
		{"/%5cbad.example", "/%5cbad.example"}, // a name of ours: browsers do not read it as a slash
		{"\\\\bad.example", "/"},
		{"https://bad.example/", "/"},
		{"https:/bad.example", "/"},
		{"javascript:alert(1)", "/"},
		{"/\t/bad.example", "/"},
		{"/%2f/bad.example", "/"},
		{"/x\r\nSet-Cookie: a=b", "/"},
		{"/login?to=/login", "/"},
		{"/logout", "/"},
	}
	for _, tt := range tests {
		if got := ownPath(tt.give); got != tt.want {
			t.Errorf("ownPath(%q) = %q, want %q", tt.give, got, tt.want)
		}
	}
}
