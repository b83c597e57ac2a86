package accesslog

import (
	"bytes"
	"fmt"
	"math/rand"
	"reflect"
	"testing"

	"github.com/honderd/honderd/experience"
)

// sampleLog writes n combined lines of some thousand people with a few hundred agents.
func sampleLog(n int) []byte {
	r := rand.New(rand.NewSource(1))
	pages := []string{"/", "/shop/%d", "/basket?item=%d", "/img/%d.png", "/api/v1/orders/%d", "/css/main.css?v=%d", "/about/team/%d/"}
	agents := []string{
		"Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/%d.0.0.0 Safari/537.36",
		"Mozilla/5.0 (iPhone; CPU iPhone OS 17_5_1 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/17.%d Mobile/15E148 Safari/604.1",
		"Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/%d.0",
		"Mozilla/5.0 (compatible; Googlebot/2.%d; +http://www.google.com/bot.html)",
	}
	var b bytes.Buffer
	for i := range n {
		who := r.Intn(5000)
		page := fmt.Sprintf(pages[r.Intn(len(pages))], r.Intn(1000))
		status := []int{200, 200, 200, 200, 200, 200, 304, 404, 200, 500}[r.Intn(10)]
		fmt.Fprintf(&b, `%d.%d.%d.7 - - [23/Nov/2026:20:%02d:%02d +0000] "GET %s HTTP/1.1" %d %d "https://shop.example/" "%s"`+"\n",
			20+who%200, who/20, who%7, i/60/200%60, i/200%60, page, status, r.Intn(90000), fmt.Sprintf(agents[who%len(agents)], 100+who%60))
	}
	return b.Bytes()
}

// whole parses log into one batch after the other, in chunks that end where cuts says.
func whole(p *Parser, g *Grammar, log []byte, cuts func(n int) bool) []experience.Batch {
	w := p.NewWorker(g)
	batches := []experience.Batch{{}}
	batches[0].Reset()
	for len(log) > 0 {
		chunk := log
		for n := range log {
			if log[n] == '\n' && cuts(n) {
				chunk = log[:n+1]
				break
			}
		}
		log = log[len(chunk):]
		for rest := w.Parse(chunk, &batches[len(batches)-1]); len(rest) > 0; rest = w.Parse(rest, &batches[len(batches)-1]) {
			batches = append(batches, experience.Batch{})
			batches[len(batches)-1].Reset()
		}
	}
	return batches
}

func TestParseStopsAtFullBatch(t *testing.T) {
	log := sampleLog(40000)
	p := mustParser(t, Options{Raw: true})
	batches := whole(p, nil, log, func(int) bool { return false })
	var all experience.Tally
	for i, b := range batches {
		if i < len(batches)-1 && len(b.Items) != experience.MaxBatch {
			t.Errorf("batch %d has %d items, want %d", i, len(b.Items), experience.MaxBatch)
		}
		all.Add(&b.Tally)
	}
	if len(batches) != 3 || all.Parsed != 40000 || all.Bytes != int64(len(log)) {
		t.Errorf("%d batches, %d lines, %d bytes; want 3, 40000, %d", len(batches), all.Parsed, all.Bytes, len(log))
	}
}

// A batch may go from worker to worker, and a worker from batch to batch.
func TestWorkersShareBatches(t *testing.T) {
	log := sampleLog(2000)
	p := mustParser(t, Options{Rules: experience.DefaultRules()})
	want := whole(p, nil, log, func(int) bool { return false })[0]
	one, two := p.NewWorker(nil), p.NewWorker(nil)
	var got, other experience.Batch
	got.Reset()
	other.Reset()
	for i := 0; len(log) > 0; i++ {
		n := 0
		for range 100 {
			n += bytes.IndexByte(log[n:], '\n') + 1
		}
		w := one
		if i%3 == 0 {
			w = two
		}
		w.Parse(log[:n], &got)
		w.Parse(log[:n/2], &other)
		log = log[n:]
	}
	want.Tally.Addresses, got.Tally.Addresses = nil, nil // only the most frequent go from worker to worker
	if !reflect.DeepEqual(got, want) {
		t.Errorf("two workers make another batch of the same log: %+v, want %+v", got.Tally, want.Tally)
	}
}

func TestParseAllocatesNothing(t *testing.T) {
	log := sampleLog(5000)
	p := mustParser(t, Options{Rules: experience.DefaultRules()})
	g, err := p.Detect(log)
	if err != nil {
		t.Fatal(err)
	}
	w := p.NewWorker(g)
	var b experience.Batch
	once := func() { b.Reset(); w.Parse(log, &b) }
	once()
	if n := testing.AllocsPerRun(10, once); n > 10 {
		t.Errorf("%v allocations for 5000 lines, want a few for the batch", n)
	}
}

