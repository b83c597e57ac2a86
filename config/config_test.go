package config

import (
	"net/netip"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/honderd/honderd/experience"
	"github.com/honderd/honderd/internal/diag"
)

// Each file in testdata holds one mistake (many.yaml: many) and says after "# want"
// what is to be said about it, all of it and nothing more.
func TestMistakes(t *testing.T) {
	paths, err := filepath.Glob("testdata/*.yaml")
	if err != nil || len(paths) < 50 {
		t.Fatalf("%d files in testdata, %v", len(paths), err)
	}
	for _, path := range paths {
		t.Run(strings.TrimSuffix(filepath.Base(path), ".yaml"), func(t *testing.T) {
			text, err := os.ReadFile(path)
			if err != nil {
				t.Fatal(err)
			}
			var want []string
			for line := range strings.Lines(string(text)) {
				if message, found := strings.CutPrefix(line, "# want "); found {
					want = append(want, "f.yaml:"+strings.TrimSuffix(message, "\n"))
				}
			}
			got, err := Parse("f.yaml", text)
			if err == nil || err.Error() != strings.Join(want, "\n") {
				t.Errorf("Parse() says\n%v\nwant\n%s", err, strings.Join(want, "\n"))
			}
			if !reflect.DeepEqual(got, Config{}) {
				t.Error("Parse() returned a configuration together with its mistakes")
			}
			for _, p := range diag.Of(err) {
				if p.Fix == "" || p.Line == 0 || p.Source == "" {
					t.Errorf("without a fix or a place: %+v", p)
				}
			}
		})
	}
}

func TestCaretsAreUnderWhatIsWrong(t *testing.T) {
	tests := []struct{ give, under string }{
		{"lisen: x", "lisen"},
		{"listen: http://x   # here", "http://x"},
		{"judging:\n  robots: [\"日本\", 字, 7, x]", "7"},
		{"judging:\n  parts:\n  - 'a''b.c'  # here", "'a''b.c'"},
		{"data: !!str 5", "!!str"},
		{"sources:\n- {log: /a, \"formt\": x}", `"formt"`},
		{"cutoff: a\n  b", "a"},
		{"cutoff: |\n  30", "|"},
		{"data: a\r\ncutoff: 30 \r\n", "30"},
		{"\ufeffcutoff: 30", "30"},
		{"data: /x/${HOME}/y", "${HOME}"},
		{"data: \"日${HOME}\"", "${HOME}"},
		{"judging:\n  patience: 30 \n", "30"}, // from here on the parser itself is a little off
		{"judging:\n  bad_status:\n  - 30   \n  - 408\n", "30"},
		{"judging:\n  bad_status: [408 ,\t30\t, 408 ]", "30"},
		{"cutoff:\t \t30\t# 30", "30"},
		{"judging:\n  parts: [\"a\n    b\", 7 , 'c']  ", "7"},
		{"people: {robots\t: \tapar }", "apar"},
		{"judging:\n  parts: ['x\u00e9\\', \t\"\\u00e9\",  7]", "7"},
		{"judging:\n\n  # x\n  unseen:\t# y\n  - '#'  # z\n  -   a/b \t\n", "a/b"},
		{"judging: 0\n - ", "0"},
		{"a: 1", "a"},
		{"[1, 2]", "["},
		{"people: [1]", "["},
	}
	for _, tt := range tests {
		_, err := Parse("f", []byte(tt.give))
		ps := diag.Of(err)
		if len(ps) != 1 {
			t.Errorf("Parse(%q) = %v, want one problem", tt.give, err)
			continue
		}
		line := []rune(ps[0].Source)
		if got := string(line[ps[0].Column-1:][:ps[0].Length]); got != tt.under {
			t.Errorf("Parse(%q) points at %q, want %q", tt.give, got, tt.under)
		}
	}
}

// What cannot carry a comment stands here: it would swallow it.
func TestMistakesOfTheWholeText(t *testing.T) {
	tests := []struct{ name, give, want string }{
		{"open quote", "data: \"a\nlisten: x\n", "f:1:7: a quote is opened and never closed (fix: write \" at the end of the text)"},
		{"open single quote", "data: 'a\n", "f:1:7: a quote is opened and never closed (fix: write ' at the end of the text)"},
		{"open list", "judging:\n  parts: [css, js", "f:2:10: a list is opened with [ and never closed (fix: write ] at its end)"},
		{"closed twice", "judging:\n  parts: [css]]", "f:2:15: ] closes what was never opened (fix: take it out)"},
		{"open brace", "judging: {patience: 8s", "f:1:10: { is never closed (fix: write } at its end)"},
		{"Latin 1", "data: a\n# caf\xe9\n", "f:2:6: is not text in UTF-8 (fix: save the file as UTF-8)"},
		{"UTF-16", "\xff\xfed\x00a\x00", "f:1:1: is not text in UTF-8 (fix: save the file as UTF-8)"},
		{"zero byte", "data: a\x00b\n", "f:1:8: holds the invisible character U+0000 (fix: take it out)"},
		{"old Mac line ends", "data: a\rlisten: b\r", "f:1:8: holds the invisible character U+000D (fix: take it out)"},
		{"deep", "data: " + strings.Repeat("[", 5000), "f:1:107: is nested too deep (fix: look whether this is the file you mean)"},
		{"dashes", strings.Repeat("- ", 5000), "f:1:2001: is nested too deep (fix: look whether this is the file you mean)"},
		{"long", strings.Repeat("# x\n", MaxBytes/4) + "#", "f: is longer than 1 MB (fix: look whether it is the file you mean)"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if _, err := Parse("f", []byte(tt.give)); err == nil || err.Error() != tt.want {
				t.Errorf("Parse() = %v, want %s", err, tt.want)
			}
		})
	}
}

