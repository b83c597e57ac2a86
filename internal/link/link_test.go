package link

import (
	"strings"
	"testing"
)

func TestWhatCanBeALink(t *testing.T) {
	for s, want := range map[string]bool{
		"https://shop.example/a?b=c#d": true, "http://shop.example": true,
		"javascript:alert(1)": false, "https://": false, "https://:80/": false, "https://ann:secret@shop.example/": false,
		"https://shop.example/\"onclick=": false, "https://shop.example/a b": false, "https://shop.example/\x00": false, "//shop.example": false, "": false,
		"https://shop.example/" + strings.Repeat("a", Most): false,
	} {
		if Shows(s) != want {
			t.Errorf("Shows(%q) = %v", s, !want)
		}
	}
}
