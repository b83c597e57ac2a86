package honderd_test

import "testing"

// importing is a package that imports what is given.
func importing(pkg, path string) string {
	return "package " + pkg + "\n\nimport _ \"" + path + "\"\n"
}

func TestRow(t *testing.T) {
	tests := []struct {
		dir  string
		want int
	}{
		{"internal/wire", 1},
		{"internal/deep/er", 1},
		{"internal", 0},
		{"moment", 2},
		{"mention", 3},
		{"fold", 5},
		{"fold/felt", 6},
		{"fold/felt/cells", 6},
		{"gateway/hedge", 6},
		{"look", 7},
		{"cmd/honderd", 11},
		{"cmd/other", 0},
		{"words", 0},
		{"6", 0},
	}
	for _, tt := range tests {
		if got := row(tt.dir); got != tt.want {
			t.Errorf("row(%q) = %d, want %d", tt.dir, got, tt.want)
		}
	}
}

func TestHomelessBite(t *testing.T) {
	gnaw(t, findHomeless, []bite{
		{"in a row", one("view/answer.go", "package view"), ""},
		{"the root", one("doc.go", "package honderd"), ""},
		{"a tool", one("internal/tool/bench/main.go", "package main"), ""},
		{"in no row", one("plumbing/pipe.go", "package plumbing"), "package plumbing is in no row"},
		{"below a surface", one("web/page/page.go", "package page"), "package web/page is in no row"},
		{"only a test", one("plumbing/pipe_test.go", "package plumbing"), ""},
	})
}

func TestImportsBite(t *testing.T) {
	gnaw(t, findImports, []bite{
		{"up", one("fold/felt/felt.go", importing("felt", module+"/experience")), ""},
		{"down", one("experience/experience.go", importing("experience", module+"/fold")), "experience (row 3) imports fold (row 5)"},
		{"the app from a surface", one("web/web.go", importing("web", module+"/app")), "web (row 8) imports app (row 10)"},
		{"a sibling", one("fold/felt/felt.go", importing("felt", module+"/fold/forgive")), "imports its neighbour fold/forgive"},
		{"a doer of another kind", one("gateway/gateway.go", importing("gateway", module+"/source/accesslog")), "imports its neighbour"},
		{"a word of the same row", one("promise/promise.go", importing("promise", module+"/release")), "imports its neighbour"},
		{"a part of itself", one("fold/felt/felt.go", importing("felt", module+"/fold/felt/cells")), ""},
		{"a part of the gateway", one("gateway/gateway.go", importing("gateway", module+"/gateway/hedge")), ""},
		{"a part of another", one("fold/felt/felt.go", importing("felt", module+"/fold/forgive/match")), "imports its neighbour"},
		{"internal from internal", one("internal/diag/diag.go", importing("diag", module+"/internal/wire")), ""},
		{"a word from internal", one("internal/diag/diag.go", importing("diag", module+"/moment")), "internal/diag (row 1) imports moment (row 2)"},
		{"a package without a row", one("app/app.go", importing("app", module+"/plumbing")), "plumbing, which is in no row"},
		{"the root", one("app/app.go", importing("app", module)), "no part of the product"},
		{"a suite", one("fold/felt/felt.go", importing("felt", module+"/fold/foldtest")), "imports the test suite"},
		{"a suite from the app", one("app/app.go", importing("app", module+"/fold/foldtest")), "imports the test suite"},
		{"a suite from a test", one("fold/felt/felt_test.go", importing("felt", module+"/fold/foldtest")), ""},
		{"what a suite needs", one("fold/foldtest/suite.go", importing("foldtest", module+"/fold")), ""},
		{"a tool", one("app/app.go", importing("app", module+"/internal/tool/load")), "no part of the product"},
		{"all from a tool", one("internal/tool/load/main.go", importing("main", module+"/app")), ""},
	})
}

func TestForeignWordsBite(t *testing.T) {
	gnaw(t, findForeignWords, []bite{
		{"standard library", one("moment/moment.go", importing("moment", "time")), ""},
		{"our own", one("experience/block.go", importing("experience", module+"/internal/wire")), ""},
		{"others'", one("moment/moment.go", importing("moment", "example.org/wheel/round")), "the word moment imports example.org/wheel/round"},
		{"others' in a doer", one("source/otlp/otlp.go", importing("otlp", "example.org/wheel")), ""},
	})
}

