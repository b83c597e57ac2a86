package accesslog

import (
	"bytes"
	"context"
	"fmt"
	"log/slog"
	"reflect"
	"strings"
	"testing"
	"unicode"

	"github.com/honderd/honderd/experience"
)

func TestLabelsComeFromFields(t *testing.T) {
	p, err := NewParser(Options{
		Rules:  experience.DefaultRules(),
		Format: `$remote_addr [$time_local] "$request" $status $geoip_country "$http_x_release"`,
		Labels: []LabelField{{"region", "field:geoip_country"}, {"release", "header:X-Release"}},
		Steps:  true,
	})
	if err != nil {
		t.Fatal(err)
	}
	w := p.NewWorker(p.c.given)
	const log = `1.2.3.4 [23/Nov/2026:20:01:09 +0000] "GET /a HTTP/1.1" 200 NL "v2"
1.2.3.5 [23/Nov/2026:20:01:10 +0000] "GET /a HTTP/1.1" 200 NL "-"
1.2.3.6 [23/Nov/2026:20:01:11 +0000] "GET /b HTTP/1.1" 200 - ""
1.2.3.7 [23/Nov/2026:20:01:12 +0000] "GET /a HTTP/1.1" 200 NL "v2"
`
	var b experience.Batch
	w.Parse([]byte(log), &b)
	var got []string
	for _, e := range b.Items {
		text := b.Steps[e.Step]
		for _, l := range b.Labels[e.Labels] {
			text += " " + l.Name + "=" + l.Value
		}
		got = append(got, text)
	}
	want := "GET /a region=NL release=v2; GET /a region=NL; GET /b; GET /a region=NL release=v2"
	if strings.Join(got, "; ") != want || len(b.Labels) != 3 {
		t.Errorf("%v in %d sets, want %s in 3", got, len(b.Labels), want)
	}
	w.Parse([]byte(log), &b) // goes on in the same batch
	if len(b.Labels) != 3 || b.Items[7].Labels != b.Items[0].Labels {
		t.Errorf("%d sets after going on, want 3", len(b.Labels))
	}
	b.Reset()
	w.Parse([]byte(log), &b)
	if len(b.Labels) != 3 {
		t.Errorf("%d sets in a new batch, want 3", len(b.Labels))
	}
}

// labelled reads lines and returns the labels of each, as name=value.
func labelled(t *testing.T, o Options, lines ...string) []string {
	t.Helper()
	b := parse(t, o, lines...)
	var list []string
	for _, e := range b.Items {
		list = append(list, labelText(b, e))
	}
	return list
}

// labelText writes the labels of e: region=NL release=v2.
func labelText(b *experience.Batch, e experience.Experience) string {
	var parts []string
	for _, l := range b.Labels[e.Labels] {
		parts = append(parts, l.Name+"="+l.Value)
	}
	return strings.Join(parts, " ")
}

func TestLabelValues(t *testing.T) {
	long := strings.Repeat("a", experience.MaxLabelValue)
	tests := []struct{ give, want string }{
		{"NL", "r=NL"},
		{" NL ", "r=NL"},
		{"-", ""},
		{" - ", ""},
		{"", ""},
		{"   ", ""},
		{"--", "r=--"},
		{"New York", "r=New York"},
		{"Zürich", "r=Zürich"},
		{long, "r=" + long},
		{long + "b", "r=" + long},
		{long[1:] + "é", "r=" + long[1:]}, // never half a letter
		{"a\x00b\xff\x1b[31m", "r=a?b??[31m"},
		{"\x00\xfe\xff", "r=???"},
		{"a\u202eb", "r=a?b"}, // would turn the text round
	}
	for _, tt := range tests {
		got := labelled(t, Options{Format: `$remote_addr $msec $status "$x"`, Labels: []LabelField{{"r", "field:x"}}},
			`192.0.2.7 1795464069.000 200 "`+tt.give+`"`)
		if len(got) != 1 || got[0] != tt.want {
			t.Errorf("value %q = %q, want %q", tt.give, got, tt.want)
		}
	}
}

