package otlp

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/honderd/honderd/experience"
	"github.com/honderd/honderd/internal/robots"
	"github.com/honderd/honderd/service"
)

// base is when the traces of these tests are, in Unix milliseconds.
const base = 1767225600000

// made makes spans from lines: id parent role service from to [word...], where words are
// fail, resent, app, edge, inner, robot, nobody, to=PEER.
func made(t *testing.T, trace byte, lines ...string) (list []span) {
	t.Helper()
	for _, line := range lines {
		var id, parent, from, to int64
		var does, of string
		if _, err := fmt.Sscan(line, &id, &parent, &does, &of, &from, &to); err != nil {
			t.Fatalf("%s: %v", line, err)
		}
		s := span{
			trace: traceID{1, trace}, id: spanID(id), parent: spanID(parent), res: &resource{service: of}, begin: base + from, end: base + to,
			wait: uint32(to - from), person: 7, journey: "/" + of, step: "GET /" + of, role: map[string]role{"s": server, "c": client, "p": producer, "q": consumer, "i": internal}[does],
		}
		for _, word := range strings.Fields(line)[6:] {
			switch word {
			case "fail":
				s.cause = experience.ServerError
			case "resent":
				s.flags |= resent
			case "app":
				s.res.app = true
			case "edge":
				s.mark = atEdge
			case "inner":
				s.mark = notAtEdge
			case "robot":
				s.robot = robots.Robot
			case "nobody":
				s.person = 0
			default:
				s.peer, s.peerKind = strings.TrimPrefix(word, "to="), service.HTTP
			}
		}
		list = append(list, s)
	}
	return list
}

func TestSettle(t *testing.T) {
	tests := []struct {
		name  string
		give  []string
		steps string // journey cause mask
		calls string // from>to count/errors/masked
	}{
		{"a step, and nothing behind it", []string{"1 0 s shop 0 50"}, "/shop fine unmasked; ", ""},
		{"an error is felt", []string{"1 0 s shop 0 50 fail"}, "/shop server_error unmasked; ", ""},
		{"a chain of three", []string{"1 0 s shop 0 50", "2 1 c shop 1 40 to=x", "3 2 s cart 2 39", "4 3 c cart 3 30 to=db"},
			"/shop fine unmasked; ", "cart>db 1/0/0; shop>cart 1/0/0; "},
		{"a second try hides the first", []string{"1 0 s shop 0 50", "2 1 c shop 1 9 fail to=cart", "3 1 c shop 10 40 to=cart"},
			"/shop fine retry; ", "shop>cart 2/1/1; "},
		{"a second try elsewhere is no second try", []string{"1 0 s shop 0 50", "2 1 c shop 1 9 fail to=cart", "3 1 c shop 10 40 to=mail"},
			"/shop fine fallback; ", "shop>cart 1/1/1; shop>mail 1/0/0; "},
		{"what failed and was felt is not masked", []string{"1 0 s shop 0 50 fail", "2 1 c shop 1 9 fail to=cart"},
			"/shop server_error unmasked; ", "shop>cart 1/1/0; "},
		{"a fault far behind is hidden by who called", []string{"1 0 s shop 0 50", "2 1 c shop 1 40", "3 2 s cart 2 39", "4 3 c cart 3 30 fail to=db"},
			"/shop fine fallback; ", "cart>db 1/1/1; shop>cart 1/0/0; "},
		{"resent, and good", []string{"1 0 s shop 0 50", "2 1 c shop 1 40 resent to=cart"}, "/shop fine retry; ", "shop>cart 1/0/0; "},
		{"who called from outside is not known", []string{"1 99 s shop 0 50", "2 1 c shop 1 9 to=cart"}, "/shop fine unmasked; ", "shop>cart 1/0/0; "},
		{"a hole in a trace is no second person", []string{"1 99 s shop 0 50", "5 98 s cart 2 39"}, "/shop fine unmasked; ", ""},
		{"with a beginning, what has lost its parent is inside", []string{"1 0 i cron 0 50", "5 98 s cart 2 39"}, "", ""},
		{"a program that calls is not a person", []string{"1 0 c cron 0 50", "2 1 s shop 2 39"}, "", "cron>shop 1/0/0; "},
		{"a browser is", []string{"1 0 c page 0 80 app", "2 1 s shop 2 39 fail"}, "/page server_error unmasked; ", "page>shop 1/1/0; "},
		{"marked", []string{"1 0 i cron 0 50", "2 1 s shop 2 39 edge"}, "/shop fine unmasked; ", "cron>shop 1/0/0; "},
		{"marked as none", []string{"1 0 s shop 0 50 inner"}, "", ""},
		{"a robot", []string{"1 0 s shop 0 50 robot"}, "", ""},
		{"nobody", []string{"1 0 s shop 0 50 nobody"}, "", ""},
		{"client and server share an id", []string{"1 0 s shop 0 50", "2 1 c shop 1 40", "2 1 s cart 2 39", "3 2 c cart 3 9 to=db"},
			"/shop fine unmasked; ", "cart>db 1/0/0; shop>cart 1/0/0; "},
		{"nobody waits for a consumer", []string{"1 0 s shop 0 50", "2 1 p shop 1 4 to=mails", "3 2 q mailer 90 99", "4 3 c mailer 91 98 fail to=smtp"},
			"/shop fine unmasked; ", "mailer>smtp 1/1/1; shop>mailer 1/0/0; "},
		{"spans that are each other's parent", []string{"1 2 s shop 0 50", "2 1 c shop 1 40 fail to=a"}, "", "shop>shop 1/1/1; "},
		{"its own parent", []string{"1 1 s shop 0 50"}, "/shop fine unmasked; ", ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			spans := made(t, 1, tt.give...)
			for seed := range uint64(5) { // in any order
				rand.New(rand.NewPCG(seed, 1)).Shuffle(len(spans), func(i, k int) { spans[i], spans[k] = spans[k], spans[i] })
				b := newBuilder("test")
				var tr tree
				tr.settle(append([]span{}, spans...), false, b)
				if steps, calls := inWords(b); steps != tt.steps || calls != tt.calls {
					t.Fatalf("steps %q, calls %q; want %q, %q", steps, calls, tt.steps, tt.calls)
				}
			}
		})
	}
}

