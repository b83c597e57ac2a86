package ledger_test

import (
	"database/sql"
	"testing"

	"github.com/honderd/honderd/experience"
	"github.com/honderd/honderd/ledger/jetstream"
)

// inBlock is how many experiences a block has.
const inBlock = 10_000

// BenchmarkBlocks keeps large blocks one after the other, each durable before the next:
// encoded as a record of the ledger, and as rows of one transaction.
func BenchmarkBlocks(b *testing.B) {
	report := func(b *testing.B) {
		b.ReportMetric(float64(b.N)*inBlock/b.Elapsed().Seconds()/1e6, "M/s")
	}
	b.Run("honderd", func(b *testing.B) {
		l, err := jetstream.Open(b.Context(), jetstream.Options{Dir: b.TempDir()})
		if err != nil {
			b.Fatal(err)
		}
		defer l.Close()
		one := experience.Batch{Source: "bench", Journeys: []string{"buy"}, Steps: []string{""}, Labels: [][]experience.Label{nil}, Items: make([]experience.Experience, inBlock)}
		var data []byte
		for n := 0; b.Loop(); n++ {
			for i := range one.Items {
				one.Items[i] = experience.Experience{Person: experience.Person(n*inBlock + i + 1), At: 1_742_000_000_000 + int64(n*inBlock+i), Wait: 80}
			}
			if data, err = one.AppendBinary(data[:0]); err != nil {
				b.Fatal(err)
			}
			if _, err := l.Append(b.Context(), "experience", "", data); err != nil {
				b.Fatal(err)
			}
		}
		report(b)
	})
	b.Run("sqlite", func(b *testing.B) {
		db := open(b)
		for n := 0; b.Loop(); n++ {
			err := inTransaction(db, func(s *sql.Stmt) error {
				for i := range inBlock {
					if _, err := s.Exec(n*inBlock+i, 1_742_000_000_000+int64(n*inBlock+i), 80, "buy"); err != nil {
						return err
					}
				}
				return nil
			})
			if err != nil {
				b.Fatal(err)
			}
		}
		report(b)
	})
}
