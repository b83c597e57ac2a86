package route

import "testing"

func TestNamesAreTextThatShowsAsItIs(t *testing.T) {
	tests := []struct{ give, journey, step string }{
		{"/shop/cart", "/shop", "GET /shop/cart"},
		{"/caf\u00e9/th\u00e9", "/caf\u00e9", "GET /caf\u00e9/th\u00e9"},
		{"/a\x1b[31m\x07/b", "/a?[31m?", "GET /a?[31m?/b"},
		{"/a\u202eb/\u2066c", "/a?b", "GET /a?b/?c"},
		{"/a\xff/b\xfe", "/a?", "GET /a?/b?"},
		{"/a\u200b\u0085/x", "/a??", "GET /a??/x"},
	}
	for _, tt := range tests {
		journey, step := string(Journey([]byte(tt.give), 200)), string(AppendStep(nil, []byte("GET"), []byte(tt.give)))
		if journey != tt.journey || step != tt.step {
			t.Errorf("%q is %q and %q, want %q and %q", tt.give, journey, step, tt.journey, tt.step)
		}
		if got := Name(" " + tt.give + "\n"); got != tt.step[len("GET "):] {
			t.Errorf("Name(%q) = %q, want %q", tt.give, got, tt.step[len("GET "):])
		}
	}
}
