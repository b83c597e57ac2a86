package browser

import (
	"bytes"
	"compress/gzip"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/honderd/honderd/experience"
	"github.com/honderd/honderd/internal/who"
)

// door returns a Door for pages of https://shop.example, and what it keeps.
func door(o Options) (*Door, *kept) {
	k := &kept{}
	o.Keep, o.Salts = k.keep, who.Fixed([]byte("salt"))
	if o.Rules.Parts == nil {
		o.Rules = experience.DefaultRules()
	}
	if o.Origins == nil {
		o.Origins = []string{"https://shop.example"}
	}
	return New(o), k
}

// ask sends body to a path of d, as a page of shop.example does. fields are more headers.
func ask(d *Door, path, body string, fields ...string) *httptest.ResponseRecorder {
	r := httptest.NewRequest(http.MethodPost, path, strings.NewReader(body))
	r.RemoteAddr = "203.0.113.7:4711"
	r.Header.Set("Origin", "https://shop.example")
	r.Header.Set("User-Agent", personAgent)
	for i := 0; i+1 < len(fields); i += 2 {
		switch fields[i] {
		case "-method":
			r.Method = fields[i+1]
		case "-from":
			r.RemoteAddr = fields[i+1]
		case "-host":
			r.Host = fields[i+1]
		default:
			r.Header.Set(fields[i], fields[i+1])
		}
		if fields[i+1] == "" {
			r.Header.Del(fields[i])
		}
	}
	w := httptest.NewRecorder()
	d.ServeHTTP(w, r)
	return w
}

// message is a message of the script with items, sent at 10,000 by the browser's clock.
func message(id string, items ...string) string {
	return fmt.Sprintf(`{"id":%q,"t":10000,"i":[%s]}`, id, strings.Join(items, ","))
}

