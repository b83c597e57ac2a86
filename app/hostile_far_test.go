package app

import (
	"encoding/binary"
	"fmt"
	"math"
	"net"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/honderd/honderd/config"
	"github.com/honderd/honderd/service"
	"github.com/honderd/honderd/source/probe"
	"github.com/honderd/honderd/source/remotewrite"
)

// hostileWords are names with what is hostile in them: none breaks off where a form of names
// would cut it.
func hostileWords(of string) string { return of + strings.ToValidUTF8(evilPath, "?") }

// hostileConfig lets all that is named and heard be hostile: services, their owners and
// vendors, probes, vantage points, messages of syslog, and what people say. It
// returns where syslog listens.
func hostileConfig(t *testing.T, c *config.Config) (socket string) {
	t.Helper()
	socket = filepath.Join(t.TempDir(), "log")
	c.Receive.Syslog.Listen = []string{"unixgram://" + socket}
	people := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		e := inJSON(hostileWords("storing: shop ligt eruit "))
		if strings.HasSuffix(r.URL.Path, "/rss") {
			fmt.Fprintf(w, `<rss version="2.0"><channel><title>x</title><item><guid>%[1]s</guid><title>%[1]s</title><description><![CDATA[shop %[2]s]]></description><pubDate>%[3]s</pubDate></item></channel></rss>`,
				strings.NewReplacer("&", "&amp;", "<", "&lt;", ">", "&gt;", "\x1b", "", "\x07", "").Replace(hostileWords("shop ")), strings.NewReplacer("\x1b", "", "\x07", "").Replace(hostileWords("")), time.Now().Format(time.RFC1123Z))
			return
		}
		fmt.Fprintf(w, `[{"id":"1","created_at":%q,"content":%[2]s,"uri":%[2]s,"in_reply_to_id":%[2]s,"account":{"acct":%[2]s}}]`, time.Now().UTC().Format(time.RFC3339), e)
	}))
	t.Cleanup(people.Close)
	c.Mentions = config.Mentions{Words: []string{"shop"}, Mastodon: []string{people.URL + "/tags/shop"}, Feeds: []string{people.URL + "/rss"}}
	c.Services = []config.Service{
		{Name: service.Name(hostileWords("service ")), Owner: hostileWords("team "), Contact: hostileWords("call "), Vendor: hostileWords("vendor "), Needs: []string{service.Name(hostileWords("needed "))}, Links: []string{evilURL, hostileWords("https://")}},
		{Name: "stock", Owner: hostileWords("team "), Needs: []string{service.Name(hostileWords("service "))}},
	}
	c.Probes = probe.Settings{
		Every: time.Second, Vantages: []probe.Vantage{{Name: "<xmark xattr=1>", Key: firstKey}},
		Targets: []probe.Setting{{Name: hostileWords("probe "), TCP: "127.0.0.1:1"}, {Name: hostileWords("page "), URL: people.URL, Expect: []string{"body contains " + hostileWords("")}}},
	}
	return socket
}

// field appends a field of protobuf that is a message or a text.
func field(p []byte, number uint64, body []byte) []byte {
	p = binary.AppendUvarint(p, number<<3|2)
	p = binary.AppendUvarint(p, uint64(len(body)))
	return append(p, body...)
}

// tellHostileFar sends what is hostile through the doors that are not of HTTP and JSON.
func tellHostileFar(t *testing.T, base, socket string) {
	t.Helper()
	conn, err := net.Dial("unixgram", socket)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	for n := range 8 {
		for line := range strings.SplitSeq(string(hostileLines(n+20)), "\n") {
			_, _ = fmt.Fprintf(conn, "<134>1 %s <xmark> %s - - - %s", time.Now().UTC().Format(time.RFC3339), strings.ReplaceAll(evilTags, " ", ""), line[:min(len(line), 8000)])
		}
	}
	// A certificate that ends soon, told by remote-write, version 1.
	var series []byte
	for _, l := range [][2]string{{"__name__", "x509_cert_not_after"}, {"instance", hostileWords("")}, {"subject_CN", hostileWords("cn ")}, {"job", hostileWords("job ")}, {"<xmark>", hostileWords("")}} {
		series = field(series, 1, field(field(nil, 1, []byte(l[0])), 2, []byte(l[1])))
	}
	sample := binary.LittleEndian.AppendUint64([]byte{1<<3 | 1}, math.Float64bits(float64(time.Now().Add(day).Unix())))
	sample = binary.AppendUvarint(append(sample, 2<<3), uint64(time.Now().UnixMilli()))
	body := field(nil, 1, field(series, 2, sample))
	packed := binary.AppendUvarint(nil, uint64(len(body)))
	for len(body) > 0 { // snappy: pieces that are not packed
		n := min(len(body), 60)
		packed = append(append(packed, byte(n-1)<<2), body[:n]...)
		body = body[n:]
	}
	r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, base+remotewrite.Path, strings.NewReader(string(packed)))
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Content-Type", "application/x-protobuf")
	r.Header.Set("Content-Encoding", "snappy")
	r.Header.Set("User-Agent", "<xmark/xattr=1>")
	w, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	if _ = w.Body.Close(); w.StatusCode != http.StatusNoContent {
		t.Errorf("remote-write: %s", w.Status)
	}
}

// hostileIsKnown wants what came through each of the doors to be told by something.
func hostileIsKnown(t *testing.T, base string) {
	t.Helper()
	for _, one := range []struct{ path, has string }{
		{"/", "hostile()"}, {"/api/v1/world", "hostile()"}, {"/chain", "xmark"}, {"/api/v1/catalog", "team "}, {"/api/v1/warnings", "xmark"},
		{"/api/v1/probes", "probe "}, {"/probes", "xmark"}, {"/api/v1/world", "mastodon"}, {"/api/v1/world", `"feed"`},
	} {
		eventually(t, one.path+" tells of "+one.has, func() bool {
			_, text := get(t, base+one.path)
			return strings.Contains(text, one.has)
		})
	}
}