// A label may be any field, also one that means something else too, and one field may
// be two labels.
func TestLabelsShareFields(t *testing.T) {
	tests := []struct {
		name, format string
		labels       []LabelField
		line, want   string
	}{
		{"two of one field", `$remote_addr $msec $status $x`, []LabelField{{"b", "field:x"}, {"a", "field:$x"}}, "192.0.2.7 1795464069.000 200 v", "a=v b=v"},
		{"what is judged by", `$remote_addr $msec $status $request_method`, []LabelField{{"code", "field:status"}, {"how", "field:request_method"}}, "192.0.2.7 1795464069.000 200 GET", "code=200 how=GET"},
		{"in the spelling of Apache", `%h %t %>s \"%{X-Audience}i\" %V`, []LabelField{{"audience", "header:X-Audience"}, {"site", "field:%V"}}, `192.0.2.7 [` + minute + `] 200 "staff" shop.example`, "audience=staff site=shop.example"},
		{"named twice in the format", `$remote_addr $msec $status $x $x`, []LabelField{{"a", "field:x"}}, "192.0.2.7 1795464069.000 200 v w", "a=v"},
		{"in a known format", "", []LabelField{{"size", "field:body_bytes_sent"}}, combined("GET / HTTP/1.1", "200"), "size=12"},
		{"not in this format", "", []LabelField{{"a", "field:x"}, {"size", "field:body_bytes_sent"}}, combined("GET / HTTP/1.1", "200"), "size=12"},
		{"virtual host", "", []LabelField{{"site", "field:server_name"}}, "shop.example:443 " + combined("GET / HTTP/1.1", "200"), "site=shop.example:443"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if got := labelled(t, Options{Format: tt.format, Labels: tt.labels}, tt.line); len(got) != 1 || got[0] != tt.want {
				t.Errorf("%q is labelled %q, want %q", tt.line, got, tt.want)
			}
		})
	}
}

func TestNothingIsLabelledUnlessAsked(t *testing.T) {
	b := parse(t, Options{}, combined("GET /a HTTP/1.1", "200"), combined("GET /b HTTP/1.1", "500"))
	if len(b.Labels) != 1 || b.Items[0].Labels != 0 || b.Items[0].Step != 0 || b.Items[1].Step == 0 {
		t.Errorf("%+v with labels %v", b.Items, b.Labels)
	}
}

// labelledLines makes lines of a log with a region and a release.
func labelledLines(seed, n int) []string {
	var list []string
	for i := range n {
		list = append(list, fmt.Sprintf("192.0.2.%d %d.000 200 GET /shop/page%d r%d v%d", i%200, minuteMS/1000+i, (i+seed)%9, (i*seed)%5, (i/7+seed)%3))
	}
	return list
}

func labelledParser(t *testing.T) *Parser {
	t.Helper()
	return mustParser(t, Options{
		Rules: experience.DefaultRules(), Steps: true,
		Format: `$remote_addr $msec $status $request_method $uri $region $release`,
		Labels: []LabelField{{"release", "field:release"}, {"region", "field:region"}},
	})
}

// A batch may go from worker to worker, and a worker from batch to batch.
func TestWorkersShareLabels(t *testing.T) {
	p := labelledParser(t)
	all := labelledLines(1, 3000)
	one, two := p.NewWorker(p.c.given), p.NewWorker(p.c.given)
	var want, got, other experience.Batch
	for _, b := range []*experience.Batch{&want, &got, &other} {
		b.Reset()
	}
	p.NewWorker(p.c.given).Parse([]byte(strings.Join(all, "\n")), &want)
	for i := 0; i < len(all); i += 100 {
		w := one
		if i%300 == 0 {
			w = two
		}
		w.Parse([]byte(strings.Join(all[i:i+100], "\n")), &got)
		w.Parse([]byte(strings.Join(labelledLines(i, 50), "\n")), &other)
	}
	if len(want.Labels) != 16 || !reflect.DeepEqual(got.Labels, want.Labels) || !reflect.DeepEqual(got.Items, want.Items) {
		t.Errorf("two workers make %d sets, want the same %d", len(got.Labels), len(want.Labels))
	}
}

