// Package ledger_test measures the ledger against SQLite, which the product does not
// need: so it is a module of its own. go test -bench . -benchtime 3s
package ledger_test

import (
	"context"
	"database/sql"
	"fmt"
	"path/filepath"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	_ "modernc.org/sqlite"

	"github.com/honderd/honderd/experience"
	"github.com/honderd/honderd/ledger/gather"
	"github.com/honderd/honderd/ledger/jetstream"
)

// writers is how many write one experience at a time.
const writers = 64

// BenchmarkDurable has 64 writers keep one experience at a time, each durable before it
// is acknowledged: with one on its way each, and with many, as callers of a server are.
func BenchmarkDurable(b *testing.B) {
	for _, flight := range []int{1, 64, 128} {
		b.Run(fmt.Sprintf("honderd/flight=%d", flight), func(b *testing.B) { measure(b, flight, honderd(b)) })
	}
	b.Run("sqlite/insert-each/flight=1", func(b *testing.B) { measure(b, 1, sqliteEach(b)) })
	for _, flight := range []int{1, 64, 128} {
		b.Run(fmt.Sprintf("sqlite/group-commit/flight=%d", flight), func(b *testing.B) { measure(b, flight, sqliteGroup(b)) })
	}
}

// keep keeps one experience; what it returns waits until it is durable.
type keep func(person int) (wait func() error, err error)

// measure runs b.N calls of keep from all writers, with that many on their way each.
func measure(b *testing.B, flight int, k keep) {
	var next atomic.Int64
	var all sync.WaitGroup
	took := make([][]time.Duration, writers*flight)
	b.ResetTimer()
	for w := range writers {
		places := make(chan int, flight)
		for i := range flight {
			places <- w*flight + i
		}
		all.Go(func() {
			var pending sync.WaitGroup
			defer pending.Wait()
			for n := next.Add(1); n <= int64(b.N); n = next.Add(1) {
				place := <-places
				start := time.Now()
				wait, err := k(int(n))
				if err != nil {
					b.Error(err)
					return
				}
				pending.Go(func() {
					if err := wait(); err != nil {
						b.Error(err)
					}
					took[place] = append(took[place], time.Since(start))
					places <- place
				})
			}
		})
	}
	all.Wait()
	b.StopTimer()
	every := slices.Sorted(slices.Values(slices.Concat(took...)))
	b.ReportMetric(float64(len(every))/b.Elapsed().Seconds(), "events/s")
	b.ReportMetric(float64(every[len(every)*99/100].Microseconds())/1000, "p99-ms")
}

// honderd is the ledger of the product behind its gatherer.
func honderd(b *testing.B) keep {
	l, err := jetstream.Open(b.Context(), jetstream.Options{Dir: b.TempDir()})
	if err != nil {
		b.Fatal(err)
	}
	g, err := gather.New(l, gather.Options{})
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { g.Close(); l.Close() })
	return func(person int) (func() error, error) {
		one := experience.Batch{
			Source: "bench", Journeys: []string{"buy"}, Steps: []string{""}, Labels: [][]experience.Label{nil},
			Items: []experience.Experience{{Person: experience.Person(person), At: 1_742_000_000_000 + int64(person), Wait: 80}},
		}
		p, err := g.Start(&one)
		return func() error { return p.Wait(context.Background()) }, err
	}
}

// open opens a SQLite in WAL mode that syncs each transaction.
func open(b *testing.B) *sql.DB {
	db, err := sql.Open("sqlite", "file:"+filepath.Join(b.TempDir(), "db")+"?_pragma=journal_mode(WAL)&_pragma=synchronous(FULL)&_pragma=busy_timeout(10000)")
	if err != nil {
		b.Fatal(err)
	}
	db.SetMaxOpenConns(1) // it has one writer at a time: more only collide
	if _, err := db.Exec("CREATE TABLE experience (person INTEGER, at INTEGER, wait INTEGER, journey TEXT)"); err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { db.Close() })
	return db
}

// insert is one experience in SQL.
const insert = "INSERT INTO experience VALUES (?, ?, ?, ?)"

// sqliteEach inserts each experience in a transaction of its own.
func sqliteEach(b *testing.B) keep {
	s, err := open(b).Prepare(insert)
	if err != nil {
		b.Fatal(err)
	}
	return func(person int) (func() error, error) {
		return func() error {
			_, err := s.Exec(person, 1_742_000_000_000+int64(person), 80, "buy")
			return err
		}, nil
	}
}

// sqliteGroup gives SQLite a group commit as the product has it: the same wait, the same
// most rows in a transaction.
func sqliteGroup(b *testing.B) keep {
	db := open(b)
	type row struct {
		person int
		done   chan error
	}
	rows := make(chan row, 1<<16)
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		for first := range rows {
			group := []row{first}
			full := time.After(20 * time.Millisecond)
			for waiting := true; waiting && len(group) < 10_000; {
				select {
				case r, ok := <-rows:
					if waiting = ok; ok {
						group = append(group, r)
					}
				case <-full:
					waiting = false
				}
			}
			err := inTransaction(db, func(s *sql.Stmt) error {
				for _, r := range group {
					if _, err := s.Exec(r.person, 1_742_000_000_000+int64(r.person), 80, "buy"); err != nil {
						return err
					}
				}
				return nil
			})
			for _, r := range group {
				r.done <- err
			}
		}
	}()
	b.Cleanup(func() { close(rows); <-ended })
	return func(person int) (func() error, error) {
		r := row{person, make(chan error, 1)}
		rows <- r
		return func() error { return <-r.done }, nil
	}
}

// inTransaction runs f with the insert in one transaction.
func inTransaction(db *sql.DB, f func(s *sql.Stmt) error) error {
	tx, err := db.Begin()
	if err != nil {
		return err
	}
	s, err := tx.Prepare(insert)
	if err == nil {
		err = f(s)
	}
	if err != nil {
		tx.Rollback()
		return err
	}
	return tx.Commit()
}
