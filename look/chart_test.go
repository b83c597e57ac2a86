package look

import (
	"encoding/xml"
	"errors"
	"io"
	"math"
	"strings"
	"testing"
	"time"
)

// quiet returns n hours of people from Monday 12 May 2025, nobody hurt.
func quiet(n int, people int64) []Hour {
	from := time.Date(2025, 5, 12, 0, 0, 0, 0, time.UTC)
	var out []Hour
	for i := range n {
		out = append(out, Hour{From: from.Add(time.Duration(i) * time.Hour), Active: people, Flawless: people})
	}
	return out
}

// mustBeSVG checks that a chart is XML, and has no colour or style of its own.
func mustBeSVG(t *testing.T, svg string) {
	t.Helper()
	d := xml.NewDecoder(strings.NewReader(svg))
	for {
		_, err := d.Token()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			t.Fatalf("not XML: %v in %s", err, svg)
		}
	}
	for _, bad := range []string{"style=", "#0", "NaN", "Inf", "%!"} {
		if strings.Contains(svg, bad) {
			t.Errorf("chart contains %q: %s", bad, svg)
		}
	}
	if !strings.Contains(svg, `role="img"`) {
		t.Errorf("chart without role=img")
	}
}

func TestOneHurtPersonOfTenThousandIsSeen(t *testing.T) {
	hours := quiet(24, 10_000)
	hours[14].Flawless--
	svg := string(For(EN, nil).Strip("s", hours, 1080))
	mustBeSVG(t, svg)
	if n := strings.Count(svg, `class="hurt"`); n != 1 {
		t.Errorf("%d hurt bars, want 1", n)
	}
	if want := "Mon 12 May 14:00–15:00 · 10,000 people · 9,999 flawless"; !strings.Contains(svg, want) {
		t.Errorf("strip does not say %q", want)
	}
	if biteHeight(1e-4) < 6 || biteHeight(0.9999) >= stripBars || biteHeight(1) != stripBars {
		t.Errorf("bite of one, of nearly all, of all = %d, %d, %d", biteHeight(1e-4), biteHeight(0.9999), biteHeight(1))
	}
}

func TestUnmeasuredHoursAreNeverGood(t *testing.T) {
	for name, hours := range map[string][]Hour{"none": nil, "nobody": quiet(48, 0)} {
		svg := string(For(EN, nil).Strip("s", hours, 1080))
		mustBeSVG(t, svg)
		if strings.Contains(svg, `class="good"`) || strings.Count(svg, `class="unknown"`) != 1 {
			t.Errorf("%s: want one hatched stretch and nothing good, got %s", name, svg)
		}
	}
	missing := append(quiet(3, 5), Hour{From: time.Date(2025, 5, 12, 9, 0, 0, 0, time.UTC), Active: 5, Flawless: 5})
	if svg := string(For(EN, nil).Strip("s", missing, 1080)); !strings.Contains(svg, "Mon 12 May 03:00–09:00 · not measured") {
		t.Errorf("a hole in the hours is not drawn as unmeasured: %s", svg)
	}
}

func TestLongPeriodsAreDrawnInFewerBars(t *testing.T) {
	zone, err := time.LoadLocation("Europe/Amsterdam")
	if err != nil {
		t.Skip(err)
	}
	tests := []struct {
		hours, most int
		want        int // hours in a bar that is not at an end
	}{{24, 100, 1}, {7 * 24, 168, 1}, {7 * 24, 100, 6}, {365 * 24, 372, 24}, {365 * 24, 100, 7 * 24}, {365 * 24, 20, 31 * 24}}
	for _, tt := range tests {
		buckets := Buckets(quiet(tt.hours, 3), zone, tt.most)
		if len(buckets) > tt.most+1 {
			t.Errorf("%d hours became %d bars, want at most %d", tt.hours, len(buckets), tt.most+1)
		}
		total := 0
		for _, b := range buckets {
			total += b.Hours
		}
		if total != tt.hours {
			t.Errorf("%d hours became %d", tt.hours, total)
		}
		if got := buckets[len(buckets)/2].Hours; got < tt.want-25 || got > tt.want+1 {
			t.Errorf("a bar of %d hours at most %d bars has %d hours, want about %d", tt.hours, tt.most, got, tt.want)
		}
	}
}

func TestATerribleHourStaysVisibleInAQuietWeek(t *testing.T) {
	hours := quiet(7*24, 100)
	hours[50].Flawless = 20
	for _, b := range Buckets(hours, nil, 7) {
		if b.Active != b.Flawless && b.Hurt() != 0.8 {
			t.Errorf("Hurt() = %v, want 0.8", b.Hurt())
		}
	}
	lonely := quiet(24, 100)
	lonely[3] = Hour{From: lonely[3].From, Active: 1}
	if got := Buckets(lonely, nil, 1)[0].Hurt(); got > 0.011 {
		t.Errorf("one lonely person makes a day look like %v", got)
	}
}

// plateau returns windows of one outage of so many minutes.
func plateau(minutes, longest int) []Window {
	var out []Window
	for k := range 61 {
		n := int(math.Round(math.Pow(2, float64(k)/4)))
		if n <= longest {
			out = append(out, Window{Minutes: n, Worst: new(1 - 0.5*min(1, float64(minutes)/float64(n))), People: 9})
		}
	}
	return out
}

