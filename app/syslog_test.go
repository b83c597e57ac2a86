package app

import (
	"fmt"
	"net"
	"path/filepath"
	"testing"
	"time"

	"github.com/honderd/honderd/config"
)

func TestWhatServersSendOverSyslogIsCounted(t *testing.T) {
	c := config.Default()
	socket := filepath.Join(t.TempDir(), "log")
	c.Data, c.Listen, c.Archive.Where = t.TempDir(), "127.0.0.1:0", config.Off
	c.Receive.OTLP = config.OTLP{GRPC: config.Off, HTTP: config.Off}
	c.Receive.Syslog.Listen = []string{"unixgram://" + socket}
	base, stop := running(t, c)
	defer stop()
	conn, err := net.Dial("unixgram", socket)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = conn.Close() }()
	now := time.Now().UTC().Format("02/Jan/2006:15:04:05.000")
	for n := range 10 {
		if _, err := fmt.Fprintf(conn, `<134>Nov 23 20:01:09 lb haproxy[12]: 203.0.113.%d:57132 [%s] f b/good 0/0/1/0/31 200 138 - - ---- 1/1/0/0/0 0/0 "GET /basket HTTP/1.1"`, n, now); err != nil {
			t.Fatal(err)
		}
	}
	requestsSeen(t, base, 10)
}
