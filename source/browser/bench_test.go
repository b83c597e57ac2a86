package browser

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/honderd/honderd/experience"
)

// BenchmarkDoor takes messages of five items, without a network and without a disk.
func BenchmarkDoor(b *testing.B) {
	d, _ := door(Options{Burst: 1e15})
	d.options.Keep = func(context.Context, *experience.Batch) error { return nil }
	items := strings.Repeat(`{"k":"ask","m":"POST","t":9000,"w":90,"p":"/pay/4711","s":200},`, 5)
	b.ReportAllocs()
	for i := 0; b.Loop(); i++ {
		r := httptest.NewRequestWithContext(b.Context(), http.MethodPost, BeaconPath, strings.NewReader(fmt.Sprintf(`{"id":"m%d","t":10000,"i":[%s]}`, i, items[:len(items)-1])))
		r.Header.Set("Origin", "https://shop.example")
		r.Header.Set("User-Agent", personAgent)
		w := httptest.NewRecorder()
		if d.ServeHTTP(w, r); w.Code != http.StatusNoContent {
			b.Fatal(w.Code)
		}
	}
	b.ReportMetric(5*float64(b.N)/b.Elapsed().Seconds(), "items/s")
}
