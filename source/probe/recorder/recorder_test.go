package recorder

import (
	"context"
	"encoding/json"
	"fmt"
	"image/png"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/honderd/honderd/experience"
	"github.com/honderd/honderd/source/probe"
)

const shopPage = `<!doctype html><title>Shop</title><body style="height:3000px">
<h1>Shop</h1><label>Name <input id=name></label><select id=size><option value=s>Small<option value=l>Large</select>
<input id=day type=date><button id=buy onclick="buy()">Buy now</button><button id=twice ondblclick="note('double')">Twice</button>
<a href="/next" id=next>Next page</a><a href="/pop" target=_blank id=pop>Pop</a><div id=hover onmouseover="note('hovered')">Hover</div>
<my-box></my-box><iframe src="/frame"></iframe><p id=out></p><button id=off disabled>Off</button>
<button id=ask onclick="if (confirm('?')) note('confirmed')">Ask</button>
<script>
const said = []; const note = (x) => { said.push(x); document.getElementById('out').textContent = said.join(' ') }; window.note = note;
const buy = () => fetch('/api/buy', {method: 'POST', body: name.value}).then((r) => note('bought ' + document.getElementById('name').value));
document.getElementById('name').addEventListener('change', () => note('changed'));
document.addEventListener('keydown', (e) => note('key' + e.key + (e.shiftKey ? 'S' : '')));
addEventListener('scroll', () => { if (scrollY > 90) note('scrolled') }, {once: true});
customElements.define('my-box', class extends HTMLElement { constructor() { super();
  this.attachShadow({mode: 'open'}).innerHTML = '<button id=deep>Deep</button>';
  this.shadowRoot.getElementById('deep').onclick = () => note('deep') } });
setTimeout(() => { const p = document.createElement('p'); p.className = 'late'; p.textContent = 'late'; document.body.append(p) }, 300);
</script>`

func site(t *testing.T) string {
	t.Helper()
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "text/html; charset=utf-8")
		switch r.URL.Path {
		case "/":
			_, _ = io.WriteString(w, shopPage)
		case "/frame":
			_, _ = io.WriteString(w, `<button id=inner onclick="parent.note('inner')">Inner</button>`)
		case "/next":
			fmt.Fprintf(w, `<title>Next</title><p>by %s</p>`, r.UserAgent())
		case "/pop":
			_, _ = io.WriteString(w, `<title>Pop</title><button onclick="document.title='Popped'">Pop me</button>`)
		case "/hop":
			_, _ = io.WriteString(w, `<title>Hop</title><script>location = '/next'</script><img src=/silent>`)
		case "/broken":
			w.WriteHeader(http.StatusServiceUnavailable)
		case "/hang":
			_, _ = io.WriteString(w, `<title>Hang</title><button id=hang onclick="for(;;);">Hang</button>`)
		case "/silent":
			<-r.Context().Done()
		}
	}))
	t.Cleanup(server.Close)
	return server.URL
}

func player(t *testing.T, o Options) *Player {
	t.Helper()
	p, err := New(o)
	if err != nil {
		t.Skip("no browser here:", err)
	}
	return p
}

// play plays steps, written as JSON without quotes around them.
func play(t *testing.T, p *Player, limit time.Duration, steps ...string) probe.Played {
	t.Helper()
	recording := `{"title":"it","timeout":20000,"steps":[` + strings.Join(steps, ",") + `]}`
	if err := p.Check(recording); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), limit)
	defer cancel()
	return p.Play(ctx, "it", recording)
}

func says(expression string) string {
	e, _ := json.Marshal(expression)
	return `{"type":"waitForExpression","expression":` + string(e) + `}`
}

