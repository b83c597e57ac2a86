package jetstream_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/honderd/honderd/ledger/jetstream"
)

func TestFormatIsLookedAtFirst(t *testing.T) {
	whole := template(t, few)
	alone := func(t *testing.T, dir string) jetstream.Options { return options(t, dir) }
	inTown := func(t *testing.T, dir string) jetstream.Options {
		o := node(t, "", addresses(t, 3), 0)
		o.Dir = dir
		return o
	}
	tests := []struct {
		name string
		file string // what FORMAT holds; "" for none
		open func(t *testing.T, dir string) jetstream.Options
		want string // part of the error; "" for none
	}{
		{"ours", "honderd ledger 2 alone\n", alone, ""},
		{"of the first honderd, which had none", "", alone, ""},
		{"of a newer one", "honderd ledger 3 alone\n", alone, "use that one, or put back a backup"},
		{"of a much newer one", "honderd ledger 30 sharded over 7\n", alone, "use that one, or put back a backup"},
		{"of a cluster", "honderd ledger 2 cluster town\n", alone, "restore a backup into it"},
		{"for a cluster", "honderd ledger 2 alone\n", inTown, "restore a backup into it"},
		{"of the first honderd for a cluster", "", inTown, "restore a backup into it"},
		{"of another cluster", "honderd ledger 2 cluster village\n", inTown, "restore a backup into it"},
		{"damaged", "honderd ledger x alone\n", alone, "is damaged"},
		{"zeros", strings.Repeat("\x00", 23), alone, "is damaged"},
		{"negative", "honderd ledger -2 alone\n", alone, "is damaged"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			dir := copied(t, whole)
			name := filepath.Join(dir, "FORMAT")
			if tt.file == "" {
				remove(t, name)
			} else {
				overwrite(t, name, []byte(tt.file))
			}
			l, err := jetstream.Open(t.Context(), tt.open(t, dir))
			if err == nil {
				l.Close()
			}
			if (err == nil) != (tt.want == "") || err != nil && (!strings.Contains(err.Error(), tt.want) || strings.Contains(err.Error(), "\n")) {
				t.Fatalf("Open() = %v, want one sentence with %q", err, tt.want)
			}
			if err != nil {
				overwrite(t, name, []byte("honderd ledger 2 alone\n")) // nothing else was touched
			}
			if got, err := os.ReadFile(name); string(got) != "honderd ledger 2 alone\n" {
				t.Errorf("FORMAT is %q, %v", got, err)
			}
			if r := inspectOf(t, dir, few); r.opened != nil || r.read != few {
				t.Errorf("after that: %+v", r)
			}
		})
	}
}

// TestTheFirstFormatIsMigrated opens a folder as the first honderd made it, in which
// nothing could be removed, and trims it.
func TestTheFirstFormatIsMigrated(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "first")
	if err := os.CopyFS(dir, os.DirFS(filepath.Join("testdata", "first"))); err != nil {
		t.Fatal(err)
	}
	l := open(t, dir)
	defer func() {
		if err := l.Close(); err != nil {
			t.Error(err)
		}
	}()
	if last, err := l.Last(t.Context()); last != 5 || err != nil {
		t.Fatalf("Last() = %d, %v; want 5", last, err)
	}
	if place, err := l.Append(t.Context(), "test", "id-3", nil); place != 0 && err == nil && place <= 5 {
		t.Errorf("Append() = %d, %v", place, err)
	}
	if err := l.Trim(t.Context(), 3); err != nil {
		t.Errorf("Trim() = %v", err)
	}
	if err := l.Close(); err != nil {
		t.Error(err)
	}
	l = open(t, dir)
	if upTo, err := l.Trimmed(t.Context()); upTo != 3 || err != nil {
		t.Errorf("Trimmed() = %d, %v; want 3", upTo, err)
	}
}

func TestOptionsSayTheWayOut(t *testing.T) {
	routes := []string{"127.0.0.1:1", "127.0.0.1:2"}
	cluster := jetstream.Cluster{Name: "town", Node: "a", Listen: "127.0.0.1:1", Routes: routes, Secret: "x"}
	with := func(change func(c *jetstream.Cluster)) jetstream.Options {
		c := cluster
		change(&c)
		return jetstream.Options{Dir: "x", Cluster: c}
	}
	url := []string{"nats://localhost"}
	tests := []struct {
		name string
		give jetstream.Options
		want string // part of the error; "" for none
	}{
		{"alone", jetstream.Options{Dir: "x"}, ""},
		{"cluster", with(func(*jetstream.Cluster) {}), ""},
		{"elsewhere", jetstream.Options{External: jetstream.External{URLs: url}, Replicas: 3}, ""},
		{"both", jetstream.Options{External: jetstream.External{URLs: url}, Cluster: cluster}, "either elsewhere or here"},
		{"two replicas", jetstream.Options{Replicas: 2}, "must be 1, 3 or 5"},
		{"three alone", jetstream.Options{Replicas: 3}, "a server alone has one"},
		{"negative age", jetstream.Options{Retain: jetstream.Retain{Age: -1}}, "must not be negative"},
		{"no URL", jetstream.Options{External: jetstream.External{URLs: []string{"localhost"}}}, "is not a URL"},
		{"two passwords", jetstream.Options{External: jetstream.External{URLs: url, User: "a", Token: "b"}}, "more than one way"},
		{"half a certificate", jetstream.Options{External: jetstream.External{URLs: url, TLS: jetstream.TLS{Cert: "x"}}}, "half a TLS certificate"},
		{"no node", with(func(c *jetstream.Cluster) { c.Node = "" }), "must be a word of its own"},
		{"no secret", with(func(c *jetstream.Cluster) { c.Secret = "" }), "has no secret"},
		{"no port", with(func(c *jetstream.Cluster) { c.Listen = "localhost" }), "must be host:port"},
		{"strange name", with(func(c *jetstream.Cluster) { c.Name = "a b" }), "must be a word"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			err := tt.give.Validate()
			if (err == nil) != (tt.want == "") || err != nil && (!strings.Contains(err.Error(), tt.want) || !strings.Contains(err.Error(), "fix: ")) {
				t.Errorf("Validate() = %v, want %q with its fix", err, tt.want)
			}
		})
	}
	if _, err := jetstream.Open(t.Context(), jetstream.Options{Replicas: 2}); err == nil {
		t.Error("Open() with mistakes = nil")
	}
}
