package release

import (
	"encoding/json"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"
)

func at(minute int) time.Time {
	return time.Date(2026, 11, 24, 10, 0, 0, 0, time.UTC).Add(time.Duration(minute) * time.Minute)
}

func shop(phase Phase, minute int) Release {
	return Release{Service: "shop", Version: "1.2", Source: "curl", Phase: phase, At: at(minute)}
}

func TestWhatIsWrongIsSaid(t *testing.T) {
	tests := []struct {
		name   string
		change func(*Release)
		want   string
	}{
		{"nothing", func(*Release) {}, ""},
		{"removed without version", func(r *Release) { r.Phase, r.Version = Removed, "" }, ""},
		{"no service", func(r *Release) { r.Service = "" }, "no service (fix"},
		{"no version", func(r *Release) { r.Version = "" }, "no version (fix"},
		{"no source", func(r *Release) { r.Source = "" }, "no source (fix"},
		{"long", func(r *Release) { r.Environment = strings.Repeat("e", 129) }, "129 bytes"},
		{"two lines", func(r *Release) { r.By = "a\nb" }, "no line of text"},
		{"not text", func(r *Release) { r.Version = "\xff" }, "no line of text"},
		{"no phase", func(r *Release) { r.Phase = "done" }, `phase "done" is none`},
		{"no time", func(r *Release) { r.At = time.Time{} }, "year 1 cannot be"},
		{"script", func(r *Release) { r.URL = "javascript:alert(1)" }, "none that can be shown"},
		{"no host", func(r *Release) { r.URL = "https:///x" }, "none that can be shown"},
		{"a page", func(r *Release) { r.URL = "https://ci.example:8443/runs/7?log=1#end" }, ""},
		{"password", func(r *Release) { r.URL = "https://me:secret@example.org/" }, "none that can be shown"},
	}
	for _, tt := range tests {
		r := shop(Succeeded, 0)
		tt.change(&r)
		got := ""
		if err := r.Validate(); err != nil {
			got = err.Error()
		}
		if !strings.Contains(got, tt.want) || (tt.want == "") != (got == "") {
			t.Errorf("%s: %q, want %q", tt.name, got, tt.want)
		}
	}
}

func TestSendersWriteOneVersionInManyWays(t *testing.T) {
	hash := "0b31b1c02ff458ad9b7b81cbdf8f028bd54699fa"
	same := []Release{
		{Service: "shop", Version: "1.2"}, {Service: "Shop", Version: "v1.2", Environment: "prod"}, {Service: "shop", Version: "1.2", Environment: "Production"},
	}
	for _, r := range same {
		if r.Key() != same[0].Key() {
			t.Errorf("%+v is another", r)
		}
	}
	if (Release{Version: hash}).Key() != (Release{Version: hash[:7]}).Key() {
		t.Error("a commit and its short form are two")
	}
	for _, r := range []Release{{Service: "shop", Version: "1.2.0"}, {Service: "shop", Version: "1.2", Environment: "test"}, {Service: "shop2", Version: "1.2"}, {Service: "shop", Version: "version"}} {
		if r.Key() == same[0].Key() {
			t.Errorf("%+v is the same", r)
		}
	}
}

