package complaint

import (
	"strings"
	"testing"
	"unicode/utf8"
)

func TestTextsOfPeople(t *testing.T) {
	for _, tt := range []struct {
		text, language string
		outage         bool
	}{
		{"Ligt de app van de bank er nou al weer uit? Ik kan niet betalen!", "nl", true},
		{"@bank storing? inloggen lukt niet sinds vanochtend", "nl", true},
		{"De app doet het niet", "nl", true},
		{"Geen storing bij ons, alles werkt prima", "nl", false},
		{"Hij doet het weer, bedankt voor de snelle hulp!", "nl", false},
		{"storing opgelost, top!", "", false},
		{"Is the shop down for anyone else?", "en", true},
		{"I can't log in and my payment failed", "en", true},
		{"checkout is not working again", "en", true},
		{"hij werkt weer niet", "nl", true},
		{"It is back up, thank you", "en", false},
		{"No outage here, I love this shop", "en", false},
		{"https://down.example/ is a nice site", "en", false},
		{"", "", false},
	} {
		got := Read(tt.text)
		if got.Language != tt.language || got.Outage != tt.outage {
			t.Errorf("Read(%q) = %+v", tt.text, got)
		}
	}
}

func TestNobodyIsNamed(t *testing.T) {
	got := Strip("<p>@ann@mastodon.nl bel 06-1234 5678 of ann@example.org, zie https://x.example/@ann: <b>plat</b></p>\n")
	for _, name := range []string{"ann", "5678", "https", "<", "\n"} {
		if strings.Contains(got, name) {
			t.Errorf("%q has %q in it", got, name)
		}
	}
	if !strings.Contains(got, "plat") {
		t.Errorf("%q says nothing any more", got)
	}
}

func FuzzRead(f *testing.F) {
	f.Add("De app doet het niet <script>")
	f.Fuzz(func(t *testing.T, text string) {
		Read(text)
		if got := Strip(text); len(got) > maxKept || utf8.ValidString(text) && !utf8.ValidString(got) || strings.ContainsAny(got, "\n\x00") {
			t.Errorf("Strip(%q) = %q", text, got)
		}
	})
}
