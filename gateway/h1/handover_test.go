package h1

import (
	"context"
	"io"
	"net"
	"net/http"
	"sync"
	"sync/atomic"
	"testing"
	"time"
)

// TestNobodyNoticesThatAServerTakesOver moves a listener from one server to the next,
// again and again, while people ask on connections old and new.
func TestNobodyNoticesThatAServerTakesOver(t *testing.T) {
	l, err := new(net.ListenConfig).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	address := l.Addr().String()
	start := func(l net.Listener) *Server {
		s := NewServer(http.HandlerFunc(echo), Options{})
		go func() { _ = s.Serve(l) }()
		return s
	}
	server := start(l)
	ctx, stop := context.WithCancel(t.Context())
	var asked, failed atomic.Int64
	var people sync.WaitGroup
	for i := range 8 {
		people.Go(func() {
			client := &http.Client{Transport: &http.Transport{DisableKeepAlives: i%2 == 0}}
			defer client.CloseIdleConnections()
			for ctx.Err() == nil {
				resp, err := client.Post("http://"+address+"/", "text/plain", http.NoBody)
				asked.Add(1)
				if err != nil {
					failed.Add(1)
					continue
				}
				if _, err := io.Copy(io.Discard, resp.Body); err != nil || resp.StatusCode != http.StatusOK {
					failed.Add(1)
				}
				_ = resp.Body.Close()
			}
		})
	}
	tick := time.NewTicker(time.Millisecond)
	defer tick.Stop()
	for range 5 {
		for from := asked.Load(); asked.Load() < from+100; {
			<-tick.C
		}
		file, err := l.(*net.TCPListener).File()
		if err != nil {
			t.Fatal(err)
		}
		next, err := net.FileListener(file)
		if err != nil {
			t.Fatal(err)
		}
		_ = file.Close()
		after := start(next)
		end, cancel := context.WithTimeout(context.Background(), 10*time.Second)
		if err := server.Shutdown(end); err != nil {
			t.Error(err)
		}
		cancel()
		server, l = after, next
	}
	stop()
	people.Wait()
	end, cancel := context.WithTimeout(context.Background(), 10*time.Second)
	defer cancel()
	_ = server.Shutdown(end)
	if failed.Load() > 0 || asked.Load() < 100 {
		t.Errorf("%d of %d requests failed", failed.Load(), asked.Load())
	}
}
