package web

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/honderd/honderd/view"
)

func gatewayPage(t *testing.T, path string, g view.Gateway, a view.Answer) string {
	t.Helper()
	h := New(Options{
		Answers: func() (view.Answer, time.Time) { return a, time.Unix(1767225600, 0) },
		Gateway: func() view.Gateway { return g },
	})
	r := httptest.NewRequest(http.MethodGet, path, nil)
	r.Host = "localhost"
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	if w.Code != http.StatusOK {
		t.Fatalf("%s: %d %s", path, w.Code, w.Body)
	}
	return w.Body.String()
}

func TestTheGatewayShowsItsBackends(t *testing.T) {
	at, room := time.Unix(1767225600, 0), 79
	evil := `"><script>alert(1)</script>`
	g := view.Gateway{
		AsOf: at, Requests: 1000, Attempts: 1040, Masked: 40, Felt: 2, CostMS: 9000,
		Backends: []view.GatewayBackend{
			{Pool: "shop", Name: "10.0.0.1:80", Owner: "team shop", State: "ill", Score: 1.5, Faults: 42, Recent: []view.GatewayFault{{What: "server error", At: at}}},
			{Pool: evil, Name: evil, Owner: evil, State: "well", Room: &room},
		},
		Certificates: []view.GatewayCertificate{{Domain: evil, Until: &at, Says: evil}}, Refused: []view.Count{{What: evil, Count: 3}}, Troubles: []string{evil},
	}
	for _, path := range []string{"/gateway", "/gateway?lang=nl", "/gateway?fragment=1"} {
		page := gatewayPage(t, path, g, view.Answer{})
		if strings.Contains(page, "<script>alert") {
			t.Errorf("%s shows a name as it came", path)
		}
	}
	page := gatewayPage(t, "/gateway", g, view.Answer{})
	for _, want := range []string{"The gateway hid 40 faults. 2 were felt.", "1.04 attempts for each", "team shop", "left alone for a moment", ">79<", "never full", "server error"} {
		if !strings.Contains(page, want) {
			t.Errorf("the page does not say %q", want)
		}
	}
}

func TestFaultsHaveAnOwnerAndATrend(t *testing.T) {
	a := view.Answer{}
	a.People.Active = 3
	a.Masked.Faults = 90
	a.Masked.ByBackend = []view.MaskedBackend{{Backend: "10.0.0.1:80", Masked: 90, Week: 80, Before: 10}}
	g := view.Gateway{Backends: []view.GatewayBackend{{Name: "10.0.0.1:80", Owner: "team shop"}}}
	page := gatewayPage(t, "/faults", g, a)
	if !strings.Contains(page, "team shop") || !strings.Contains(page, `data-hurt>80 <small>last week 10</small>`) {
		t.Error("the page says neither whose it is nor that it grows")
	}
}