func TestAllSteps(t *testing.T) {
	at := site(t)
	got := play(t, player(t, Options{}), 2*time.Minute,
		`{"type":"setViewport","width":900,"height":700,"deviceScaleFactor":1,"isMobile":false,"hasTouch":false,"isLandscape":false}`,
		`{"type":"navigate","url":"`+at+`/","assertedEvents":[{"type":"navigation","url":"`+at+`/","title":"Shop"}]}`,
		`{"type":"change","value":"Ada","selectors":[["#gone"],["aria/Name"],["#name"]],"target":"main"}`, says(`said.includes('changed')`),
		`{"type":"click","selectors":[["aria/Buy now[role=\"button\"]"]],"offsetX":5,"offsetY":5,"duration":20}`, says(`said.includes('bought Ada')`),
		`{"type":"change","value":"l","selectors":["#size"]}`, says(`size.value === 'l'`),
		`{"type":"change","value":"2026-11-24","selectors":["#day"]}`, says(`day.value === '2026-11-24'`),
		`{"type":"doubleClick","selectors":["xpath///*[@id=\"twice\"]"],"offsetX":3,"offsetY":3}`, says(`said.includes('double')`),
		`{"type":"hover","selectors":["text/Hover"]}`, says(`said.includes('hovered')`),
		`{"type":"click","selectors":[["my-box","#deep"]],"offsetX":3,"offsetY":3,"deviceType":"pen"}`, says(`said.includes('deep')`),
		`{"type":"click","selectors":["pierce/#deep"],"offsetX":3,"offsetY":3}`, says(`said.filter((x) => x === 'deep').length === 2`),
		`{"type":"click","selectors":["#inner"],"frame":[0],"offsetX":3,"offsetY":3}`, says(`said.includes('inner')`),
		`{"type":"click","selectors":["#ask"],"offsetX":3,"offsetY":3}`, says(`said.includes('confirmed')`),
		`{"type":"keyDown","key":"Shift"}`, `{"type":"keyDown","key":"A"}`, `{"type":"keyUp","key":"A"}`, `{"type":"keyUp","key":"Shift"}`, says(`said.includes('keyAS')`),
		`{"type":"keyDown","key":"Enter"}`, `{"type":"keyUp","key":"Enter"}`, says(`said.includes('keyEnter')`),
		`{"type":"scroll","x":0,"y":100}`, says(`said.includes('scrolled')`),
		`{"type":"waitForElement","selectors":["p.late"],"operator":"==","count":1,"properties":{"textContent":"late"},"attributes":{"class":"late"}}`,
		`{"type":"waitForElement","selectors":["p.never"],"visible":false}`,
		`{"type":"waitForElement","selectors":["button"],"operator":">=","count":3}`,
		`{"type":"emulateNetworkConditions","download":1000000,"upload":1000000,"latency":1}`,
		`{"type":"customStep","name":"lighthouse","parameters":{}}`,
		`{"type":"click","selectors":["#pop"],"offsetX":3,"offsetY":3}`,
		`{"type":"click","target":"`+at+`/pop","selectors":["text/Pop me"],"offsetX":3,"offsetY":3}`,
		`{"type":"close","target":"`+at+`/pop"}`,
		`{"type":"click","selectors":["aria/Next page"],"offsetX":3,"offsetY":3,"assertedEvents":[{"type":"navigation"}]}`,
		`{"type":"navigate","url":"`+at+`/hop"}`, `{"type":"waitForElement","selectors":["p"]}`,
		says(`document.body.textContent.includes('`+probe.Agent+`') && !document.body.textContent.includes('Headless')`),
	)
	if got.Cause != experience.Fine || got.Unknown || len(got.Steps) != 43 {
		t.Fatalf("%d steps, %+v", len(got.Steps), got)
	}
	if got.Steps[1].Status != 200 || got.Steps[3].Name != "waitForExpression" || got.Steps[4].Name != `click "Buy now"` || got.Wait <= 0 {
		t.Errorf("%+v", got.Steps[:5])
	}
}

