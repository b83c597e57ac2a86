package web

import (
	"context"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"
)

func TestStreamIsCalm(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithTimeout(t.Context(), 31*time.Second)
		defer cancel()
		changes := make(chan struct{}, 1)
		var busy sync.WaitGroup
		busy.Go(func() {
			for ctx.Err() == nil {
				select {
				case changes <- struct{}{}:
				default: // the page is told already
				}
				time.Sleep(100 * time.Millisecond)
			}
		})
		defer busy.Wait()
		h := showing(someone(), func(o *Options) { o.Notify = func(context.Context) <-chan struct{} { return changes } })
		r := httptest.NewRequest(http.MethodGet, "/live", nil).WithContext(ctx)
		r.Host = "localhost"
		w := httptest.NewRecorder()
		h.ServeHTTP(w, r)
		if n := strings.Count(w.Body.String(), "event: changed"); n < 14 || n > 16 {
			t.Errorf("%d changes told in 31 s, want one in 2 s", n)
		}
		if n := strings.Count(w.Body.String(), ": here"); n != 2 {
			t.Errorf("%d heartbeats in 31 s, want 2", n)
		}
	})
}

func TestStreamWithoutNewsStaysOpen(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
		defer cancel()
		start := time.Now()
		r := httptest.NewRequest(http.MethodGet, "/live", nil).WithContext(ctx)
		r.Host = "localhost"
		showing(someone(), nil).ServeHTTP(httptest.NewRecorder(), r)
		if got := time.Since(start); got != time.Minute {
			t.Errorf("stream ended after %v", got)
		}
	})
}