func TestDeploysAreToldApart(t *testing.T) {
	tests := []struct {
		name string
		give []Release
		want [][]Phase
	}{
		{"a pipeline", []Release{shop(Started, 0), shop(Succeeded, 20)}, [][]Phase{{Started, Succeeded}}},
		{"two senders", []Release{shop(Started, 0), shop(Started, 2), shop(Succeeded, 20), shop(Succeeded, 21)}, [][]Phase{{Started, Succeeded}}},
		{"out of order", []Release{shop(Succeeded, 20), shop(Started, 0)}, [][]Phase{{Started, Succeeded}}},
		{"again later", []Release{shop(Succeeded, 0), shop(Succeeded, 60)}, [][]Phase{{Succeeded}, {Succeeded}}},
		{"started again after its end", []Release{shop(Succeeded, 0), shop(Started, 30), shop(Succeeded, 40)}, [][]Phase{{Succeeded}, {Started, Succeeded}}},
		{"failed, then again", []Release{shop(Started, 0), shop(Failed, 5), shop(Started, 30), shop(Succeeded, 40)}, [][]Phase{{Started, Failed}, {Started, Succeeded}}},
		{"gone after a month", []Release{shop(Succeeded, 0), shop(Removed, 60*24*30)}, [][]Phase{{Succeeded, Removed}}},
		{"too long", []Release{shop(Started, 0), shop(Succeeded, 60*25)}, [][]Phase{{Started}, {Succeeded}}},
	}
	for _, tt := range tests {
		var h History
		for _, r := range tt.give {
			h.Add(r)
		}
		var got [][]Phase
		for _, d := range h.All() {
			var phases []Phase
			for _, r := range d.Told {
				phases = append(phases, r.Phase)
			}
			got = append(got, phases)
		}
		if !reflect.DeepEqual(got, tt.want) {
			t.Errorf("%s: %v, want %v", tt.name, got, tt.want)
		}
	}
}

func TestWhatWasLiveBefore(t *testing.T) {
	var h History
	for i, v := range []string{"1.0", "1.1", "1.2"} {
		r := shop(Succeeded, i*60)
		if r.Version = v; v == "1.1" {
			r.Phase = Failed
		}
		h.Add(r)
	}
	if d, ok := h.Before(shop(Succeeded, 120)); !ok || d.Last().Version != "1.0" {
		t.Errorf("before 1.2 %v, %v; 1.1 never reached people", d, ok)
	}
	h.Forget(at(1))
	if _, ok := h.Before(shop(Succeeded, 120)); ok || len(h.All()) != 2 {
		t.Error("what is forgotten is remembered")
	}
}

func drawRelease(t *rapid.T) Release {
	return Release{
		Service: rapid.SampledFrom([]string{"a", "b"}).Draw(t, "service"), Version: rapid.SampledFrom([]string{"1", "v2"}).Draw(t, "version"),
		Source: "s", Phase: rapid.SampledFrom(Phases()).Draw(t, "phase"), At: at(rapid.IntRange(0, 4000).Draw(t, "minute")),
	}
}

func TestToldTwiceIsOne(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		list := rapid.SliceOfN(rapid.Custom(drawRelease), 0, 30).Draw(t, "releases")
		var h History
		for _, r := range list {
			h.Add(r)
		}
		before := h.All()
		for _, r := range slices.Backward(list) {
			if d, news := h.Add(r); news {
				t.Fatalf("%+v is news when it comes again: %+v", r, d)
			}
		}
		if after := h.All(); !reflect.DeepEqual(before, after) {
			t.Fatalf("%v became %v", before, after)
		}
		for _, d := range before {
			if !slices.IsSortedFunc(d.Told, Compare) {
				t.Fatalf("%v is out of order", d)
			}
		}
	})
}

func TestWhatIsCleanIsTheSameAgain(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		text := rapid.OneOf(rapid.String(), rapid.StringN(100, 200, -1))
		r := Release{
			Service: text.Draw(t, "service"), Version: text.Draw(t, "version"), Environment: text.Draw(t, "environment"),
			By: text.Draw(t, "by"), URL: text.Draw(t, "url"), Source: "s", Phase: Started, At: at(0),
		}.Clean()
		if r.Clean() != r {
			t.Fatalf("%+v is cleaned again", r)
		}
		if r.Service != "" && r.Version != "" && r.Validate() != nil {
			t.Fatalf("%+v: %v", r, r.Validate())
		}
		data, err := json.Marshal(r)
		var again Release
		if err != nil || json.Unmarshal(data, &again) != nil || again != r {
			t.Fatalf("%s reads as %+v", data, again)
		}
	})
}
