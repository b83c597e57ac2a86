package main

import (
	"context"
	"database/sql"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"github.com/honderd/honderd/experience"
	"github.com/honderd/honderd/ledger/archive"
)

// TestBothAnswerTheSame asks both the same of a small archive: totals, and the longest
// window, in which there are people enough for everybody, to the millisecond.
func TestBothAnswerTheSame(t *testing.T) {
	dir := t.TempDir()
	a, err := archive.Open(t.Context(), archive.Options{Where: dir})
	if err != nil {
		t.Fatal(err)
	}
	p := population{experiences: 60_000, people: 5_000, journeys: 20, days: 2}
	if err := p.fill(t.Context(), a); err != nil {
		t.Fatal(err)
	}
	our, err := honderd(t.Context(), dir)
	if err != nil {
		t.Fatal(err)
	}
	var sizes []int
	for _, w := range our.windows {
		sizes = append(sizes, w.minutes)
	}
	their, err := duck(t.Context(), dir, sizes)
	if err != nil {
		t.Fatal(err)
	}
	if our.up != their.up || our.down != their.down || our.up == 0 || our.down == 0 {
		t.Errorf("Honderd says up %d, down %d; DuckDB says up %d, down %d", our.up, our.down, their.up, their.down)
	}
	longest := their.windows[len(their.windows)-1]
	if !slices.Contains(our.windows, longest) || longest.minutes < 2*24*60 {
		t.Errorf("the longest window of DuckDB is %+v, which is none of %+v", longest, our.windows)
	}
}

// TestGoodBeforeBadAtTheSameTime is vector V7: of two experiences at the same time, the
// time after them is bad.
func TestGoodBeforeBadAtTheSameTime(t *testing.T) {
	dir := t.TempDir()
	start := time.Date(2026, 11, 2, 9, 0, 0, 0, time.UTC).UnixMilli()
	items := []experience.Experience{
		{Person: 1, At: start}, {Person: 1, At: start + 5*minute, Cause: experience.ServerError}, {Person: 1, At: start + 5*minute}, {Person: 1, At: start + 8*minute},
	}
	fillWith(t, dir, &experience.Batch{Source: "v7", Items: items})
	for name, ask := range map[string]func(context.Context, string) (answer, error){
		"honderd": honderd,
		"duckdb":  func(ctx context.Context, dir string) (answer, error) { return duck(ctx, dir, nil) },
	} {
		if got, err := ask(t.Context(), dir); err != nil || got.up != 5*minute || got.down != 3*minute {
			t.Errorf("%s: up %d, down %d, %v; want 5 and 3 minutes", name, got.up, got.down, err)
		}
	}
}

func fillWith(t *testing.T, dir string, b *experience.Batch) {
	t.Helper()
	a, err := archive.Open(t.Context(), archive.Options{Where: dir})
	if err != nil {
		t.Fatal(err)
	}
	if err := a.Write(t.Context(), 7, b); err != nil {
		t.Fatal(err)
	}
	if _, err := a.Flush(t.Context()); err != nil {
		t.Fatal(err)
	}
}

// TestDuckDBReadsEveryColumn reads a file with every kind of value, also those that are
// no UTF-8, and the facts beside it.
func TestDuckDBReadsEveryColumn(t *testing.T) {
	dir := t.TempDir()
	b := &experience.Batch{
		Source: "accesslog /var/log/a.log", Position: "12", Journeys: []string{"/pay"}, Steps: []string{"", "GET /pay\xff"},
		Labels: [][]experience.Label{nil, {{Name: "region", Value: "eu"}, {Name: "release", Value: `1.0 "x"`}}},
		Items: []experience.Experience{{
			Person: 1<<64 - 1, At: time.Date(2026, 11, 2, 9, 30, 15, 123e6, time.UTC).UnixMilli(), Wait: 1<<32 - 1, Step: 1, Labels: 1,
			Cause: experience.TooSlow, Mask: experience.Stale, Part: true, Critical: true, Rage: true,
		}},
		Tally: experience.Tally{Lines: 3, Parsed: 2, Robots: 1},
	}
	b.Tally.Reject("no time in it", "x")
	fillWith(t, dir, b)
	db, err := sql.Open("duckdb", "")
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	from := ` from read_parquet('` + pattern(dir) + `', hive_partitioning = false)`
	rows, err := db.QueryContext(t.Context(), `select column_name || ' ' || column_type from (describe select *`+from+`)`)
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for rows.Next() {
		var one string
		if err := rows.Scan(&one); err != nil {
			t.Fatal(err)
		}
		got = append(got, one)
	}
	if err := rows.Close(); err != nil {
		t.Fatal(err)
	}
	want := []string{
		"time TIMESTAMP WITH TIME ZONE", "person UBIGINT", "wait_ms UINTEGER", "journey VARCHAR", "step VARCHAR", "labels JSON", "cause VARCHAR",
		"mask VARCHAR", "part BOOLEAN", "critical BOOLEAN", "rage BOOLEAN", "source VARCHAR", "batch UBIGINT",
	}
	if !slices.Equal(got, want) {
		t.Errorf("columns are %q, want %q", got, want)
	}
	facts := ` from read_json('` + filepath.Join(dir, "facts", "*.zst") + `')`
	for ask, want := range map[string]string{
		`select epoch_ms(time)` + from:                                         "1793611815123",
		`select person` + from:                                                 "18446744073709551615",
		`select wait_ms` + from:                                                "4294967295",
		`select journey || ' ' || source || ' ' || batch` + from:               "/pay accesslog /var/log/a.log 7",
		`select step` + from:                                                   "\uFFFDGET /pay\u00ff",
		`select labels->>'region'` + from:                                      "eu",
		`select (labels::map(varchar, varchar))['release']` + from:             `1.0 "x"`,
		`select cause || ' ' || mask` + from:                                   "too_slow stale",
		`select part and critical and rage` + from:                             "true",
		`select date || ' ' || hour from read_parquet('` + pattern(dir) + `')`: "2026-11-02 09",
		`select lines || ' ' || robots || ' ' || position` + facts:             "3 1 12",
		`select decode(value) from parquet_kv_metadata('` + pattern(dir) + `') where decode(key) = 'honderd.rows'`: "1",
	} {
		var got string
		if err := db.QueryRowContext(t.Context(), ask).Scan(&got); err != nil || got != want {
			t.Errorf("%s = %q, %v; want %q", ask, got, err, want)
		}
	}
}