func TestABadStepHasAPicture(t *testing.T) {
	at, folder := site(t), t.TempDir()
	p := player(t, Options{Shots: folder, Most: 3})
	gone := httptest.NewServer(nil)
	nobody := gone.URL
	gone.Close()
	for _, tt := range []struct {
		name  string
		steps []string
		cause experience.Cause
		why   string
		shot  bool
	}{
		{"missing", []string{`{"type":"navigate","url":"` + at + `/"}`, `{"type":"click","selectors":["#nothing"],"offsetX":1,"offsetY":1,"timeout":1500}`}, experience.TimedOut, "there is no such element", true},
		{"switched off", []string{`{"type":"navigate","url":"` + at + `/"}`, `{"type":"click","selectors":["#off"],"offsetX":1,"offsetY":1,"timeout":1500}`}, experience.TimedOut, "it is switched off", true},
		{"untrue", []string{`{"type":"navigate","url":"` + at + `/"}`, `{"type":"waitForExpression","expression":"1 > 2","timeout":1500}`}, experience.TimedOut, "it is not true", true},
		{"503", []string{`{"type":"navigate","url":"` + at + `/broken"}`}, experience.Unreachable, "status 503", true},
		{"nobody there", []string{`{"type":"navigate","url":"` + nobody + `/"}`}, experience.Unreachable, "ERR_", true},
		{"silent", []string{`{"type":"navigate","url":"` + at + `/silent","timeout":1500}`}, experience.TimedOut, "longer than 1.5s", true},
		{"hangs", []string{`{"type":"navigate","url":"` + at + `/hang"}`, `{"type":"click","selectors":["#hang"],"offsetX":3,"offsetY":3,"timeout":500}`, says("true")}, experience.TimedOut, "", false},
	} {
		if p.look = lookFor; tt.shot {
			p.look = time.Minute // on a busy machine a browser takes its time
		}
		got := play(t, p, 2*time.Minute, tt.steps...)
		if got.Cause != tt.cause || !strings.Contains(got.Why, tt.why) || got.Unknown || got.Failed == "" || len(got.Steps) == 0 || (got.Shot != "") != tt.shot {
			t.Errorf("%s: %+v", tt.name, got)
			continue
		}
		if !tt.shot {
			continue
		}
		file, err := os.Open(filepath.Join(folder, got.Shot))
		if err != nil {
			t.Errorf("%s: %v", tt.name, err)
			continue
		}
		if picture, err := png.Decode(file); err != nil || picture.Bounds().Dx() < 300 {
			t.Errorf("%s: no picture: %v", tt.name, err)
		}
		_ = file.Close()
	}
	if names, _ := filepath.Glob(filepath.Join(folder, "*")); len(names) != 3 {
		t.Errorf("%d pictures, want 3: %v", len(names), names)
	}
}

// upWhen is a context whose time is up when over is closed.
type upWhen struct {
	context.Context

	over <-chan struct{}
}

func (u upWhen) Done() <-chan struct{} { return u.over }

func (u upWhen) Err() error {
	select {
	case <-u.over:
		return context.DeadlineExceeded
	default:
		return nil
	}
}

func TestTimeThatIsUp(t *testing.T) {
	over := make(chan struct{})
	asked := sync.OnceFunc(func() { close(over) })
	server := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		asked()
		<-r.Context().Done()
	}))
	defer server.Close()
	got := player(t, Options{}).Play(upWhen{t.Context(), over}, "it",
		`{"title":"it","timeout":30000,"steps":[{"type":"navigate","url":"`+server.URL+`"}]}`)
	if got.Cause != experience.TimedOut || got.Unknown {
		t.Errorf("%+v", got)
	}
}

func TestWithoutABrowserNothingIsKnown(t *testing.T) {
	for _, path := range []string{"true", "cat"} {
		p, err := New(Options{Browser: path})
		if err != nil {
			t.Fatal(err)
		}
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		got := p.Play(ctx, "it", `{"steps":[{"type":"navigate","url":"https://example.org/"}]}`)
		cancel()
		if !got.Unknown || got.Cause != experience.Fine || !strings.Contains(got.Why, "this machine could not probe") {
			t.Errorf("%s: %+v", path, got)
		}
	}
	if _, err := New(Options{Browser: "no such browser"}); err == nil || !strings.Contains(err.Error(), "(fix: ") {
		t.Errorf("New() = %v", err)
	}
}