func FuzzParse(f *testing.F) {
	for _, s := range []string{
		combined("GET / HTTP/1.1", "200") + "\n" + combined("-", "408"),
		`h - - [` + minute + `] "GET /a"b" HTTP/1.0" 404 -`, "\x00\x00\n\r\n  \nx",
		combined("GET / HTTP/1.1", "500") + ` "192.0.2.1, 10.0.0.1"`, `" " " " " "`,
		combined("GET /x HTTP/1.1", "200") + ` 86 0.002 [u] [] 127.0.0.1:1, 127.0.0.1:2 0, 2 0.000, 0.001 502, 200 9`,
		"\xff\xfe" + combined("\xc3\x28 \xff", "200"),
	} {
		f.Add([]byte(s), uint8(1))
	}
	p := mustParser(f, Options{Rules: experience.DefaultRules(), Robots: true})
	f.Fuzz(func(t *testing.T, log []byte, seed uint8) {
		b := whole(p, nil, log, func(int) bool { return false })[0]
		if b.Tally.Lines != b.Tally.Parsed+b.Tally.Rejected() || b.Tally.Bytes != int64(len(log)) {
			t.Errorf("tally %+v of %d bytes does not add up", b.Tally, len(log))
		}
		for _, e := range b.Items {
			if int(e.Journey) >= len(b.Journeys) || int(e.Step) >= len(b.Steps) || e.Person == 0 || !experience.Possible(e.At) {
				t.Errorf("experience %+v is not valid", e)
			}
			if (e.Step != 0) && !e.RawBad() {
				t.Errorf("experience %+v has a step", e)
			}
		}
		split := whole(p, nil, log, func(n int) bool { return (n+int(seed))%3 == 0 })[0]
		if !reflect.DeepEqual(b, split) {
			t.Errorf("in chunks: %+v, whole: %+v", split, b)
		}
	})
}

func FuzzFormat(f *testing.F) {
	for _, s := range []string{`$remote_addr [$time_local] "$request" $status`, `%h %{%F %T}t \"%r\" %>s`, `'$a' '$b'`, `log_format x escape=json '{"a":$status}';`, `%{end:msec}t%s`} {
		f.Add(s, combined("GET / HTTP/1.1", "200"))
	}
	for _, l := range spelledLines() {
		f.Add(l.format, l.line)
	}
	f.Fuzz(func(t *testing.T, format, line string) {
		g, err := compileFormat("custom", format, wanted{})
		if err != nil {
			return
		}
		var m matcher
		var c clock
		if m.match(g, []byte(line), false) {
			c.time(&m, g, m.line([]byte(line)))
		}
	})
}

func BenchmarkParse(b *testing.B) {
	log := sampleLog(100000)
	p := mustParser(b, Options{Rules: experience.DefaultRules()})
	g, err := p.Detect(log[:64<<10])
	if err != nil {
		b.Fatal(err)
	}
	w := p.NewWorker(g)
	var batch experience.Batch
	b.SetBytes(int64(len(log)))
	b.ReportAllocs()
	for b.Loop() {
		for rest := log; len(rest) > 0; {
			batch.Reset()
			rest = w.Parse(rest, &batch)
		}
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/100000, "ns/line")
}

// The quick way through the beginning of a line finds what the long way finds.
func FuzzHead(f *testing.F) {
	for _, s := range []string{combined("GET / HTTP/1.1", "200"), combined(`GET /" 200 1`, "200"), combined(`GET /\" 200 1`, "20"), `a - - [`, combined("-", "408") + ` "-"`,
		`203.0.113.7:57132 [23/Nov/2026:20:01:09.459] f b/good 0/0/1/0/31 200 138 - - ---- 1/1/0/0/+1 0/0 {a|b} {} "GET /basket HTTP/1.1"`,
		`2001:db8::1:4711 [23/Nov/2026:20:01:09.459] f b/<NOSRV> -1/-1/-1/-1/+9 503 1 a b SC-- 1/1/0/0/3 0/0 "GET /a HTTP/1.1"`,
		`1:1 [3/Nov/2026:20:01:09.459]  f b/s 1/2/3/4/5 - 1 c=d e - ---- 1/1/1/1/1 0/0 "<BADREQ>"`} {
		f.Add([]byte(s))
	}
	quick := knownGrammars(wanted{})
	slow := knownGrammars(wanted{})
	for _, g := range slow {
		g.common, g.httplog = false, false
	}
	f.Fuzz(func(t *testing.T, line []byte) {
		for i := range quick {
			var one, two matcher
			a, b := one.match(quick[i], line, false), two.match(slow[i], line, false)
			same := a == b
			for s := slotKey; a && b && s < slots; s++ {
				same = same && string(one.value(quick[i], s, line)) == string(two.value(slow[i], s, line))
			}
			if !same {
				t.Errorf("%s: %q fits %v at %v, the long way %v at %v", quick[i].name, line, a, one.at, b, two.at)
			}
		}
	})
}