func TestItemsAreJudged(t *testing.T) {
	for _, tt := range []struct {
		name, item   string
		want, unseen string // "" for none
	}{
		{"a good page", `{"k":"view","t":9000,"w":900,"p":"/shop/4711"}`, `/shop "GET /shop/:id" fine wait=900 part=false`, ""},
		{"a slow page", `{"k":"view","t":9000,"w":9000,"p":"/shop"}`, `too_slow wait=9000 part=false`, `too_slow wait=9000 part=true`},
		{"a page of an error", `{"k":"view","t":9000,"w":900,"p":"/shop","s":503}`, `unreachable wait=900 part=false`, ""},
		{"a page that is not there", `{"k":"view","t":9000,"w":900,"p":"/wrong","s":404}`, ` "GET /wrong" fine wait=900 part=false`, ""},
		{"nobody answered", `{"k":"ask","m":"POST","t":9000,"w":90,"p":"/pay","f":"net"}`, `/pay "POST /pay" unreachable wait=90 part=false rage=false critical=true`, `unreachable wait=90 part=true rage=false critical=true`},
		{"nobody answered a read", `{"k":"ask","m":"GET","t":9000,"w":90,"p":"/api/x","f":"net"}`, `unreachable wait=90 part=true`, `unreachable wait=90 part=true`},
		{"the application stopped waiting", `{"k":"ask","m":"POST","t":9000,"w":5000,"p":"/pay","f":"time"}`, `timed_out wait=5000`, `timed_out wait=5000 part=true`},
		{"a bad answer", `{"k":"ask","m":"POST","t":9000,"w":90,"p":"/pay","s":500}`, `server_error wait=90 part=false`, ""},
		{"turned away", `{"k":"ask","m":"GET","t":9000,"w":90,"p":"/api","s":429}`, `too_many_requests wait=90 part=true`, ""},
		{"a slow answer", `{"k":"ask","m":"GET","t":9000,"w":9000,"p":"/api","s":200}`, `too_slow wait=9000 part=true`, `too_slow wait=9000 part=true`},
		{"a good read", `{"k":"ask","m":"GET","t":9000,"w":9,"p":"/api","s":200}`, "", ""},
		{"a good act", `{"k":"ask","m":"POST","t":9000,"w":9,"p":"/pay","s":200}`, `"POST /pay" fine wait=9 part=false`, ""},
		{"a page that did not come", `{"k":"nav","m":"GET","t":9000,"p":"/shop","f":"net"}`, `unreachable wait=0 part=false`, `unreachable wait=0 part=true`},
		{"a picture nobody answered", `{"k":"part","t":9000,"p":"/a.png","f":"net"}`, `"GET /a.png" unreachable wait=0 part=true`, `unreachable wait=0 part=true`},
		{"an icon nobody sees", `{"k":"part","t":9000,"p":"/favicon.ico","f":"net"}`, "", ""},
		{"an error", `{"k":"error","t":9000,"p":"/shop","f":"script"}`, `script_error wait=0 part=true`, `script_error wait=0 part=true`},
		{"anger", `{"k":"rage","t":9000,"w":2000,"p":"/shop","f":"slow"}`, `too_slow wait=2000 part=true rage=true`, `too_slow wait=2000 part=true rage=true`},
		{"anger at a bad answer", `{"k":"rage","t":9000,"p":"/shop","s":500}`, `server_error wait=0 part=true rage=true`, `server_error wait=0 part=true rage=true`},
		{"gave up", `{"k":"left","t":9000,"w":5000,"p":"/shop"}`, `gave_up wait=5000 part=false`, `gave_up wait=5000 part=true`},
		{"clicked on", `{"k":"left","t":9000,"w":500,"p":"/shop"}`, `fine wait=500 part=false`, ""},
		{"names", `{"k":"view","t":9000,"w":5,"p":"/shop","n":" pay\u0000 ","j":"buy"}`, `buy "pay?" fine wait=5`, ""},
		{"without a network", `{"k":"ask","m":"POST","t":9000,"p":"/pay","f":"net","o":1}`, "", ""},
		{"of no kind", `{"k":"weather","t":9000,"p":"/pay"}`, "", ""},
		{"no item", `[7]`, "", ""},
		{"a wait of years", `{"k":"left","t":9000,"w":1e300,"p":"/shop"}`, "", ""},
		{"a field of another type", `{"k":"left","t":"yesterday"}`, "", ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			for unseen, want := range map[bool]string{false: tt.want, true: tt.unseen} {
				rules := experience.DefaultRules()
				rules.Critical = []string{"POST /pay"}
				d, k := door(Options{Rules: rules, Unseen: unseen, Steps: true})
				if w := ask(d, BeaconPath, message("a", tt.item)); w.Code != http.StatusNoContent {
					t.Fatalf("%d %s", w.Code, w.Body)
				}
				list := k.all()
				if want == "" && len(list) > 0 || want != "" && (len(list) != 1 || !strings.Contains(list[0].String(), want)) {
					t.Errorf("unseen %v: %v, want %s", unseen, list, want)
				}
			}
		})
	}
}

func TestTheClockOfABrowserMayBeWrong(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d, k := door(Options{})
		ask(d, BeaconPath, message("a", `{"k":"view","t":4000,"w":1,"p":"/"}`, `{"k":"view","t":99000,"w":1,"p":"/"}`, `{"k":"view","w":1,"p":"/"}`))
		now := time.Now().UnixMilli()
		for i, want := range []int64{now - 6000, now, now} {
			if got := k.all()[i].At; got != want {
				t.Errorf("item %d is at %d, want %d", i, got, want)
			}
		}
		ask(d, BeaconPath, `{"id":"b","t":1e15,"i":[{"k":"view","t":1,"w":1,"p":"/"}]}`)
		if n := len(k.all()); n != 3 {
			t.Errorf("what is a week old is news: %d", n)
		}
	})
}

func TestAMessageIsCountedOnce(t *testing.T) {
	d, k := door(Options{Busy: func(error) bool { return true }})
	k.fail = errors.New("full")
	if w := ask(d, BeaconPath, message("a", `{"k":"view","w":1,"p":"/"}`)); w.Code != http.StatusTooManyRequests || w.Header().Get("Retry-After") == "" {
		t.Errorf("%d", w.Code)
	}
	k.fail = nil
	for range 3 {
		if w := ask(d, BeaconPath, message("a", `{"k":"view","w":1,"p":"/"}`)); w.Code != http.StatusNoContent {
			t.Errorf("%d", w.Code)
		}
	}
	if n := d.Counts(); len(k.all()) != 1 || n.Again != 2 || n.Refused["no room"] != 1 {
		t.Errorf("%v, %+v", k.all(), n)
	}
}

