package accesslog

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/honderd/honderd/experience"
	"github.com/honderd/honderd/internal/who"
)

// inJSON returns a JSON string.
func inJSON(t *testing.T, s string) string {
	t.Helper()
	out, err := json.Marshal(s)
	if err != nil {
		t.Fatal(err)
	}
	return string(out)
}

func TestLinesAreReadInWhateverCarriesThem(t *testing.T) {
	lines := map[string]string{
		"combined": `203.0.113.7 - - [23/Nov/2026:20:01:09 +0000] "GET /a\x22b HTTP/1.1" 200 2 "-" "` + moz + `"`,
		"haproxy":  `203.0.113.7:57132 [23/Nov/2026:20:01:09.459] f b/good 0/0/1/0/31 200 138 - - ---- 1/1/0/0/+1 0/0 "GET /basket HTTP/1.1"`,
		"caddy":    `{"ts":1795464069.76,"request":{"client_ip":"203.0.113.7","method":"GET","uri":"/a"},"duration":0.2,"status":200}`,
	}
	for format, line := range lines {
		for _, carried := range []string{
			line,
			`2026-11-23T20:01:10.123456789Z stdout F ` + line,
			`Nov 23 20:01:09 lb prog[12]: ` + line,
			`2026-11-23T20:01:09.123+01:00 lb prog[12]: ` + line,
			`<134>1 2026-11-23T20:01:09Z lb prog 1 - - ` + line,
			`web-1  | ` + line,
			"\x1b[36mweb-1  | \x1b[0m" + line,
			`{"log":` + inJSON(t, line+"\n") + `,"stream":"stdout","time":"2026-11-23T20:01:10.5Z"}`,
			`{"@timestamp":"2026-11-23T20:01:10Z","host":{"name":"x"},"message":` + inJSON(t, line) + `}`,
			`{"__REALTIME_TIMESTAMP":"1795464069000000","MESSAGE":` + inJSON(t, line) + `,"PRIORITY":"6"}`,
			`{"date":1795464069.1,"log":` + inJSON(t, `2026-11-23T20:01:10.123Z stdout F `+line) + `}`,
			`{"message":` + inJSON(t, `{"log":`+inJSON(t, line)+`}`) + `}`,
		} {
			p := mustParser(t, Options{Rules: experience.DefaultRules(), Salts: who.Fixed([]byte("s"))})
			g, err := p.Detect([]byte(carried + "\n"))
			if err != nil || g.Name() != format {
				t.Errorf("%s\n= %v, %v; want %s", carried, g, err, format)
				continue
			}
			for _, w := range []*Worker{p.NewWorker(g), p.NewWorker(nil)} {
				var b experience.Batch
				w.Parse([]byte(carried+"\r\n"), &b)
				if len(b.Items) != 1 || b.Tally.Formats[format] != 1 || b.Items[0].Time().Format(time.DateTime) != "2026-11-23 20:01:09" {
					t.Errorf("%s\n= %+v, %+v", carried, b.Items, b.Tally)
				}
			}
		}
	}
}

func TestEscapesInJSONAreWhatTheyMean(t *testing.T) {
	b := parse(t, Options{Steps: true}, `{"time":"2026-11-23T20:01:09Z","status":200,"method":"GET","uri":"\/caf\u00e9\/basket\u0026x?a=\"1\"","remote_addr":"203.0.113.7","user_agent":"a\\b\ud83d\ude00"}`)
	if len(b.Items) != 1 || b.Steps[b.Items[0].Step] != "GET /café/basket&x" || b.Journeys[b.Items[0].Journey] != "/café" {
		t.Errorf("%+v %q %q", b.Items, b.Steps, b.Journeys)
	}
}

func TestWhatServersNoteIsCountedAndNobodysStep(t *testing.T) {
	b := parse(t, Options{},
		`2026/11/23 20:01:09 [error] 1234#1234: *5 connect() failed (111: Connection refused) while connecting to upstream, client: 203.0.113.7, server: shop, request: "GET /x HTTP/1.1", upstream: "http://127.0.0.1:9001/x", host: "shop"`,
		`2026/11/23 20:01:09 [error] 1234#1234: *6 upstream timed out (110: Connection timed out) while reading response header from upstream, client: 203.0.113.7`,
		`[Mon Nov 23 20:01:09.123456 2026] [proxy:error] [pid 1:tid 2] (111)Connection refused: AH00957: http: attempt to connect to 127.0.0.1:9001 failed`,
		`Nov 23 20:01:09 lb haproxy[12]: Server b/dead is DOWN, reason: Layer4 connection problem`,
		`192.0.2.4:50033 [28/Feb/2025:02:43:10.123] frontend/backend: SSL handshake failure (error:0A0000C1)`)
	want := map[string]int64{"nginx-error: refused": 1, "nginx-error: timed out": 1, "apache-error: refused": 1, "haproxy-note": 2}
	if len(b.Items) != 0 || b.Tally.Parsed != 5 || b.Tally.NoRequest != 5 || fmt.Sprint(b.Tally.Formats) != fmt.Sprint(want) {
		t.Errorf("%d experiences, %+v", len(b.Items), b.Tally)
	}
}