func TestParse(t *testing.T) {
	for _, tt := range []struct{ step, why string }{
		{`{"type":"navigate","url":"https://example.org/"}`, ""},
		{`{"type":"navigate","url":"javascript:alert(1)"}`, "is no address"},
		{`{"type":"navigate","url":"file:///etc/passwd"}`, "is no address"},
		{`{"type":"click","selectors":[],"offsetX":1,"offsetY":1}`, "which element"},
		{`{"type":"click","selectors":[[]]}`, "is empty"},
		{`{"type":"click","selectors":["a"],"button":"third"}`, "its device or its button"},
		{`{"type":"click","selectors":["a"],"timeout":31000}`, "its timeout"},
		{`{"type":"click","selectors":["a"],"frame":[-1]}`, "its frame"},
		{`{"type":"click","selectors":"a"}`, "no recording"},
		{`{"type":"keyDown"}`, "it has no key"},
		{`{"type":"setViewport","width":0,"height":1}`, "its size"},
		{`{"type":"waitForElement","selectors":["a"],"operator":"!="}`, "its operator"},
		{`{"type":"waitForExpression"}`, "no expression"},
		{`{"type":"scroll","assertedEvents":[{"type":"love"}]}`, "is not known"},
		{`{"type":"dance"}`, "nobody knows such a step"},
		{`{"type":"customStep","name":"lighthouse"}`, "it is not played"},
	} {
		flow, problems := Parse("r.json", []byte(`{"title":"t","steps":[`+tt.step+`]}`))
		if (flow == nil) != (tt.why != "" && tt.why != "it is not played") || (tt.why == "") != (len(problems) == 0) || tt.why != "" && !strings.Contains(problems.Error(), tt.why) {
			t.Errorf("%s: %v, %v", tt.step, flow, problems)
		}
	}
	for _, text := range []string{"", "{}", "[]", `{"steps":[null]}`, `{"steps":[` + strings.Repeat(`{"type":"scroll"},`, 100) + `{"type":"scroll"}]}`} {
		if flow, problems := Parse("r.json", []byte(text)); flow != nil || len(problems) == 0 {
			t.Errorf("%.30s: %v", text, problems)
		}
	}
}

func TestShotsAreBounded(t *testing.T) {
	s := &shots{folder: filepath.Join(t.TempDir(), "shots"), most: 5}
	var names []string
	for i := range 12 {
		name, err := s.keep("../../shop & <b>", i, []byte("x"))
		if err != nil || strings.ContainsAny(name, "/ <") {
			t.Fatalf("%q, %v", name, err)
		}
		names = append(names, name)
	}
	var left []string
	files, _ := filepath.Glob(filepath.Join(s.folder, "*"))
	for _, f := range files {
		left = append(left, filepath.Base(f))
	}
	if slices.Sort(left); !slices.Equal(left, names[7:]) {
		t.Errorf("%v, want %v", left, names[7:])
	}
	if name, err := s.keep("it", 1, make([]byte, maxShot+1)); name != "" || err != nil {
		t.Errorf("%q, %v", name, err)
	}
}

func TestKeys(t *testing.T) {
	for name, want := range map[string]keystroke{
		"a": {"a", "KeyA", "a", 65, 0}, "KeyB": {"b", "KeyB", "b", 66, 0}, "Enter": {"Enter", "Enter", "\r", 13, 0}, "F5": {"F5", "F5", "", 116, 0},
		"ShiftLeft": {"Shift", "ShiftLeft", "", 16, shift}, "Numpad5": {"5", "Numpad5", "5", 101, 0}, "é": {"é", "", "é", 0, 0}, "VolumeUp": {"VolumeUp", "VolumeUp", "", 0, 0},
	} {
		if got := keyOf(name); got != want {
			t.Errorf("%s: %+v, want %+v", name, got, want)
		}
	}
}

func FuzzParse(f *testing.F) {
	f.Add([]byte(`{"title":"t","timeout":5000,"steps":[{"type":"click","selectors":[["a","b"],"aria/x[role=\"button\"]"],"offsetX":1,"offsetY":2,"frame":[0]}]}`))
	f.Add([]byte(`{"steps":[{"type":"waitForElement","selectors":["\ud800"],"count":-1,"properties":{"a":{"b":1}}}]}`))
	f.Fuzz(func(t *testing.T, text []byte) {
		flow, problems := Parse("f", text)
		if flow == nil {
			if len(problems) == 0 {
				t.Error("it cannot be played, and nobody says why")
			}
			return
		}
		for i := range flow.Steps {
			s := &flow.Steps[i]
			if d := flow.timeout(s); d < 0 || d > maxTimeout || len([]rune(s.label())) > maxLabel {
				t.Errorf("%v, %q", d, s.label())
			}
		}
	})
}
