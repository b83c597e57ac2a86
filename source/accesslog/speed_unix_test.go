//go:build unix

package accesslog

import (
	"bytes"
	"fmt"
	"math/rand"
	"slices"
	"syscall"
	"testing"
	"time"

	"github.com/honderd/honderd/experience"
	"github.com/honderd/honderd/internal/who"
)

// cpu returns how long processors have worked for this process.
func cpu(tb testing.TB) time.Duration {
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		tb.Fatal(err)
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

// speedLogs are logs of n lines as they are: many people, a few faults.
func speedLogs(n int) map[string][]byte {
	r := rand.New(rand.NewSource(1))
	logs := map[string][]byte{"combined": sampleLog(n)}
	add := func(name string, line func(who, page, status, wait, second int) string) {
		var b bytes.Buffer
		for i := range n {
			status := 200
			if r.Intn(100) == 0 {
				status = 503
			}
			b.WriteString(line(r.Intn(5000), r.Intn(1000), status, r.Intn(900), i/200%60))
			b.WriteByte('\n')
		}
		logs[name] = b.Bytes()
	}
	agent := func(who int) string {
		return fmt.Sprintf("Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/%d.0.0.0 Safari/537.36", 100+who%40)
	}
	add("haproxy", func(who, page, status, wait, second int) string {
		return fmt.Sprintf(`%d.%d.2.7:%d [23/Nov/2026:20:01:%02d.459] https-in~ shop/web%d 0/0/1/%d/%d %d %d - - ---- 41/39/2/1/0 0/0 "GET /shop/%d HTTP/1.1"`,
			20+who%200, who/20, 30000+page, second, page%4, wait, wait+1, status, 138*page, page)
	})
	add("caddy", func(who, page, status, wait, second int) string {
		return fmt.Sprintf(`{"level":"info","ts":17954640%02d.76,"logger":"http.log.access.log0","msg":"handled request","request":{"remote_ip":"%d.%d.2.7","remote_port":"4711","client_ip":"%d.%d.2.7","proto":"HTTP/2.0","method":"GET","host":"shop.example","uri":"/shop/%d","headers":{"User-Agent":["%s"],"Accept":["*/*"]},"tls":{"resumed":false,"version":772,"cipher_suite":4865,"proto":"h2","server_name":"shop.example"}},"bytes_read":0,"user_id":"","duration":0.%03d,"size":%d,"status":%d,"resp_headers":{"Server":["Caddy"],"Content-Type":["text/html"]}}`,
			10+second, 20+who%200, who/20, 20+who%200, who/20, page, agent(who), wait, page*100, status)
	})
	add("traefik-json", func(who, page, status, wait, second int) string {
		return fmt.Sprintf(`{"ClientAddr":"%d.%d.2.7:4711","ClientHost":"%d.%d.2.7","ClientPort":"4711","ClientUsername":"-","DownstreamContentSize":%d,"DownstreamStatus":%d,"Duration":%d000000,"OriginContentSize":2,"OriginDuration":230000,"OriginStatus":%d,"Overhead":12345,"RequestAddr":"shop.example","RequestContentSize":0,"RequestCount":17,"RequestHost":"shop.example","RequestMethod":"GET","RequestPath":"/shop/%d","RequestPort":"-","RequestProtocol":"HTTP/1.1","RequestScheme":"https","RetryAttempts":0,"RouterName":"shop@docker","ServiceAddr":"10.0.2.2:80","ServiceName":"shop@docker","StartLocal":"2026-11-23T20:01:%02d.3Z","StartUTC":"2026-11-23T20:01:%02d.3Z","entryPointName":"web","level":"info","msg":"","time":"2026-11-23T20:01:%02dZ"}`,
			20+who%200, who/20, 20+who%200, who/20, page, status, wait, status, page, second, second, second)
	})
	add("json", func(who, page, status, wait, second int) string {
		return fmt.Sprintf(`{"time_iso8601":"2026-11-23T20:01:%02d+00:00","remote_addr":"%d.%d.2.7","request":"GET /shop/%d HTTP/1.1","status":"%d","body_bytes_sent":"512","request_time":"0.%03d","http_referer":"https://shop.example/","http_user_agent":"%s","upstream_addr":"10.0.2.2:80","upstream_status":"%d"}`,
			second, 20+who%200, who/20, page, status, wait, agent(who), status)
	})
	return logs
}

// BenchmarkSpeed says how many megabytes one core parses in a second: of its own time, which
// other work on the machine does not change except for the caches; and at best, when each
// part of the log is taken as it was when nothing disturbed it. "plain" is what no parser
// can beat: it finds the lines and copies them.
func BenchmarkSpeed(b *testing.B) {
	logs := speedLogs(20_000)
	for _, name := range []string{"combined", "haproxy", "caddy", "traefik-json", "json"} {
		b.Run(name, func(b *testing.B) {
			log := logs[name]
			p := mustParser(b, Options{Rules: experience.DefaultRules(), Salts: who.Fixed([]byte("s"))})
			g, err := p.Detect(log[:64<<10])
			if err != nil || g.name != name {
				b.Fatal(g, err)
			}
			w := p.NewWorker(g)
			var batch experience.Batch
			measureSpeed(b, log, func(part []byte) {
				for len(part) > 0 {
					batch.Reset()
					part = w.Parse(part, &batch)
				}
			})
		})
	}
	b.Run("plain", func(b *testing.B) {
		to := make([]byte, 64<<10)
		measureSpeed(b, logs["combined"], func(part []byte) {
			for len(part) > 0 {
				n := bytes.IndexByte(part, '\n') + 1
				copy(to, part[:n])
				part = part[n:]
			}
		})
	})
}

// measureSpeed reads log part by part, again and again.
func measureSpeed(b *testing.B, log []byte, read func(part []byte)) {
	var parts [][]byte
	const size = 128 << 10
	for rest := log; len(rest) > 0; {
		n := len(rest)
		if n > size {
			n = bytes.LastIndexByte(rest[:size], '\n') + 1
		}
		parts, rest = append(parts, rest[:n]), rest[n:]
	}
	best := slices.Repeat([]time.Duration{time.Hour}, len(parts))
	b.SetBytes(int64(len(log)))
	began := cpu(b)
	for b.Loop() {
		for i, part := range parts {
			start := time.Now()
			read(part)
			best[i] = min(best[i], time.Since(start))
		}
	}
	took := cpu(b) - began
	var sum time.Duration
	for _, d := range best {
		sum += d
	}
	b.ReportMetric(float64(len(log))*float64(b.N)/1e6/took.Seconds(), "MB/core-s")
	b.ReportMetric(float64(len(log))/1e6/sum.Seconds(), "MB/s-best")
	b.ReportMetric(float64(sum.Nanoseconds())/20_000, "ns/line-best")
}
