package accesslog

import (
	"fmt"
	"testing"
)

func TestALogSaysWhichServersFailed(t *testing.T) {
	const format = `$remote_addr [$time_local] "$request" $status "$upstream_addr" "$upstream_status" $request_time "$http_user_agent"`
	tests := []struct {
		name, addr, statuses string
		status               int
		want                 string
	}{
		{"nothing failed", "10.0.0.1:80", "200", 200, "[]"},
		{"the next one answered", "10.0.0.1:80, 10.0.0.2:80", "502, 200", 200, "[{backend 10.0.0.1:80} {fault no answer}]"},
		{"two failed", "10.0.0.1:80, 10.0.0.2:80, 10.0.0.3:80", "504, 500, 200", 200, "[{backend 10.0.0.1:80,10.0.0.2:80} {fault silent,server error}]"},
		{"felt", "10.0.0.1:80", "502", 502, "[{backend 10.0.0.1:80} {fault no answer}]"},
		{"a socket", "unix:/run/shop.sock, 10.0.0.2:80", "502, 200", 200, "[{backend unix:/run/shop.sock} {fault no answer}]"},
		{"one address for two", "10.0.0.1:80", "502, 200", 200, "[{backend 10.0.0.1:80} {fault no answer}]"},
		{"of nobody", "-", "-", 499, "[]"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			line := fmt.Sprintf("192.0.2.1 [23/Nov/2026:20:01:09 +0000] \"GET /a HTTP/1.1\" %d %q %q 0.1 \"Mozilla/5.0 (X11) Chrome/140\"", tt.status, tt.addr, tt.statuses)
			b := parse(t, Options{Format: format}, line)
			if len(b.Items) != 1 {
				t.Fatalf("%d items, rejects %v", len(b.Items), b.Tally.Rejects)
			}
			if got := fmt.Sprint(b.Labels[b.Items[0].Labels]); got != tt.want {
				t.Errorf("labels %s, want %s", got, tt.want)
			}
		})
	}
}