func TestDefaultWithoutAWord(t *testing.T) {
	for _, text := range []string{
		"", "\n", "# only a comment\n", "---\n", "---\n...\n", "~", "{}", "\ufeff", "  \n\t\n",
		"judging:\n", "people: {}\nsources:\njudging:\n  robots:\n", "sources: []\n",
	} {
		got, err := Parse("f", []byte(text))
		if err != nil {
			t.Errorf("Parse(%q): %v", text, err)
			continue
		}
		if want := Default(); !reflect.DeepEqual(got.Rules(), want.Rules()) || got.Listen != want.Listen || len(got.Sources) != 0 {
			t.Errorf("Parse(%q) = %+v, want %+v", text, got, want)
		}
	}
}

func TestDefault(t *testing.T) {
	c := Default()
	if c.Listen != "127.0.0.1:8100" || c.Data != "./honderd-data" || c.Language != "" || c.Zone != "" {
		t.Errorf("Default() = %+v", c)
	}
	if len(c.Sources) != 0 || c.People.Recognise != ByAddressAndAgent || c.People.TrustedProxies != nil || c.RobotsCount() {
		t.Errorf("Default() = %+v", c)
	}
	if !c.CutoffLearned() {
		t.Errorf("cut-off %v, want it learned", c.Cutoff)
	}
	if !reflect.DeepEqual(c.Rules(), experience.DefaultRules()) {
		t.Errorf("Rules() = %+v, want %+v", c.Rules(), experience.DefaultRules())
	}
	if at, err := c.Location(); at != time.Local || err != nil {
		t.Errorf("Location() = %v, %v, want the machine's", at, err)
	}
}

func TestEveryKey(t *testing.T) {
	got, err := Parse("f", []byte(`
listen: "[::1]:8100"
data: /var/lib/honderd
language: nl
zone: Europe/Amsterdam
sources:
  - log: /var/log/nginx/access.log
    format: '${remote_addr} [$time_local] "$request" $status'
  - log: /var/log/apache2/access.log
    format: >-
      %h %l %u
      %t "%{User-Agent}i"
people:
  recognise: header:X-User-Id 24h
  names: keep
  trusted_proxies: [10.0.0.0/8, "fd00::/8"]
  robots: include
cutoff: 1d12h
lateness: 30s
labels:
  region: field:country
  audience: header:X-Audience
by: [step, region]
archive:
  where: s3://bucket/honderd?endpoint=https://s3.example.org
  every: 1m
  keep: 90d
moments:
  - name: opening hours
    weekly: Mon-Fri 09:00-17:30
    zone: Europe/Brussels
    except: [be]
  - name: busy times
    busy: 50%
judging:
  critical: [POST /checkout]
  patience: 2.5s
  gave_up_after: 0
  bad_status: []
  good_status: [503]
  parts: [css]
  unseen:
    - robots.txt
  robots: [MyBot]
  probes: [ourmonitor]
cost: {currency: CHF, hour: 25-60}
`))
	if err != nil {
		t.Fatal(err)
	}
	want := Config{
		Listen: "[::1]:8100", Data: "/var/lib/honderd", Language: "nl", Zone: "Europe/Amsterdam",
		Archive: Archive{Where: "s3://bucket/honderd?endpoint=https://s3.example.org", Every: time.Minute, Keep: Keep{{For: 90 * 24 * time.Hour}}},
		Sources: []Source{
			{"/var/log/nginx/access.log", `${remote_addr} [$time_local] "$request" $status`},
			{"/var/log/apache2/access.log", `%h %l %u %t "%{User-Agent}i"`},
		},
		People: People{
			Recognise:      "header:X-User-Id 1d",
			Names:          "keep",
			TrustedProxies: []netip.Prefix{netip.MustParsePrefix("10.0.0.0/8"), netip.MustParsePrefix("fd00::/8")},
			Robots:         "include",
		},
		Cutoff: 36 * time.Hour, Gateway: Gateway{Patience: time.Second, Clients: GatewayClients{1024, 2048}}, Receive: Receive{OTLP: OTLP{GRPC: "127.0.0.1:4317", HTTP: "127.0.0.1:4318"}},
		Lateness: 30 * time.Second,
		Labels:   []Label{{"audience", "header:X-Audience"}, {"region", "field:country"}}, By: []string{"step", "region"},
		Moments: []Moment{
			{Name: "opening hours", Weekly: "Mon-Fri 09:00-17:30", Zone: "Europe/Brussels", Except: []string{"be"}},
			{Name: "busy times", Busy: "50%"},
		},
		Judging: Judging{
			Critical: []string{"POST /checkout"},
			Patience: 2500 * time.Millisecond, BadStatus: []int{}, GoodStatus: []int{503},
			Parts: []string{"css"}, Unseen: []string{"robots.txt"}, Robots: []string{"mybot"}, Probes: []string{"ourmonitor"},
		},
		Cost: Cost{Currency: "CHF", Hour: "25-60"},
	}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("Parse() = %+v, want %+v", got, want)
	}
	if got.CutoffLearned() || !got.RobotsCount() || got.People.Recognise.Header() != "X-User-Id" || got.People.Recognise.Field() != "" {
		t.Errorf("the methods say otherwise than %+v", got)
	}
	if at, err := got.Location(); err != nil || at.String() != "Europe/Amsterdam" {
		t.Errorf("Location() = %v, %v", at, err)
	}
}

