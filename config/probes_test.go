package config

import (
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/honderd/honderd/source/probe"
)

func TestProbes(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "honderd.yaml")
	if err := os.WriteFile(path, []byte(`
probes:
  every: 30s
  import: [gatus.yaml, /etc/kuma.json]
  vantage_points: [{name: amsterdam, key: 0123456789abcdefg}]
  targets:
    - name: pay
      steps:
        - url: https://shop.example/login?k=${KEY}
          headers: {X-Token: "a${KEY}"}
          extract: [{name: token, from: json data.token}]
        - {url: "https://shop.example/pay?t=${token}&x=$${y}"}
    - {name: page, url: "https://shop.example/", headers: {Content-Type: text/plain}, expect: [status 200], body_limit: 1000}
    - {name: eyes, recording: buy.json}
`), 0o600); err != nil {
		t.Fatal(err)
	}
	c, err := Options{Env: func(string) (string, bool) { return "s${x", true }}.Load(path)
	if err != nil {
		t.Fatal(err)
	}
	if c.Probes.Lookup == nil {
		t.Error("imports do not know the environment")
	}
	c.Probes.Lookup = nil // it cannot be compared
	want := probe.Settings{
		Every: 30 * time.Second, Import: []string{filepath.Join(filepath.Dir(path), "gatus.yaml"), "/etc/kuma.json"},
		Vantages: []probe.Vantage{{Name: "amsterdam", Key: "0123456789abcdefg"}},
		Targets: []probe.Setting{
			{Name: "pay", Steps: []probe.StepSetting{
				{
					URL: "https://shop.example/login?k=s$${x", Headers: []probe.Pair{{Name: "X-Token", Value: "as$${x"}},
					Extract: []probe.ExtractSetting{{Name: "token", From: "json data.token"}},
				},
				{URL: "https://shop.example/pay?t=${token}&x=$${y}"},
			}},
			{Name: "page", URL: "https://shop.example/", Headers: []probe.Pair{{Name: "Content-Type", Value: "text/plain"}}, Expect: []string{"status 200"}, Read: 1000},
			{Name: "eyes", Recording: filepath.Join(filepath.Dir(path), "buy.json")},
		},
	}
	if !reflect.DeepEqual(c.Probes, want) {
		t.Errorf("probes are %+v\nwant %+v", c.Probes, want)
	}
}

func TestMistakesInProbes(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct{ text, want string }{
		{"- {name: a, url: shop.example}", "write https://shop.example"},
		{"- {name: a, url: ftp://shop.example}", `"ftp" cannot be asked`},
		{"- {name: a}", "it must say one thing that is asked, not 0"},
		{"- {name: a, ping: b, tcp: c:1}", "it must say one thing that is asked, not 2"},
		{"- {name: a, ping: b}\n    - {name: a, ping: c}", "stands here twice"},
		{"- {name: a, url: https://b, expect: [status teapot]}", "teapot"},
		{"- {name: a, url: https://b, method: post}", "write capitals"},
		{"- {name: a, url: https://b, headers: {a b: c}}", "is not the name of a header"},
		{"- {name: a, tcp: b:1, talk: [{expect: (}]}", "is not a regular expression"},
		{"- {name: a, ping: b, every: 1ms}", "too often"},
		{"- {name: a, url: https://b, body_limit: 0}", "is not a number from 1 to"},
		{"- {name: a, steps: [{url: 'https://b/${c}'}]}", "c"},
		{"- {name: a, steps: [{url: 'https://b', extract: [{name: T, from: body}]}]}", "small letters"},
		{"- {name: a, ping: b}\n  vantage_points: [{name: c, key: short}]", "can be guessed"},
		{"- {name: a, ping: b}\n  vantage_points: [{name: c, key: 0123456789abcdefg}, {name: c, key: 0123456789abcdefh}]", "another vantage point has this name"},
	} {
		_, err := Parse("f", []byte("probes:\n  targets:\n    "+tt.text+"\n"))
		if err == nil || !strings.Contains(err.Error(), tt.want) {
			t.Errorf("%s: %v, want %q", tt.text, err, tt.want)
		}
	}
}
