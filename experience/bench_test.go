package experience

import "testing"

func BenchmarkBlock(b *testing.B) {
	one := &Batch{Journeys: []string{"/a", "/b", "/c"}, Steps: []string{""}}
	for i := range MaxBatch {
		one.Items = append(one.Items, Experience{Person: Person(uint64(i) * 0x9e3779b97f4a7c15), At: 1_795_464_069_000 + int64(i)*3/2, Wait: 80, Journey: uint16(i % 3)})
	}
	p, err := one.AppendBinary(nil)
	if err != nil {
		b.Fatal(err)
	}
	report := func(b *testing.B) {
		b.ReportMetric(float64(b.N)*MaxBatch/b.Elapsed().Seconds()/1e6, "M/s")
	}
	b.Run("decode", func(b *testing.B) {
		var two Batch
		for b.Loop() {
			if err := two.UnmarshalBinary(p); err != nil {
				b.Fatal(err)
			}
		}
		report(b)
	})
	b.Run("encode", func(b *testing.B) {
		for b.Loop() {
			if p, err = one.AppendBinary(p[:0]); err != nil {
				b.Fatal(err)
			}
		}
		report(b)
	})
}
