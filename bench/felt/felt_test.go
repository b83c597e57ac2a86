package main

import (
	"context"
	"os/exec"
	"strings"
	"testing"
	"time"
)

// brief makes a scenario short enough for a test.
func brief(sc scenario) scenario {
	sc.beats, sc.rate = 2, 100
	return sc
}

// named returns a scenario by its name.
func named(t *testing.T, name string) scenario {
	t.Helper()
	for _, sc := range scenarios() {
		if sc.name == name {
			return sc
		}
	}
	t.Fatalf("no scenario %q", name)
	return scenario{}
}

// TestCheatsAreCaught plays proxies that cheat. Each is caught by what the judge counts,
// and the honest one by nothing.
func TestCheatsAreCaught(t *testing.T) {
	calm := brief(scenario{name: "calm", next: mixed})
	own := brief(scenario{name: "own", next: private})
	orders := brief(scenario{name: "orders", next: posts})
	honest := brief(scenario{name: "honest", next: func(s *suite, i int) ask {
		if i%10 == 3 {
			return s.slow(i, 0.8)
		}
		return plain(s, i)
	}})
	broken := brief(scenario{name: "broken", play: func(ctx context.Context, s *suite) { s.each(some(truncate, 0.5)); <-ctx.Done() }})
	failing := brief(scenario{name: "failing", play: func(ctx context.Context, s *suite) { s.each(fault{Kind: status, P: 0.5, Code: 500}); <-ctx.Done() }})
	strange := brief(scenario{name: "strange", speaks: "tls", begin: func(s *suite, o *origin) {
		if o.ID == 0 {
			o.Cert = s.certs.file("stranger-bad")
		}
	}})
	bad := func(why string) func(result) bool {
		return func(r result) bool { return r.Why[why] > 20 && r.over() > 20 }
	}
	tests := []struct {
		how    string
		play   scenario
		caught func(result) bool
	}{
		{"is honest", calm, func(r result) bool {
			return r.Bad == 0 && r.Duplicates == 0 && r.Leaks == 0 && r.Amplification == 1 && r.Requests == 200
		}},
		{"loses bytes", calm, bad("other bytes")},
		{"cuts silently", broken, bad("other bytes")},
		{"always 200", failing, bad("other bytes")},
		{"posts twice", orders, func(r result) bool { return r.Bad == 0 && r.Duplicates == r.Requests }},
		{"mixes people up", own, func(r result) bool { return r.Leaks > 100 && r.Why["another person's page"] == r.Leaks }},
		{"asks thrice", brief(scenario{name: "thrice"}), func(r result) bool { return r.Bad == 0 && r.Amplification == 3 }},
		{"delays honest pages", honest, func(r result) bool { return r.Why["slow"] == 20 }},
		{"stands still", calm, func(r result) bool { return r.Why["slow"] >= 5 }},
		{"trusts all", strange, func(r result) bool { return r.Leaks > 20 && r.Why["other bytes"] > 20 }},
	}
	for _, tt := range tests {
		t.Run(tt.how, func(t *testing.T) {
			t.Parallel()
			r, err := play(t.Context(), tt.play, run{seed: 1, patience: time.Second, size: 4096}, asCheat(tt.how))
			if err != nil {
				t.Fatal(err)
			}
			if !tt.caught(r) {
				t.Errorf("a proxy that %s: %d of %d felt bad %v, %d twice, %d leaks, %.2f asked", tt.how, r.Bad, r.Requests, r.Why, r.Duplicates, r.Leaks, r.Amplification)
			}
		})
	}
}

// TestKilledServersAreGone plays a plain proxy before servers that are killed, stopped and
// restarted: people feel what a proxy does not hide, and the minimum says what nobody could.
func TestKilledServersAreGone(t *testing.T) {
	sc := brief(scenario{name: "gone", next: posts, play: func(ctx context.Context, s *suite) {
		s.gone(ctx, 0.5, 1, s.origins...)
		s.at(ctx, 1.2)
		s.origins[0].freeze()
		s.at(ctx, 1.6)
		s.origins[0].thaw()
	}})
	r, err := play(t.Context(), sc, run{seed: 1, patience: 200 * time.Millisecond, size: 1024}, asCheat("is honest"))
	if err != nil {
		t.Fatal(err)
	}
	if r.Why["502"] < 35 || r.Least < 25 || r.Least > 45 || r.Duplicates != 0 {
		t.Errorf("half a second without servers, 100/s, patience 200 ms: %v, minimum %.1f, %d twice; want some 50 refused, of which some 30 nobody could hide", r.Why, r.Least, r.Duplicates)
	}
	if slow := r.Why["slow"] + r.Why["no answer"]; slow < 2 {
		t.Errorf("a stopped server: %v; want some that wait", r.Why)
	}
}

// TestProxyThatNeverListens is said in words.
func TestProxyThatNeverListens(t *testing.T) {
	start := func(*suite) (*exec.Cmd, renewal, error) { return exec.Command("sleep", "60"), nil, nil } //nolint:noctx // it is ended
	ctx, stop := context.WithCancel(t.Context())
	stop()
	if _, err := play(ctx, scenario{name: "none"}, run{patience: time.Second, size: 1}, start); err == nil || !strings.Contains(err.Error(), "does not listen") {
		t.Errorf("play() = %v, want that the proxy does not listen", err)
	}
}

// TestScenariosCanBeTold fills a template in for every scenario, and for the peers.
func TestScenariosCanBeTold(t *testing.T) {
	seen := map[string]bool{}
	for _, sc := range scenarios() {
		if seen[sc.name] || sc.about == "" {
			t.Errorf("scenario %q: is there twice, or says nothing", sc.name)
		}
		seen[sc.name] = true
	}
	s := &suite{scenario: named(t, "sites"), run: run{patience: time.Second}, listen: "127.0.0.1:1", certs: &certs{}}
	for i := range 4 {
		s.origins = append(s.origins, &origin{conf: conf{ID: i, Addr: "127.0.0.1:900" + string(rune('0'+i))}})
	}
	cmd, _, err := command("p --to {to} --listen {listen} [--then {then}] [--resolver {resolver}]", nil, "")(s)
	if err != nil || strings.Join(cmd.Args, " ") != "p --to http://127.0.0.1:9000,http://127.0.0.1:9001 --listen 127.0.0.1:1 --then http://127.0.0.1:9002,http://127.0.0.1:9003" {
		t.Errorf("command() = %v, %v", cmd.Args, err)
	}
	if _, _, err := command("p --to {to} --listen {listen}", nil, "")(s); err == nil || !strings.Contains(err.Error(), "{then}") {
		t.Errorf("command() without {then} = %v, want that it cannot be told", err)
	}
}