func TestWorldBite(t *testing.T) {
	in := func(body string) string {
		return "package felt\n\nimport \"time\"\n\nfunc f() { " + body + " }\n"
	}
	gnaw(t, findWorld, []bite{
		{"a fold of os", one("fold/felt/felt.go", importing("felt", "os")), "the fold fold/felt imports os"},
		{"a fold of net/http", one("fold/felt/felt.go", importing("felt", "net/http")), "imports net/http"},
		{"a word of dice", one("moment/moment.go", importing("moment", "math/rand/v2")), "the word moment imports math/rand/v2"},
		{"a word of slog", one("mention/mention.go", importing("mention", "log/slog")), "imports log/slog"},
		{"the contract of atomics", one("fold/fold.go", importing("fold", "sync/atomic")), "imports sync/atomic"},
		{"a doer of os", one("source/accesslog/follow.go", importing("accesslog", "os")), ""},
		{"mathematics", one("fold/felt/felt.go", importing("felt", "math")), ""},
		{"a test of a fold", one("fold/felt/felt_test.go", importing("felt", "os")), ""},
		{"the suite of folds", one("fold/foldtest/suite.go", importing("foldtest", "math/rand/v2")), ""},
		{"now", one("fold/felt/felt.go", in("_ = time.Now()")), "fold/felt uses time.Now"},
		{"now by its value", one("fold/felt/felt.go", in("now := time.Now; _ = now")), "uses time.Now"},
		{"now by another name", one("fold/felt/felt.go", "package felt\n\nimport c \"time\"\n\nvar _ = c.Now()\n"), "uses time.Now"},
		{"the zone of the machine", one("fold/felt/felt.go", in("_ = time.Unix(0, 0).In(time.Local)")), "uses time.Local"},
		{"another time", one("fold/felt/felt.go", in("time := struct{ Now int }{}; _ = time.Now")), ""},
		{"a length of time", one("fold/felt/felt.go", in("_ = time.Second")), ""},
		{"go", one("fold/felt/felt.go", in("go f()")), "starts a goroutine"},
		{"select", one("fold/felt/felt.go", in("select {}")), "waits in a select"},
		{"a channel", one("moment/moment.go", in("_ = make(chan int)")), "has a channel"},
		{"a helper of a fold", map[string]string{
			"fold/felt/felt.go":         importing("felt", module+"/internal/sketch"),
			"internal/sketch/sketch.go": importing("sketch", module+"/internal/dice"),
			"internal/dice/dice.go":     importing("dice", "crypto/rand"),
		}, "internal/dice, which internal/sketch imports, imports crypto/rand"},
		{"a helper of a doer", map[string]string{
			"source/otlp/otlp.go":   importing("otlp", module+"/internal/dice"),
			"internal/dice/dice.go": importing("dice", "crypto/rand"),
		}, ""},
	})
}

func TestSharedModulesBite(t *testing.T) {
	two := func(a, b string) map[string]string {
		return map[string]string{
			"ledger/nats/nats.go": importing("nats", a),
			"source/otlp/otlp.go": importing("otlp", b),
		}
	}
	gnaw(t, findSharedModules, []bite{
		{"one each", two("example.org/wheel", "github.com/them/thing/v2/x"), ""},
		{"one for two", two("github.com/them/thing/v2/x", "github.com/them/thing/v2/y"), "github.com/them/thing/v2 is imported by ledger/nats and source/otlp"},
		{"packages of golang.org/x", two("golang.org/x/sys/unix", "golang.org/x/term"), ""},
		{"a package of golang.org/x", two("golang.org/x/term", "golang.org/x/term"), "golang.org/x/term is imported by"},
		{"parts of one doer", map[string]string{
			"source/otlp/otlp.go":   importing("otlp", "example.org/wheel"),
			"source/otlp/x/zip.go":  importing("x", "example.org/wheel/round"),
			"source/otlp/a_test.go": importing("otlp", "example.org/wheel"),
		}, ""},
		{"a test of another", map[string]string{
			"source/otlp/otlp.go": importing("otlp", "example.org/wheel"),
			"web/web_test.go":     importing("web", "example.org/wheel"),
		}, "example.org/wheel is imported by source/otlp and web"},
		{"a test module in tests", map[string]string{
			"moment/moment_test.go":  importing("moment", "pgregory.net/rapid"),
			"fold/felt/felt_test.go": importing("felt", "pgregory.net/rapid"),
			"fold/foldtest/suite.go": importing("foldtest", "pgregory.net/rapid"),
		}, ""},
		{"a test module in the program", one("app/app.go", importing("app", "pgregory.net/rapid")), "which is for tests"},
	})
}

func TestRequired(t *testing.T) {
	got := required("module example.org/us\n\ngo 1.26.0\n\nrequire example.org/one v1.0.0\n\nrequire (\n\texample.org/two/v2 v2.0.0 // indirect\n)\n")
	if len(got) != 2 || got[0] != "example.org/one" || got[1] != "example.org/two/v2" {
		t.Errorf("required() = %q", got)
	}
}