func TestThePersonIsTheOneOfTheLog(t *testing.T) {
	view := `{"k":"view","w":1,"p":"/"}`
	namer := who.NewNamer(who.Fixed([]byte("salt")))
	namer.Turn(1)
	both := namer.Name(who.ByAddressAndAgent, []byte("203.0.113.7"), []byte(personAgent))
	for _, tt := range []struct {
		name string
		o    Options
		body string
		more []string
		want uint64
	}{
		{"address and agent", Options{}, message("a", view), nil, both},
		{"address", Options{Recognise: who.ByAddress}, message("a", view), nil, namer.Name(who.ByAddress, []byte("203.0.113.7"), nil)},
		{"behind a proxy", Options{Trusted: prefixes("10.0.0.0/8")}, message("a", view), []string{"-from", "10.0.0.1:1", "X-Forwarded-For", "198.51.100.9, 203.0.113.7"}, both},
		{"a proxy of somebody", Options{}, message("a", view), []string{"X-Forwarded-For", "198.51.100.9"}, both},
		{"consent", Options{}, `{"id":"a","c":"0123456789abcdef","i":[` + view + `]}`, nil, namer.Name(who.ByConsent, []byte("0123456789abcdef"), nil)},
		{"a name stands above consent", Options{}, `{"id":"a","c":"0123456789abcdef","u":"customer-1","i":[` + view + `]}`, nil, namer.Name(who.ByField, []byte("customer-1"), nil)},
		{"where servers are heard, consent is no id", Options{Unseen: true}, `{"id":"a","c":"0123456789abcdef","i":[{"k":"nav","f":"net","p":"/"}]}`, nil, both},
		{"a name", Options{}, `{"id":"a","u":"customer-1","i":[` + view + `]}`, nil, namer.Name(who.ByField, []byte("customer-1"), nil)},
	} {
		d, k := door(tt.o)
		ask(d, BeaconPath, tt.body, tt.more...)
		if list := k.all(); len(list) != 1 || list[0].Person != experience.Person(tt.want) {
			t.Errorf("%s: %v", tt.name, list)
		}
	}
}

func TestRefusals(t *testing.T) {
	good := message("a", `{"k":"view","w":1,"p":"/"}`)
	bomb := packed(strings.Repeat(" ", 10<<20))
	for _, tt := range []struct {
		name, path, body string
		o                Options
		more             []string
		status           int
		why              string
	}{
		{"another method", BeaconPath, good, Options{}, []string{"-method", "PUT"}, 405, "method"},
		{"another site", BeaconPath, good, Options{}, []string{"Origin", "https://evil.example"}, 403, "origin"},
		{"a page in a sandbox", BeaconPath, good, Options{}, []string{"Origin", "null"}, 403, "origin"},
		{"no page", BeaconPath, good, Options{}, []string{"Origin", ""}, 403, "origin"},
		{"another key", BeaconPath, good, Options{Key: "shop"}, nil, 401, "key"},
		{"no message", BeaconPath, "hello", Options{}, nil, 400, "not a message of honderd.js"},
		{"deep", BeaconPath, strings.Repeat("[", 60000), Options{}, nil, 400, "not a message of honderd.js"},
		{"too many items", BeaconPath, message("a", strings.Repeat("1,", 300)+"1"), Options{}, nil, 400, "not a message of honderd.js"},
		{"too long", BeaconPath, strings.Repeat(" ", 70000), Options{}, nil, 413, "too large"},
		{"a bomb", BeaconPath, bomb, Options{}, []string{"Content-Encoding", "gzip"}, 413, "too large"},
		{"no gzip", BeaconPath, good, Options{}, []string{"Content-Encoding", "gzip"}, 400, "unreadable"},
		{"another coding", BeaconPath, good, Options{}, []string{"Content-Encoding", "br"}, 415, "content encoding"},
		{"no reports", ReportsPath, "7", Options{}, nil, 400, "not a list of reports"},
		{"a key in reports", ReportsPath + "?key=other", "[]", Options{Key: "shop"}, nil, 401, "key"},
		{"no payload", FaroPath, "[]", Options{}, nil, 400, "not a payload of Faro"},
		{"a bomb for Faro", FaroPath, bomb, Options{}, []string{"Content-Encoding", "gzip"}, 413, "too large"},
		{"the ledger is gone", BeaconPath, good, Options{}, []string{"-fail", "gone"}, 503, "not kept"},
	} {
		d, k := door(tt.o)
		if len(tt.more) > 0 && tt.more[0] == "-fail" {
			k.fail = errors.New("gone")
		}
		heard := ""
		d.options.Refuse = func(why string) { heard += why }
		w := ask(d, tt.path, tt.body, tt.more...)
		if w.Code != tt.status || d.Counts().Refused[tt.why] != 1 || heard != tt.why || len(k.all()) > 0 {
			t.Errorf("%s: %d %s %+v", tt.name, w.Code, w.Body, d.Counts())
		}
		if !strings.Contains(w.Header().Get("Content-Type"), "problem+json") || !strings.Contains(w.Body.String(), `"detail":"`) {
			t.Errorf("%s: answered with %s %s", tt.name, w.Header().Get("Content-Type"), w.Body)
		}
	}
}

