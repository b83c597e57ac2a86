package otlp

import (
	"context"
	"encoding/json"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/honderd/honderd/experience"
	"github.com/honderd/honderd/internal/who"
	"github.com/honderd/honderd/service"
)

func testOptions() Options {
	return Options{Rules: experience.DefaultRules(), Salts: who.Fixed([]byte("salt"))}
}

// found is what was found in files, in words.
type found struct {
	steps, calls, seen []string
	tally              experience.Tally
}

// readAll reads files of traces.
func readAll(t *testing.T, o Options, paths ...string) (all found) {
	t.Helper()
	w := Whole{Options: o, Paths: paths, Calls: func(s service.Summary) error {
		all.note(s)
		return nil
	}}
	err := w.Run(t.Context(), "", func(_ context.Context, b *experience.Batch) error {
		all.tally.Add(&b.Tally)
		for _, e := range b.Items {
			all.steps = append(all.steps, fmt.Sprintf("%s %s | %s %dms %v %v %v", e.Time().Format("15:04:05.000"), b.Journeys[e.Journey], b.Steps[e.Step], e.Wait, e.Cause, e.Mask, b.Labels[e.Labels]))
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return all
}

func (f *found) note(s service.Summary) {
	for _, c := range s.Stretches {
		for _, call := range c.Calls {
			f.calls = append(f.calls, fmt.Sprintf("%s -> %s %s %d/%d/%d %dms", call.From, call.To, call.Kind, call.Count, call.Errors, call.Masked, call.Millis))
		}
	}
	for _, one := range s.Seen {
		f.seen = append(f.seen, fmt.Sprintf("%s %s %s %d spans %d people %d bad", one.Service, one.Version, one.Environment, one.Spans, one.People, one.Bad))
		for _, h := range one.Heard {
			f.seen = append(f.seen, fmt.Sprintf("%s: %d %s %s", one.Service, h.Count, h.What, h.Name))
		}
	}
}

func same(t *testing.T, what string, got []string, want ...string) {
	t.Helper()
	if !slices.Equal(got, want) {
		t.Errorf("%s:\n%s\nwant:\n%s", what, strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
}

func TestOpenTelemetryInAFile(t *testing.T) {
	got := readAll(t, testOptions(), "testdata/retry.json")
	same(t, "steps", got.steps, "00:00:00.060 /basket | GET /basket/:id 60ms fine retry []")
	same(t, "calls", got.calls, "shop -> stock http 2/1/1 39ms", "stock -> postgresql stock db 1/0/0 12ms")
	same(t, "services", got.seen, "shop 1.4.0 production 3 spans 1 people 0 bad", "stock 2.0.1  2 spans 0 people 0 bad")
}

func TestZipkinOfBothVersions(t *testing.T) {
	got := readAll(t, testOptions(), "testdata/zipkin.json")
	same(t, "steps", got.steps, "00:00:00.050 / | GET / 50ms fine fallback []")
	same(t, "calls", got.calls, "frontend -> backend http 2/1/1 70ms")
	if got.tally.Formats["zipkin"] != 4 {
		t.Errorf("%d spans of Zipkin, want 4", got.tally.Formats["zipkin"])
	}
}

func TestJaegerSaysWhoWasHurtByWhom(t *testing.T) {
	got := readAll(t, testOptions(), "testdata/jaeger.json")
	same(t, "steps", got.steps, "00:00:00.090 /pay | POST /pay 90ms fine fallback []")
	same(t, "calls", got.calls, "shop -> payment rpc 1/1/1 50ms")
}

func TestLabelsAndPersonsAsConfigured(t *testing.T) {
	o := testOptions()
	o.Labels = []LabelField{{"release", "field:service.version"}, {"agent", "header:X-Nothing"}}
	o.Labels[0].Field = "field:http.route"
	got := readAll(t, o, "testdata/retry.json")
	same(t, "steps", got.steps, "00:00:00.060 /basket | GET /basket/:id 60ms fine retry [{release /basket/{id}}]")
	if err := (Options{Labels: []LabelField{{"region", "geo"}}}).Validate(); err == nil || !strings.Contains(err.Error(), "fix: write field:NAME") {
		t.Errorf("Validate() = %v", err)
	}
}

func TestFilesThatEndInTheMiddle(t *testing.T) {
	whole, err := os.ReadFile("testdata/retry.json")
	if err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(t.TempDir(), "traces.json")
	if err := os.WriteFile(path, append(append(whole, '\n'), whole[:len(whole)/2]...), 0o600); err != nil {
		t.Fatal(err)
	}
	got := readAll(t, testOptions(), path)
	if len(got.steps) != 1 || got.tally.Rejects["the rest of a file cannot be read"].Count != 1 {
		t.Errorf("%d steps, %v", len(got.steps), got.tally.Rejects)
	}
	if err := os.WriteFile(path, whole[:100], 0o600); err != nil {
		t.Fatal(err)
	}
	w := Whole{Options: testOptions(), Paths: []string{path}, Calls: func(service.Summary) error { return nil }}
	if err := w.Run(t.Context(), "", nil); err == nil || !strings.Contains(err.Error(), "fix: give traces as JSON") {
		t.Errorf("half an object: %v", err)
	}
}

func TestLooks(t *testing.T) {
	for _, path := range []string{"testdata/retry.json", "testdata/zipkin.json", "testdata/jaeger.json"} {
		sample, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		if !Looks(sample) || !Looks(append([]byte("\ufeff \n"), sample...)) {
			t.Errorf("%s does not look like traces", path)
		}
	}
	for _, log := range []string{
		"", "{", `127.0.0.1 - - [23/Nov/2026:20:01:09 +0000] "GET /?q="resourceSpans" HTTP/1.1" 200 2`,
		`{"ts":1795464069.76,"request":{"uri":"/basket2"},"traceId":"1","id":"2","status":200}`,
	} {
		if Looks([]byte(log)) {
			t.Errorf("%s looks like traces", log)
		}
	}
}

// TestRealTraces reads traces of others, when they are there, and counts their spans in
// another way.
func TestRealTraces(t *testing.T) {
	const root = "../../../shared/data/traces"
	want := map[string]int64{}
	var paths []string
	_ = filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
		if err == nil && strings.HasSuffix(path, ".json") && !strings.Contains(path, "nezha") && !strings.Contains(path, "DependencyGraph") {
			paths = append(paths, path)
			text, _ := os.ReadFile(path)
			var all any
			if err := json.Unmarshal(text, &all); err != nil {
				t.Errorf("%s: %v", path, err)
			}
			countSpans(all, want)
		}
		return nil
	})
	if len(paths) == 0 {
		t.Skip("there are no traces of others in " + root)
	}
	got := readAll(t, testOptions(), paths...)
	for _, format := range []string{"jaeger", "zipkin"} {
		if got.tally.Formats[format] != want[format] {
			t.Errorf("%d spans of %s, want %d", got.tally.Formats[format], format, want[format])
		}
	}
}

// countSpans counts what is a span anywhere in v.
func countSpans(v any, n map[string]int64) {
	switch v := v.(type) {
	case []any:
		for _, one := range v {
			countSpans(one, n)
		}
	case map[string]any:
		switch {
		case v["spanID"] != nil && v["startTime"] != nil:
			n["jaeger"]++
			return // what lies in it is told in full elsewhere
		case v["traceId"] != nil && v["id"] != nil && v["timestamp"] != nil:
			n["zipkin"]++
			return
		}
		for _, one := range v {
			countSpans(one, n)
		}
	}
}

func FuzzDocuments(f *testing.F) {
	for _, path := range []string{"testdata/retry.json", "testdata/zipkin.json", "testdata/jaeger.json"} {
		text, err := os.ReadFile(path)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(string(text))
	}
	f.Add(`[{"parent":"a","child":"b","callCount":3}]`)
	f.Add(`{"resourceLogs":[{"scopeLogs":[{"logRecords":[{"eventName":"browser.web_vital","body":{"kvlistValue":{"values":[]}}}]}]}]}`)
	f.Add(`{"data":{"data":[[[[{"traceId":1}]]]]}}`)
	f.Fuzz(func(t *testing.T, text string) {
		r := newReader(testOptions(), nil)
		r.o.Robots = true
		var in intake
		_ = documents(strings.NewReader(text), func(p []byte) error {
			r.document(&in, p, 0)
			return nil
		})
		b := newBuilder("fuzz")
		var tr tree
		j := newJoiner()
		j.add(in.spans, 0, 0)
		for _, p := range j.due(0, true, 1<<30) {
			tr.settle(p.spans, false, b)
		}
		in.tell(b, 1)
		if _, err := b.batch.AppendBinary(nil); err != nil {
			t.Error(err)
		}
		for _, c := range b.summary().Stretches {
			for _, call := range c.Calls {
				if call.From != service.Name(call.From) || call.To != service.Name(call.To) {
					t.Errorf("names that do not show: %q, %q", call.From, call.To)
				}
			}
		}
	})
}
