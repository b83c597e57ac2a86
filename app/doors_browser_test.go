package app

import (
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/honderd/honderd/config"
	"github.com/honderd/honderd/source/browser"
)

// tell sends a body as a page of base does, and returns the status.
func tell(tb testing.TB, client *http.Client, base, path, body string) int {
	tb.Helper()
	r, err := http.NewRequest(http.MethodPost, base+path, strings.NewReader(body))
	if err != nil {
		tb.Fatal(err)
	}
	r.Header.Set("Origin", base)
	r.Header.Set("User-Agent", "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 Chrome/156.0.0.0 Safari/537.36")
	answer, err := client.Do(r)
	if err != nil {
		tb.Fatal(err)
	}
	_, _ = io.Copy(io.Discard, answer.Body)
	_ = answer.Body.Close()
	return answer.StatusCode
}

// Nothing that a page sends is ever on ours as it came: scripts in each field, in each
// message that there is.
func TestWhatBrowsersTellIsNeverRendered(t *testing.T) {
	c := config.Default()
	c.Listen, c.Data = "127.0.0.1:0", t.TempDir()
	c.By, c.Labels = []string{"step", "region"}, []config.Label{{Name: "region", Field: "field:region"}}
	c.Receive.OTLP.GRPC, c.Receive.OTLP.HTTP = config.Off, config.Off
	base, stop := running(t, c)
	defer stop()
	const evil = `\"><script>alert(1)</script><img src=x onerror=alert(1)>`
	at := time.Now().UnixMilli()
	item := `{"k":"ask","t":%d,"w":9,"m":"` + evil + `","p":"/` + evil + `","n":"` + evil + `","j":"` + evil + `","f":"net"}`
	plain := `{"k":"ask","t":%d,"w":9,"m":"` + evil + `","p":"/a` + evil + `/b","f":"net"}`
	for i := range 8 { // so many people that they are shown
		m := fmt.Sprintf(`{"id":"`+evil+`%d","k":"`+evil+`","u":"`+evil+`%d","l":"region=`+evil+`","t":%d,"i":[`+item+`,`+plain+`,"`+evil+`"]}`, i, i, at, at, at)
		if status := tell(t, http.DefaultClient, base, browser.BeaconPath, m); status != http.StatusNoContent {
			t.Fatal(status)
		}
	}
	host := strings.TrimPrefix(base, "http://")
	report := `[{"age":1,"type":"network-error","url":"http://` + host + `/` + evil + `","user_agent":"` + evil + `","body":{"type":"tcp.refused","method":"` + evil + `"}},{"type":"` + evil + `","url":"` + evil + `"}]`
	if status := tell(t, http.DefaultClient, base, browser.ReportsPath, report); status != http.StatusNoContent {
		t.Fatal(status)
	}
	faro := `{"meta":{"user":{"id":"` + evil + `"},"page":{"url":"http://` + host + `/` + evil + `"},"view":{"name":"` + evil + `"}},"exceptions":[{"type":"` + evil + `","value":"` + evil + `"}],"events":[{"name":"` + evil + `"}]}`
	if status := tell(t, http.DefaultClient, base, browser.FaroPath, faro); status != http.StatusAccepted {
		t.Fatal(status)
	}
	requestsSeen(t, base, 18)
	for _, path := range []string{"/", "/?fragment=1", "/?lang=nl", "/status", "/incidents"} {
		_, page := get(t, base+path)
		if strings.Contains(page, "<script>alert") || strings.Contains(page, "<img src=x") {
			t.Errorf("%s shows what a browser told as it came", path)
		}
		if path == "/" && !strings.Contains(page, "alert(1)") {
			t.Error("the dashboard does not show the step at all: the test tests nothing")
		}
	}
}

// BenchmarkBeacons sends messages of one item, from 240 connections at once, to a whole
// server: durable and folded.
func BenchmarkBeacons(b *testing.B) {
	c := config.Default()
	c.Listen, c.Data = "127.0.0.1:0", b.TempDir()
	c.Receive.OTLP.GRPC, c.Receive.OTLP.HTTP = config.Off, config.Off
	base, stop := running(b, c)
	defer stop()
	client := &http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: 256}}
	work, failed := make(chan int), make(chan int, 256)
	b.ResetTimer()
	for range 240 {
		go func() {
			bad := 0
			for i := range work {
				body := fmt.Sprintf(`{"id":"m%d","t":1795464069760,"i":[{"k":"view","t":1795464069000,"w":850,"p":"/shop/%d"}]}`, i, i)
				if tellFrom(client, base, i, body) != http.StatusNoContent {
					bad++
				}
			}
			failed <- bad
		}()
	}
	for i := range b.N {
		work <- i
	}
	close(work)
	bad := 0
	for range 240 {
		bad += <-failed
	}
	b.StopTimer()
	if bad > 0 {
		b.Fatalf("%d of %d were not taken", bad, b.N)
	}
	b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "beacons/s")
}

// tellFrom sends a message on behalf of one of many people behind a proxy on this machine.
func tellFrom(client *http.Client, base string, person int, body string) int {
	r, err := http.NewRequest(http.MethodPost, base+browser.BeaconPath, strings.NewReader(body))
	if err != nil {
		return 0
	}
	r.Header.Set("Origin", base)
	r.Header.Set("X-Forwarded-For", fmt.Sprintf("203.0.%d.%d", person>>8&255, person&255))
	r.Header.Set("User-Agent", "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 Chrome/156.0.0.0 Safari/537.36")
	answer, err := client.Do(r)
	if err != nil {
		return 0
	}
	_, _ = io.Copy(io.Discard, answer.Body)
	_ = answer.Body.Close()
	return answer.StatusCode
}