func TestShapeOfTheWorstWindows(t *testing.T) {
	short := plateau(1, 10080)
	good := plateau(0, 10080)
	none := []Window{{Minutes: 1}, {Minutes: 2}, {Minutes: 4}}
	tests := []struct {
		name string
		give []Window
		want string
	}{
		{"an outage of two hours", plateau(108, 10080), "one long outage of about 2 h"},
		{"many short ones", short, "many short failures"},
		{"nothing bad", good, "No window"},
		{"too few people", none, "Too few people"},
		{"no windows", nil, "Too few people"},
		{"bad all the time", plateau(1000, 300), "over the whole period"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if got := For(EN, nil).ShapeSentence(tt.give); !strings.Contains(got, tt.want) {
				t.Errorf("ShapeSentence() = %q, want %q", got, tt.want)
			}
			mustBeSVG(t, string(For(NL, nil).Curve("c", tt.give, 600)))
		})
	}
}

func TestOnlyExactlyEverybodyIsAtTheTopOfTheCurve(t *testing.T) {
	if nines(1) != 5 || nines(math.Nextafter(1, 0)) >= 5 || nines(0) != 0 || math.Abs(nines(0.99)-2) > 1e-9 {
		t.Errorf("nines = %v, %v, %v, %v", nines(1), nines(math.Nextafter(1, 0)), nines(0), nines(0.99))
	}
}

func TestRingShowsWhoWasHurt(t *testing.T) {
	r := For(EN, nil)
	tests := []struct {
		name             string
		share, low       *float64
		good, hurt, none int
	}{
		{"all of many", new(1.0), new(0.9999), 100, 0, 0},
		{"one of ten thousand", new(0.9999), new(0.9995), 100, 1, 0},
		{"five in a hundred", new(0.95), new(0.95), 95, 5, 0},
		{"nobody", new(0.0), new(0.0), 0, 100, 0},
		{"not measured", nil, nil, 0, 0, 100},
	}
	for _, tt := range tests {
		svg := string(r.Ring("r", tt.share, tt.low, nil, "of people"))
		mustBeSVG(t, svg)
		for class, want := range map[string]int{`class="good`: tt.good, `class="hurt"`: tt.hurt, `class="unknown"`: tt.none} {
			if got := strings.Count(svg, class); got != want {
				t.Errorf("%s: %d of %s, want %d", tt.name, got, class, want)
			}
		}
	}
}

func TestSmallCharts(t *testing.T) {
	r := For(EN, nil)
	mustBeSVG(t, string(r.Meter("m", new(0.98), new(0.97), new(0.99))))
	mustBeSVG(t, string(r.Meter("m", nil, nil, nil)))
	mustBeSVG(t, string(Wordmark()))
	if svg := string(r.Meter("m", new(0.99999), nil, nil)); !strings.Contains(svg, `class="hurt"`) {
		t.Errorf("a meter hides one of a hundred thousand")
	}
	if strings.Contains(string(r.Meter("m", nil, nil, nil)), `class="good"`) {
		t.Errorf("an unknown share looks good")
	}
	mustBeSVG(t, strings.Replace(string(r.Bar(3, 10)), `aria-hidden="true"`, `role="img"`, 1))
}

func TestSentencesForAnyNumberOfPeople(t *testing.T) {
	r := For(EN, nil)
	tests := []struct{ got, want string }{
		{r.Headline(0, 0), "Nobody was here, so nothing was measured."},
		{r.Headline(1, 1), "One person was here, and had a flawless time."},
		{r.Headline(1, 0), "One person was here, and was hurt."},
		{r.Headline(1312, 1247), "1,247 of 1,312 people had a flawless time."},
		{r.Headline(50, 50), "All 50 people had a flawless time."},
		{r.Headline(50, 0), "None of 50 people had a flawless time."},
		{r.Certainty(0, nil, nil), "That is not 100%: it is not known."},
		{r.Certainty(41, new(0.8), new(0.97)), "Too few people to judge by: with 41 people, the true share lies anywhere between 80.0% and 97.0%."},
		{r.Harm(1312, 65, 12, 72_240_000), "65 people were hurt; 12 of them gave up. Together they lost 20 h 4 min."},
		{r.Harm(9, 0, 0, 0), "Nobody was hurt."}, {r.Harm(0, 0, 0, 0), ""},
	}
	for _, tt := range tests {
		if tt.got != tt.want {
			t.Errorf("got %q, want %q", tt.got, tt.want)
		}
	}
}

func TestAssets(t *testing.T) {
	for _, name := range []string{"honderd.css", "honderd.js", "favicon.svg"} {
		body, media, ok := Asset(name)
		if !ok || len(body) == 0 || media == "" || AssetVersion(name) == "" {
			t.Errorf("asset %s is missing", name)
		}
		if name != "favicon.svg" && (strings.Contains(string(body), "://") || strings.Contains(string(body), "</")) {
			t.Errorf("%s asks for something elsewhere or ends its element", name)
		}
	}
	for _, name := range []string{"nl.txt", "../look.go", "words/nl.txt", ""} {
		if _, _, ok := Asset(name); ok {
			t.Errorf("Asset(%q) is given away", name)
		}
	}
}