func packed(text string) string {
	var b bytes.Buffer
	z := gzip.NewWriter(&b)
	_, _ = io.WriteString(z, text)
	_ = z.Close()
	return b.String()
}

func prefixes(list ...string) (all []netip.Prefix) {
	for _, text := range list {
		all = append(all, netip.MustParsePrefix(text))
	}
	return all
}

func TestWhoMayTell(t *testing.T) {
	body := message("a", `{"k":"view","w":1,"p":"/"}`)
	for _, tt := range []struct {
		name    string
		origins []string
		more    []string
		status  int
	}{
		{"the same host", []string{}, []string{"Origin", "https://example.com"}, 204},
		{"another host", []string{}, nil, 403},
		{"the same host on this machine", []string{}, []string{"-from", "127.0.0.1:1", "-host", "localhost:8100", "Origin", "http://localhost:8100"}, 204},
		{"another name for this machine", []string{}, []string{"-from", "127.0.0.1:1", "-host", "evil.example:8100", "Origin", "http://evil.example:8100"}, 403},
		{"through a proxy on this machine", []string{}, []string{"-from", "127.0.0.1:1", "-host", "shop.example", "X-Forwarded-For", "203.0.113.7"}, 204},
		{"below a name", []string{"https://*.example"}, nil, 204},
		{"not below a name", []string{"https://*.shop.example"}, nil, 403},
		{"another scheme", []string{"http://shop.example"}, nil, 403},
		{"all", []string{"*"}, nil, 204},
	} {
		d, _ := door(Options{Origins: tt.origins})
		if w := ask(d, BeaconPath, body, tt.more...); w.Code != tt.status {
			t.Errorf("%s: %d %s", tt.name, w.Code, w.Body)
		}
	}
	d, _ := door(Options{})
	w := ask(d, BeaconPath, "", "-method", "OPTIONS")
	if w.Code != 204 || w.Header().Get("Access-Control-Allow-Origin") != "https://shop.example" || w.Header().Get("Access-Control-Allow-Credentials") != "" {
		t.Errorf("%d %v", w.Code, w.Header())
	}
}

func TestRobotsAndTheShyAreNotPeople(t *testing.T) {
	d, k := door(Options{})
	view := `{"k":"view","w":1,"p":"/"}`
	ask(d, BeaconPath, message("a", view), "User-Agent", "Googlebot/2.1")
	ask(d, BeaconPath, `{"id":"b","r":1,"i":[`+view+`]}`)
	ask(d, BeaconPath, message("c", view), "Sec-GPC", "1")
	ask(d, BeaconPath, message("d", view), "DNT", "1")
	if n := d.Counts(); len(k.all()) > 0 || n.Private != 2 || k.calls != 2 {
		t.Errorf("%v %+v, %d kept", k.all(), n, k.calls)
	}
}

