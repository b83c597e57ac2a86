package browser

import (
	"crypto/sha256"
	"encoding/base64"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"

	"github.com/honderd/honderd/experience"
	"github.com/honderd/honderd/internal/who"
)

// The site dies, and the browser itself reports it to a collector that lives on.
func TestARealBrowserReportsANetworkError(t *testing.T) {
	k := &kept{}
	d := New(Options{Keep: k.keep, Rules: testRules(), Salts: who.Fixed([]byte("salt")), Origins: []string{"https://shop.example", "https://*.shop.example"}, Key: "shop"})
	collector := httptest.NewTLSServer(d)
	defer collector.Close()
	to, err := url.Parse(collector.URL)
	if err != nil {
		t.Fatal(err)
	}
	shop := httptest.NewTLSServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Report-To", fmt.Sprintf(`{"group":"honderd","max_age":86400,"endpoints":[{"url":"https://collector.example:%s/nel?key=shop"}]}`, to.Port()))
		w.Header().Set("NEL", `{"report_to":"honderd","max_age":86400,"failure_fraction":1.0}`)
		w.Header().Set("Content-Type", "text/html")
		_, _ = io.WriteString(w, "<!doctype html><title>Shop</title>")
	}))
	defer shop.Close()
	at, err := url.Parse(shop.URL)
	if err != nil {
		t.Fatal(err)
	}
	d.origins = append(d.origins, parseOrigin("https://shop.example:"+at.Port()))
	key := sha256.Sum256(shop.Certificate().RawSubjectPublicKeyInfo)
	c := openChromium(t, "--host-resolver-rules=MAP *.example 127.0.0.1", "--ignore-certificate-errors-spki-list="+base64.StdEncoding.EncodeToString(key[:]))
	b := c.open("")
	b.call(b.session, "Page.navigate", object{"url": "https://shop.example:" + at.Port() + "/"}, nil)
	b.until("document.title == 'Shop'")
	shop.Close()
	b.call(b.session, "Page.navigate", object{"url": "https://shop.example:" + at.Port() + "/pay/4711?card=1234"}, nil)
	v := k.wait(t, "a report", is(experience.Unreachable, "/pay", "GET /pay/:id"))
	if n := d.Counts(); strings.Contains(v.step, "card") || n.Reports["network: tcp.refused"] == 0 || len(n.Refused) > 0 {
		t.Errorf("%v %+v", v, n)
	}
}
