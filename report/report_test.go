package report

import (
	"bytes"
	"encoding/json"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/honderd/honderd/look"
	"github.com/honderd/honderd/view"
)

// samples are the periods that every form must be able to tell.
func samples() map[string]view.Answer {
	return map[string]view.Answer{"empty": {}, "single": single(), "unknown": unknown(), "week": week(), "year": year()}
}

// amsterdam is where the samples are read.
func amsterdam(t *testing.T) *time.Location {
	t.Helper()
	zone, err := time.LoadLocation("Europe/Amsterdam")
	if err != nil {
		t.Skip(err)
	}
	return zone
}

func asText(t *testing.T, a view.Answer, o Options) string {
	t.Helper()
	var b bytes.Buffer
	if err := Text(&b, a, o); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

func asHTML(t *testing.T, a view.Answer, o Options) string {
	t.Helper()
	var b bytes.Buffer
	if err := HTML(&b, a, o); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

func TestJSONHasNoNullLists(t *testing.T) {
	for name, a := range samples() {
		var b bytes.Buffer
		if err := JSON(&b, a); err != nil {
			t.Fatal(err)
		}
		if !strings.HasPrefix(b.String(), "{\n  \"source\": {\n    \"lines\": ") || !strings.HasSuffix(b.String(), "}\n") {
			t.Errorf("%s: not indented by two, or no line at the end", name)
		}
		for _, field := range []string{"formats", "rejects", "examples", "windows", "moments", "journeys", "by", "incidents", "causes", "steps", "latest", "hours", "notes"} {
			if strings.Contains(b.String(), `"`+field+`": null`) {
				t.Errorf("%s: %s is null, want empty", name, field)
			}
		}
		var back view.Answer
		if err := json.Unmarshal(b.Bytes(), &back); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
	var b bytes.Buffer
	if err := JSON(&b, view.Answer{}); err != nil || !strings.Contains(b.String(), `"ratio": null`) {
		t.Errorf("a ratio without anybody must be null (%v)", err)
	}
}

func TestTextTellsAWeekInTenSeconds(t *testing.T) {
	got := asText(t, week(), Options{Width: 100, Zone: amsterdam(t)})
	for _, want := range []string{
		"12,947 of 13,112 people (98.74%, between 98.5% and 98.9%) had a flawless time.\n",
		"165 people were hurt; 31 of them gave up. Together they lost 20 h 4 min.\n",
		"The worst 1 h 4 min: Sat 17 May 21:05–22:09, 84.20% felt uptime, 158 people.\n",
		"It looks like one long outage of about 2 h.\n",
		"  Sat 17 May   ", "Nobody behind the door answered", "POST /checkout/pay",
		"• Sat 17 May 21:04–22:50 · 1 h 46 min · 61 people hurt\n",
		"• 270 times: no known format\n", "The machines failed 214 times, and nobody felt it.",
	} {
		if !strings.Contains(got, want) {
			t.Errorf("text lacks %q:\n%s", want, got)
		}
	}
}

func TestTextFitsAnyTerminal(t *testing.T) {
	for name, a := range samples() {
		for _, tongue := range []look.Tongue{look.EN, look.NL} {
			for _, width := range []int{0, 40, 61, 80, 132} {
				limit := width
				if width == 0 {
					limit = 80
				}
				for line := range strings.Lines(asText(t, a, Options{Width: width, Tongue: tongue})) {
					if n := size(strings.TrimRight(line, "\n")); n > limit {
						t.Errorf("%s in %v at %d: %d wide: %s", name, tongue, width, n, line)
					}
				}
			}
		}
	}
}

func TestTextHasColourOnlyWhenAsked(t *testing.T) {
	escape := regexp.MustCompile(`\x1b\[[0-9]+m`)
	plain, colour := asText(t, week(), Options{}), asText(t, week(), Options{Color: true})
	if strings.Contains(plain, "\x1b") {
		t.Errorf("colour that nobody asked for, or an escape from a log line")
	}
	if !escape.MatchString(colour) || escape.ReplaceAllString(colour, "") != plain {
		t.Errorf("colour changes more than colour")
	}
}

func TestUnknownIsNeverAHundred(t *testing.T) {
	for _, name := range []string{"empty", "unknown"} {
		a := samples()[name]
		for form, got := range map[string]string{"text": asText(t, a, Options{}), "page": asHTML(t, a, Options{})} {
			got = strings.NewReplacer("That is not 100%", "", "that is not 100%", "", "100% is not what", "", `>100%</text>`, "").Replace(got)
			if form == "page" {
				_, got, _ = strings.Cut(got, "</style>")
				got = regexp.MustCompile(`(width|x2|x1|x)="100%"`).ReplaceAllString(got, "")
			}
			if strings.Contains(got, "100%") {
				t.Errorf("%s of %s says 100%%:\n%s", form, name, got)
			}
		}
	}
}

func TestFewPeopleAreSaidToBeTooFew(t *testing.T) {
	if got := asText(t, single(), Options{}); !strings.Contains(got, "One person was here, and had a flawless time.\nThat is too few people to judge by.") {
		t.Errorf("one person: %s", got)
	}
	few := single()
	few.People = counted(41, 2)
	if got := asText(t, few, Options{}); !strings.Contains(got, "Too few people to judge by: with 41 people,") {
		t.Errorf("41 people: %s", got)
	}
}

func TestPageNeedsNothingElse(t *testing.T) {
	for name, a := range samples() {
		got := asHTML(t, a, Options{Zone: amsterdam(t)})
		for _, bad := range []string{"<script", "<link", "src=", "@import", "http://", "https://", "%!", "ZgotmplZ", "<no value>", " style="} {
			if strings.Contains(got, bad) {
				t.Errorf("page of %s contains %q", name, bad)
			}
		}
		ids := map[string]bool{}
		for _, m := range regexp.MustCompile(` id="([^"]+)"`).FindAllStringSubmatch(got, -1) {
			if ids[m[1]] {
				t.Errorf("page of %s has id %q twice", name, m[1])
			}
			ids[m[1]] = true
		}
	}
}

func TestPageTellsAWeek(t *testing.T) {
	got := asHTML(t, week(), Options{Zone: amsterdam(t)})
	for _, want := range []string{
		`<html lang="en">`, "<h1>12,947 of 13,112 people had a flawless time.</h1>", "98.74%", "one long outage of about 2 h",
		"GET /&lt;script&gt;alert(1)&lt;/script&gt;", "61 people hurt", "NSDI 2020", "25 min",
	} {
		if !strings.Contains(got, want) {
			t.Errorf("page lacks %q", want)
		}
	}
	dutch := asHTML(t, week(), Options{Tongue: look.NL})
	for _, want := range []string{`<html lang="nl">`, "12.947 van de 13.112 mensen", "98,74%", "273 van 412883 regels waren niet te lezen"} {
		if !strings.Contains(dutch, want) {
			t.Errorf("Dutch page lacks %q", want)
		}
	}
}