func TestRulesOverrideOnlyWhatIsWritten(t *testing.T) {
	c, err := Parse("f", []byte("judging:\n  patience: 3s\n  bad_status: [404]\n"))
	want := experience.DefaultRules()
	want.Patience, want.Bad = 3*time.Second, []int{404}
	if err != nil || !reflect.DeepEqual(c.Rules(), want) {
		t.Errorf("Rules() = %+v, %v, want %+v", c.Rules(), err, want)
	}
}

func TestNoTrustedProxiesIsAnAnswer(t *testing.T) {
	c, err := Parse("f", []byte("people:\n  trusted_proxies: []\n"))
	if err != nil || c.People.TrustedProxies == nil || len(c.People.TrustedProxies) != 0 {
		t.Errorf("trusted %#v, %v, want none, not the default", c.People.TrustedProxies, err)
	}
}

func TestJSONIsYAML(t *testing.T) {
	c, err := Parse("f", []byte(`{"judging": {"bad_status": [404], "patience": "1m"}, "people": {"robots": "include"}}`))
	if err != nil || c.Judging.Patience != time.Minute || len(c.Judging.BadStatus) != 1 || !c.RobotsCount() {
		t.Errorf("Parse() = %+v, %v", c, err)
	}
}

func TestDurations(t *testing.T) {
	tests := []struct {
		give string
		want time.Duration
	}{
		{"0", 0},
		{"8s", 8 * time.Second},
		{"1.5h", 90 * time.Minute},
		{"500ms", 500 * time.Millisecond},
		{"14d", 14 * 24 * time.Hour},
		{"1.5d", 36 * time.Hour},
		{"1w2d3h", (9*24 + 3) * time.Hour},
	}
	for _, tt := range tests {
		if got, err := readDuration(tt.give); err != nil || got != tt.want {
			t.Errorf("readDuration(%q) = %v, %v, want %v", tt.give, got, err, tt.want)
		}
	}
	for _, text := range []string{"", "s", "d", "1d-2h", "2d1w", "NaNd", "1e9d", "99999999h", "1d 2h", "0x1d", "-1d"} {
		if got, err := readDuration(text); err == nil {
			t.Errorf("readDuration(%q) = %v, want an error", text, got)
		}
	}
}

func FuzzParse(f *testing.F) {
	paths, err := filepath.Glob("testdata/*.yaml")
	if err != nil {
		f.Fatal(err)
	}
	for _, path := range paths {
		text, err := os.ReadFile(path)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(text)
	}
	f.Add([]byte(Example()))
	for _, text := range []string{"judging: 0\n - ", "0: 0\n  -\n00  \n0100", "! @", ">1\n ", "!00000000000000 \"0000"} {
		f.Add([]byte(text)) // found by fuzzing: each pointed at a blank
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		o := Options{
			Env:      func(name string) (string, bool) { return name, len(name) > 1 },
			ReadFile: func(path string) ([]byte, error) { return []byte(path), nil },
		}
		c, err := o.Parse("f", text)
		if err == nil {
			if err := c.Rules().Validate(); err != nil {
				t.Errorf("Parse() let through: %v", err)
			}
		}
		var b strings.Builder
		if err := diag.Of(err).Render(&b, false); err != nil {
			t.Fatal(err)
		}
		for _, p := range diag.Of(err) {
			if strings.Contains(p.Text, "runtime error") {
				t.Errorf("the parser fell over: %v", p)
			}
			line := []rune(p.Source)
			if strings.TrimSpace(p.Source) != "" && p.Column > 0 && p.Column <= len(line) && line[p.Column-1] == ' ' {
				t.Errorf("points at a space: %v in %q", p, p.Source)
			}
		}
	})
}