// What is read of two logs at once keeps its labels and its steps.
func TestLogsOfTwoServersKeepTheirLabels(t *testing.T) {
	const n = 12000 // more than one batch together
	p := labelledParser(t)
	want := map[string]int{}
	var paths []string
	for seed := range 2 {
		all := labelledLines(seed+1, n)
		paths = append(paths, file(t, "access.log", []byte(strings.Join(all, "\n")+"\n")))
		for _, line := range all {
			words := strings.Fields(line)
			want["GET "+words[4]+" region="+words[5]+" release="+words[6]]++
		}
	}
	got := map[string]int{}
	w := Whole{Parser: p, Paths: paths, Workers: 2}
	err := w.Run(t.Context(), "", func(_ context.Context, b *experience.Batch) error {
		for _, e := range b.Items {
			got[b.Steps[e.Step]+" "+labelText(b, e)]++
		}
		_, err := b.AppendBinary(nil)
		return err
	})
	if err != nil || !reflect.DeepEqual(got, want) {
		t.Errorf("the two logs hold %v (%v), want %v", got, err, want)
	}
}

// Whatever stands in a log, a batch has no more sets than can be written.
func TestEveryLineALabelOfItsOwn(t *testing.T) {
	p := mustParser(t, Options{Rules: experience.DefaultRules(), Format: `$remote_addr $msec $status $x`, Labels: []LabelField{{"x", "field:x"}}})
	w := p.NewWorker(p.c.given)
	for round := range 3 {
		var log []byte
		for i := range experience.MaxBatch {
			log = fmt.Appendf(log, "192.0.2.7 1795464069.000 200 %d-%d\n", round, i)
		}
		var b experience.Batch
		b.Reset()
		w.Parse(log, &b)
		if _, err := b.AppendBinary(nil); err != nil || len(b.Labels) != experience.MaxBatch+1 || labelText(&b, b.Items[77]) != fmt.Sprintf("x=%d-77", round) {
			t.Errorf("%d sets (%v), want %d", len(b.Labels), err, experience.MaxBatch+1)
		}
	}
}

func TestLabelsAllocateNothing(t *testing.T) {
	p := labelledParser(t)
	w := p.NewWorker(p.c.given)
	log := []byte(strings.Join(labelledLines(1, 3000), "\n"))
	var b experience.Batch
	once := func() { b.Reset(); w.Parse(log, &b) }
	once()
	if n := testing.AllocsPerRun(10, once); n > 10 {
		t.Errorf("%v allocations for 3000 lines, want a few for the batch", n)
	}
}

func TestLabelsSayTheWayOut(t *testing.T) {
	var many []LabelField
	for i := range experience.MaxLabels + 1 {
		many = append(many, LabelField{fmt.Sprint("l", i), "field:a"})
	}
	tests := []struct {
		name string
		give Options
		want string // part of the error; "" for none
	}{
		{"a region", Options{Labels: []LabelField{{"region", "field:geoip_country"}}}, ""},
		{"our own word", Options{Labels: []LabelField{{"step", "field:a"}}}, "fix: choose another name"},
		{"no field", Options{Labels: []LabelField{{"region", "geoip"}}}, "fix: write header:NAME or field:NAME"},
		{"no name of a field", Options{Labels: []LabelField{{"region", "field:"}}}, "fix: write header:NAME or field:NAME"},
		{"twice", Options{Labels: []LabelField{{"region", "field:a"}, {"region", "field:b"}}}, "label region stands there twice"},
		{"too many", Options{Labels: many}, "17 labels are too many"},
		{"a person by name", Options{Labels: []LabelField{{"user", "field:a"}}}, "people.recognise"},
		{"an address", Options{Labels: []LabelField{{"network", "field:$remote_addr"}}}, "field:$remote_addr says who somebody is"},
		{"an address as Apache has it", Options{Labels: []LabelField{{"network", "field:%h"}}}, "says who somebody is"},
		{"a user agent", Options{Labels: []LabelField{{"browser", "header:User-Agent"}}}, "header:User-Agent says who somebody is"},
		{"cookies", Options{Labels: []LabelField{{"group", "header:Cookie"}}}, "says who somebody is"},
		{"what people are recognised by", Options{Person: "field:remote_user", Labels: []LabelField{{"a", "field:remote_user"}}}, "says who somebody is"},
		{"what these people are recognised by", Options{Person: "header:X-Id", Format: `$http_x_id $msec $status`, Labels: []LabelField{{"a", "header:X-ID"}}}, "people are recognised by header:X-ID"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			err := tt.give.Validate()
			if got := fmt.Sprint(err); !strings.Contains(got, tt.want) || (tt.want == "") != (err == nil) {
				t.Errorf("Validate() = %q, want %q", got, tt.want)
			}
		})
	}
}