func inWords(b *builder) (steps, calls string) {
	for _, e := range b.batch.Items {
		steps += fmt.Sprintf("%s %v %v; ", b.batch.Journeys[e.Journey], e.Cause, e.Mask)
	}
	for _, c := range b.summary().Stretches {
		for _, call := range c.Calls {
			calls += fmt.Sprintf("%s>%s %d/%d/%d; ", call.From, call.To, call.Count, call.Errors, call.Masked)
		}
	}
	return steps, calls
}

func TestLateChildrenAreCalls(t *testing.T) {
	j := newJoiner()
	b := newBuilder("test")
	var tr tree
	root := made(t, 1, "1 0 s shop 0 50")
	if j.add(root, 0, 0) != 0 || j.add(root, 0, 0) != 1 {
		t.Error("the same span twice is not noticed")
	}
	if len(j.due(5_999, false, 100)) != 0 {
		t.Error("a trace is settled before its time")
	}
	ready := j.due(6_000, false, 100)
	if len(ready) != 1 || !tr.settle(ready[0].spans, false, b) {
		t.Fatal("a trace that was quiet is not settled")
	}
	j.add(made(t, 1, "2 1 c shop 1 40 to=cart", "3 9 s cart 2 30"), 7_000, 0)
	if len(j.due(13_500, false, 100)) != 0 {
		t.Error("what has no beginning is not waited for")
	}
	ready = j.due(27_000, false, 100)
	if len(ready) != 1 || tr.settle(ready[0].spans, true, b) {
		t.Error("a late span is a second step of a person")
	}
	if steps, calls := inWords(b); steps != "/shop fine unmasked; " || calls != "shop>cart 1/0/0; " {
		t.Errorf("steps %q, calls %q", steps, calls)
	}
}

func TestThereIsRoomForSoMany(t *testing.T) {
	j := newJoiner()
	j.most = 10
	for i := range byte(20) {
		j.add(made(t, i, "1 0 s shop 0 50"), 0, 0)
	}
	if ready := j.due(0, false, 100); len(ready) != 10 || ready[0].spans[0].trace[1] != 0 || j.spans != 10 {
		t.Errorf("%d traces are settled early and %d spans wait; want 10 of each, the oldest first", len(ready), j.spans)
	}
}

func TestMemoryForgetsTheOldest(t *testing.T) {
	m := newMemory(1000)
	for k := range uint64(10_000) {
		if !m.add(k*7919 + 1) {
			t.Fatalf("%d is known before it came", k)
		}
		if m.add(k*7919 + 1) {
			t.Fatalf("%d is new twice", k)
		}
	}
	if n := len(m.young.slots) + len(m.aged.slots); n > 8192 {
		t.Errorf("%d places for 1000 to 2000 numbers", n)
	}
	if m.has(1) || !m.has(9_999*7919+1) || !m.has(9_000*7919+1) {
		t.Error("the oldest is known, or the newest is not")
	}
}

func TestStatuses(t *testing.T) {
	tests := []struct {
		give   string // attribute=value,...
		failed bool
		want   experience.Cause
	}{
		{"http.response.status_code=200", false, experience.Fine},
		{"http.response.status_code=404", true, experience.Fine},
		{"http.response.status_code=503", false, experience.Unreachable},
		{"http.status_code=500", false, experience.ServerError},
		{"http.response.status_code=200,http.status_code=500", false, experience.Fine},
		{"http.response.status_code=200", true, experience.ServerError},
		{"http.response.status_code=429", false, experience.TooMany},
		{"rpc.response.status_code=UNAVAILABLE", false, experience.Unreachable},
		{"rpc.grpc.status_code=5", true, experience.Fine},
		{"rpc.grpc.status_code=4", true, experience.Unreachable},
		{"rpc.response.status_code=DEADLINE_EXCEEDED", true, experience.Unreachable},
		{"rpc.grpc.status_code=13", true, experience.ServerError},
		{"error.type=timeout", true, experience.Unreachable},
		{"error.type=java.net.ConnectException", true, experience.Unreachable},
		{"error.type=context.Canceled", true, experience.GaveUp},
		{"error.type=500", true, experience.ServerError},
		{"error=true", false, experience.ServerError},
		{"error=false", false, experience.Fine},
		{"", true, experience.ServerError},
		{"", false, experience.Fine},
	}
	for _, tt := range tests {
		r := newReader(testOptions(), robots.New(nil, nil))
		for pair := range strings.SplitSeq(tt.give, ",") {
			name, value, _ := strings.Cut(pair, "=")
			r.bag.put(r.known, name, value)
		}
		if got := r.cause(r.status(tt.failed), -1); got != tt.want {
			t.Errorf("%s, failed %v: %v, want %v", tt.give, tt.failed, got, tt.want)
		}
	}
}

func TestSampling(t *testing.T) {
	for state, want := range map[string]bool{"": false, "ot=th:0": false, "ot=th:c": true, "a=b,ot=rv:1;th:8": true, "ot=p:2": true, "ot=p:0": false, "vendor=th:8": false} {
		if got := isSampled(state); got != want {
			t.Errorf("%q: %v, want %v", state, got, want)
		}
	}
}
