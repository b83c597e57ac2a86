package gateway

import (
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"testing"
	"testing/synctest"
	"time"
)

// drillScene is a gateway before backends that answer after 20 ms.
func drillScene(t *testing.T, n int) (*Gateway, func(method string) int) {
	t.Helper()
	pool := Pool{}
	for i := range n {
		pool.Backends = append(pool.Backends, Backend{URL: fmt.Sprintf("http://192.0.2.%d:80", i+1)})
	}
	g, err := New(t.Context(), Options{Pools: []Pool{pool}, Cache: -1})
	if err != nil {
		t.Fatal(err)
	}
	for _, b := range g.pools[0].all() {
		q := newQueued(100, 20*time.Millisecond)
		q.slots = make(chan struct{}, q.n)
		b.engine.close()
		b.engine = q
	}
	return g, func(method string) int {
		w := httptest.NewRecorder()
		r := httptest.NewRequestWithContext(t.Context(), method, "/", nil)
		r.RemoteAddr = "198.51.100.7:999"
		g.ServeHTTP(w, r)
		return w.Code
	}
}

func TestNobodyFeelsADrill(t *testing.T) {
	for _, fault := range DrillFaults() {
		t.Run(fault, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				g, ask := drillScene(t, 3)
				for range 100 {
					ask(http.MethodGet)
				}
				next := g.pools[0].pick(time.Now(), want{}) // who is asked next
				if err := g.StartDrill(Drill{Backend: next.name, Fault: fault, Share: 1, For: 10 * time.Second}); err != nil {
					t.Fatal(err)
				}
				for i := range 300 {
					method := http.MethodGet
					if i%5 == 0 {
						method = http.MethodPost
					}
					if code := ask(method); code != 200 {
						t.Fatalf("somebody was answered %d", code)
					}
				}
				time.Sleep(10 * time.Second)
				r, ok := g.DrillReport()
				if !ok || r.Felt != 0 || r.Masked == 0 || r.Requests != r.Masked || r.Stopped != "" || r.To.IsZero() || r.Broken < r.Masked {
					t.Errorf("report %+v", r)
				}
				if s := g.State(); s.Masked != r.Masked || len(s.Masks) == 0 || s.Masks[0].What != "drill: "+fault {
					t.Errorf("masked %+v, want the %d of the drill", s.Masks, r.Masked)
				}
				time.Sleep(time.Minute)
			})
		})
	}
}

func TestADrillNeedsAQuietTime(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g, ask := drillScene(t, 2)
		d := Drill{Backend: "192.0.2.1:80", Fault: Refused, Share: 1, For: time.Minute}
		other := g.pools[0].all()[1]
		other.fault(time.Now(), Reset)
		if err := g.StartDrill(d); !errors.Is(err, ErrNotQuiet) {
			t.Errorf("while another had failed: %v", err)
		}
		time.Sleep(quietFor)
		if err := g.StartDrill(d); err != nil {
			t.Fatal(err)
		}
		if err := g.StartDrill(d); !errors.Is(err, ErrNotQuiet) {
			t.Errorf("a second at the same time: %v", err)
		}
		other.engine = newRefusing()
		for ask(http.MethodGet) == 200 { // the other one goes too: somebody feels it
		}
		r, _ := g.DrillReport()
		if r.Felt == 0 || r.Stopped != "somebody felt it" || g.pools[0].all()[0].broken.Load() != nil {
			t.Errorf("report %+v", r)
		}
		if err := g.StartDrill(d); !errors.Is(err, ErrNotQuiet) {
			t.Errorf("just after somebody felt something: %v", err)
		}
		time.Sleep(time.Minute)
	})
	synctest.Test(t, func(t *testing.T) {
		g, _ := drillScene(t, 1)
		if err := g.StartDrill(Drill{Backend: "192.0.2.1:80", Fault: Refused, Share: 1, For: time.Minute}); !errors.Is(err, ErrNotQuiet) {
			t.Errorf("the only one: %v", err)
		}
		if err := g.StartDrill(Drill{Fault: "fire", Share: 50}); err == nil {
			t.Error("nonsense was accepted")
		}
	})
}

func newRefusing() *refusing { return &refusing{} }

// refusing is a backend that is gone.
type refusing struct{ queued }

func (*refusing) ask(*life, *call) (*reply, error) {
	return nil, &trouble{what: Refused, unsent: true, err: errors.New("gone")}
}