func TestAMissingLabelIsSaid(t *testing.T) {
	var said bytes.Buffer
	p := mustParser(t, Options{Rules: experience.DefaultRules(), Labels: []LabelField{{"size", "field:body_bytes_sent"}, {"region", "field:geoip_cuntry"}}})
	l := NewLog(p, "access.log", slog.New(slog.NewTextHandler(&said, nil)))
	var b experience.Batch
	b.Reset()
	for range 2 {
		l.parse([]byte(combined("GET / HTTP/1.1", "200")+"\n"), &b)
	}
	if got := said.String(); strings.Count(got, "label=region") != 1 || strings.Contains(got, "label=size") {
		t.Errorf("the log says %q, want once that there is no region", got)
	}
}

func TestCriticalSteps(t *testing.T) {
	rules := experience.DefaultRules()
	rules.Critical = []string{"POST /checkout", "/order/:id/pay"}
	tests := []struct {
		request string
		raw     bool
		want    bool
	}{
		{"POST /checkout?cart=1 HTTP/1.1", false, true},
		{"GET /checkout HTTP/1.1", false, false},
		{"GET /order/17/pay HTTP/1.1", false, true},
		{"GET /order/17/pay/logo.png HTTP/1.1", false, false}, // a part
		{"OPTIONS /order/17/pay HTTP/1.1", false, false},
		{"POST /checkout HTTP/1.1", true, false},
	}
	for _, tt := range tests {
		p := mustParser(t, Options{Rules: rules, Raw: tt.raw})
		var b experience.Batch
		b.Reset()
		p.NewWorker(nil).Parse([]byte(combined(tt.request, "200")), &b)
		if len(b.Items) != 1 || b.Items[0].Critical != tt.want {
			t.Errorf("%s, raw %v: %+v, want critical %v", tt.request, tt.raw, b.Items, tt.want)
		}
	}
}

// Whatever a value is, it can be written, read again and shown.
func FuzzLabels(f *testing.F) {
	f.Add([]byte("192.0.2.7 1795464069.000 200 \x00\xff \"a\x1b\""), uint8(0))
	f.Add([]byte(strings.Join(labelledLines(1, 4), "\n")), uint8(1))
	p := mustParser(f, Options{
		Rules: experience.DefaultRules(), Steps: true, Format: `$remote_addr $msec $status $x $y`,
		Labels: []LabelField{{"y", "field:y"}, {"x", "field:x"}, {"x2", "field:x"}},
	})
	f.Fuzz(func(t *testing.T, log []byte, seed uint8) {
		b := whole(p, p.c.given, log, func(int) bool { return false })[0]
		block, err := b.AppendBinary(nil)
		var back experience.Batch
		if err != nil || back.UnmarshalBinary(block) != nil || !reflect.DeepEqual(back.Labels, b.Labels) {
			t.Errorf("%v: labels %q are read again as %q", err, b.Labels, back.Labels)
		}
		for _, set := range b.Labels {
			for _, l := range set {
				if l.Value == "" || strings.ContainsFunc(l.Value, func(r rune) bool { return !unicode.IsPrint(r) }) {
					t.Errorf("the value %q cannot be shown", l.Value)
				}
			}
		}
		split := whole(p, p.c.given, log, func(n int) bool { return (n+int(seed))%3 == 0 })[0]
		if !reflect.DeepEqual(b, split) {
			t.Errorf("in chunks: %+v, whole: %+v", split, b)
		}
	})
}

func BenchmarkLabels(b *testing.B) {
	log := []byte(strings.Join(labelledLines(1, 16000), "\n"))
	for _, bb := range []struct {
		name string
		o    Options
	}{
		{"none", Options{}},
		{"two", Options{Labels: []LabelField{{"release", "field:release"}, {"region", "field:region"}}}},
		{"two and steps", Options{Labels: []LabelField{{"release", "field:release"}, {"region", "field:region"}}, Steps: true}},
		{"critical", Options{Rules: experience.Rules{Critical: []string{"POST /checkout", "/pay"}}}},
	} {
		b.Run(bb.name, func(b *testing.B) {
			bb.o.Format = `$remote_addr $msec $status $request_method $uri $region $release`
			p := mustParser(b, bb.o)
			w := p.NewWorker(p.c.given)
			var batch experience.Batch
			b.ReportAllocs()
			for b.Loop() {
				batch.Reset()
				w.Parse(log, &batch)
			}
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/16000, "ns/line")
		})
	}
}