// w3c writes a log whose fields change every few lines, and which of its lines went wrong.
func changingFields(n int) (log []byte, bad int) {
	var out bytes.Buffer
	for i := range n {
		if i%777 == 0 {
			out.WriteString("#Date: 2026-11-23 00:00:00\r\n#Fields: date time c-ip cs-method cs-uri-stem sc-status sc-win32-status time-taken cs(User-Agent)\r\n")
		}
		if i%777 == 388 {
			out.WriteString("#Fields: date time cs-method sc-status cs-uri-stem time-taken s-port c-ip cs(User-Agent)\r\n")
		}
		status := 200
		if i%10 == 0 {
			status, bad = 503, bad+1
		}
		if i%777 < 388 {
			fmt.Fprintf(&out, "2026-11-23 20:%02d:%02d 203.0.113.%d GET /a %d 0 31 Mozilla/5.0+(X11;+Linux+x86_64)\r\n", i/60%60, i%60, i%200, status)
		} else {
			fmt.Fprintf(&out, "2026-11-23 20:%02d:%02d GET %d /a 31 443 203.0.113.%d Mozilla/5.0+(X11;+Linux+x86_64)\r\n", i/60%60, i%60, status, i%200)
		}
	}
	return out.Bytes(), bad
}

func TestFieldsThatChangeInsideALogAreFollowedByAllWorkers(t *testing.T) {
	log, bad := changingFields(30000) // several chunks
	for _, workers := range []int{1, 4} {
		items, tally := []experience.Experience{}, experience.Tally{}
		w := Whole{Parser: mustParser(t, Options{Rules: experience.DefaultRules(), Salts: who.Fixed([]byte("s"))}), Paths: []string{file(t, "ex.log", log)}, Workers: workers}
		if err := w.Run(t.Context(), "", func(_ context.Context, b *experience.Batch) error {
			items = append(items, b.Items...)
			tally.Add(&b.Tally)
			return nil
		}); err != nil {
			t.Fatal(err)
		}
		found := 0
		for _, e := range items {
			if e.Bad() {
				found++
			}
		}
		if len(items) != 30000 || found != bad || tally.Rejected() != 0 {
			t.Errorf("%d workers: %d experiences, %d bad, want 30000 and %d; %+v", workers, len(items), found, bad, tally.Rejects)
		}
	}
}

func TestAFollowedLogGoesOnWithTheFieldsThatHold(t *testing.T) {
	log, _ := changingFields(2000)
	path := file(t, "ex.log", log)
	p := mustParser(t, Options{Rules: experience.DefaultRules(), Salts: who.Fixed([]byte("s"))})
	stop := fmt.Errorf("stop")
	var position string
	given := 0
	err := NewLog(p, path, slog.New(slog.DiscardHandler)).Run(t.Context(), "", func(_ context.Context, b *experience.Batch) error {
		position, given = b.Position, given+len(b.Items)
		if given == 2000 {
			return stop
		}
		return nil
	})
	if given != 2000 {
		t.Fatalf("%d experiences, %v", given, err)
	}
	appendTo(t, path, "2026-11-23 21:00:00 GET 200 /a 31 443 203.0.113.9 Mozilla/5.0+(X11;+Linux+x86_64)\r\n")
	given = 0
	err = NewLog(p, path, slog.New(slog.DiscardHandler)).Run(t.Context(), position, func(_ context.Context, b *experience.Batch) error {
		given += len(b.Items)
		return stop
	})
	if given != 1 {
		t.Errorf("after a restart it gives %d experiences, want 1: %v", given, err)
	}
}

func TestTimesWithoutADayAreOfTheDayThatDateNames(t *testing.T) {
	b := parse(t, Options{},
		`#Date: 2026-11-23 23:59:00`, `#Fields: time c-ip cs-method cs-uri-stem sc-status cs(User-Agent)`,
		`23:59:58 203.0.113.7 GET /a 200 Mozilla/5.0+(X11;+Linux+x86_64)`,
		`00:00:02 203.0.113.7 GET /a 200 Mozilla/5.0+(X11;+Linux+x86_64)`,
		`#Date: 2026-12-01 10:00:00`,
		`10:00:00 203.0.113.7 GET /a 200 Mozilla/5.0+(X11;+Linux+x86_64)`)
	var got []string
	for _, e := range b.Items {
		got = append(got, e.Time().Format(time.DateTime))
	}
	if strings.Join(got, ", ") != "2026-11-23 23:59:58, 2026-11-24 00:00:02, 2026-12-01 10:00:00" {
		t.Errorf("%v, %+v", got, b.Tally)
	}
}

func TestWhatNeverReachedASiteOfIIS(t *testing.T) {
	b := parse(t, Options{},
		`#Software: Microsoft HTTP API 2.0`, `#Version: 1.0`, `#Date: 2026-11-23 20:01:09`,
		`#Fields: date time c-ip c-port s-ip s-port cs-version cs-method cs-uri streamid sc-status s-siteid s-reason s-queuename`,
		`2026-11-23 20:01:09 203.0.113.7 4711 10.0.0.5 443 HTTP/1.1 GET /pay - 503 1 AppOffline Shop`,
		`2026-11-23 20:01:10 203.0.113.7 4711 10.0.0.5 443 HTTP/1.1 GET /pay - - 1 Connection_Abandoned_By_ReqQueue Shop`,
		`2026-11-23 20:01:11 203.0.113.7 4711 10.0.0.5 443 - - - - - - Timer_ConnectionIdle -`)
	if len(b.Items) != 2 || b.Tally.NoRequest != 1 || b.Tally.Formats["httperr"] != 3 || !b.Items[0].Bad() || !b.Items[1].Bad() {
		t.Errorf("%+v, %+v", b.Items, b.Tally)
	}
}

// appendTo writes text at the end of a file.
func appendTo(t *testing.T, path, text string) {
	t.Helper()
	f, err := os.OpenFile(path, os.O_APPEND|os.O_WRONLY, 0)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := f.WriteString(text); err != nil {
		t.Fatal(err)
	}
	if err := f.Close(); err != nil {
		t.Fatal(err)
	}
}