func TestOneSenderDoesNotStarveOthers(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d, k := door(Options{Burst: 3, Rate: 1})
		send := func(from string) int {
			return ask(d, BeaconPath, message(rest(k), `{"k":"view","w":1,"p":"/"}`), "-from", from).Code
		}
		for range 3 {
			send("[2001:db8::1]:1")
		}
		if code := send("[2001:db8::2]:1"); code != http.StatusTooManyRequests { // the same network
			t.Errorf("the fourth at once: %d", code)
		}
		if code := send("[2001:db8:0:1::1]:1"); code != http.StatusNoContent {
			t.Errorf("somebody else: %d", code)
		}
		time.Sleep(2 * time.Second)
		if code := send("[2001:db8::1]:1"); code != http.StatusNoContent {
			t.Errorf("later: %d", code)
		}
	})
}

func rest(k *kept) string { return fmt.Sprint("id", len(k.all())) }

// A browser that is closed does not wait for its answer.
func TestWhatWasToldLastIsKept(t *testing.T) {
	d, _ := door(Options{})
	d.options.Keep = func(ctx context.Context, b *experience.Batch) error { return ctx.Err() }
	ctx, gone := context.WithCancel(t.Context())
	gone()
	r := httptest.NewRequestWithContext(ctx, http.MethodPost, BeaconPath, strings.NewReader(message("a", `{"k":"left","w":5000,"p":"/"}`)))
	r.Header.Set("Origin", "https://shop.example")
	w := httptest.NewRecorder()
	d.ServeHTTP(w, r)
	if n := d.Counts(); w.Code != http.StatusNoContent || n.Experiences != 1 {
		t.Errorf("%d %+v", w.Code, n)
	}
}

func TestSlowSendersAreCutOff(t *testing.T) {
	d, k := door(Options{Patience: 50 * time.Millisecond})
	server := httptest.NewServer(d)
	defer server.Close()
	c, err := net.Dial("tcp", server.Listener.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	fmt.Fprintf(c, "POST /beacon HTTP/1.1\r\nHost: shop.example\r\nOrigin: https://shop.example\r\nContent-Length: 100\r\n\r\n{")
	answer, _ := io.ReadAll(c)
	if !strings.Contains(string(answer), "408 Request Timeout") || d.Counts().Refused["too slow"] != 1 || len(k.all()) > 0 {
		t.Errorf("%s", answer)
	}
}

func TestTheScriptIsSmall(t *testing.T) {
	d, _ := door(Options{Unseen: true})
	w := ask(d, ScriptPath, "", "-method", "GET", "Accept-Encoding", "gzip")
	t.Logf("%d bytes, %d packed", len(d.script.bare), w.Body.Len())
	if w.Code != http.StatusOK || w.Header().Get("Content-Encoding") != "gzip" || w.Body.Len() > 5<<10 {
		t.Errorf("%d, %d bytes packed, want at most 5 KB", w.Code, w.Body.Len())
	}
	if body := string(d.script.bare); !strings.Contains(body, "patience: 8000, left: 1000, all: 0") || strings.Contains(body, "\n//") {
		t.Error("it is not the script of this server")
	}
	again := ask(d, ScriptPath, "", "-method", "GET", "If-None-Match", w.Header().Get("ETag"))
	if again.Code != http.StatusNotModified || again.Body.Len() > 0 {
		t.Errorf("%d", again.Code)
	}
	for _, path := range []string{TryPath, TryPath + "/try.js", TryPath + "/try.css"} {
		if w := ask(d, path, "", "-method", "GET", "-host", "localhost:8100"); w.Code != http.StatusOK {
			t.Errorf("%s: %d", path, w.Code)
		}
		if w := ask(d, path, "", "-method", "GET"); w.Code != http.StatusNotFound {
			t.Errorf("%s from elsewhere: %d", path, w.Code)
		}
	}
}
