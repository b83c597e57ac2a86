package accesslog

import (
	"bytes"
	"context"
	"io"
	"log/slog"
	"strings"
	"testing"

	"github.com/honderd/honderd/experience"
)

func TestAStreamIsReadAsItComes(t *testing.T) {
	out, in := io.Pipe()
	s := NewStream(mustParser(t, Options{Rules: experience.DefaultRules()}), out, slog.New(slog.DiscardHandler))
	came := make(chan int)
	ended := make(chan error, 1)
	positions := map[string]bool{}
	go func() {
		ended <- s.Run(t.Context(), "", func(_ context.Context, b *experience.Batch) error {
			if positions[b.Position] {
				t.Errorf("two batches at %s", b.Position)
			}
			positions[b.Position] = true
			came <- len(b.Items)
			return nil
		})
	}()
	for range 3 { // each line is there before the next is written
		if _, err := in.Write([]byte(combined("GET /basket HTTP/1.1", "200") + "\n")); err != nil {
			t.Fatal(err)
		}
		if n := <-came; n != 1 {
			t.Fatalf("%d experiences of one line", n)
		}
	}
	many := bytes.Repeat([]byte(combined("GET /basket HTTP/1.1", "200")+"\n"), 50_000)
	go func() {
		_, _ = in.Write(many)
		_, _ = in.Write([]byte(strings.Repeat("x", 3*maxLine) + "\n" + combined("GET /basket HTTP/1.1", "503"))) // no end
		_ = in.Close()
	}()
	total := 0
	for {
		select {
		case n := <-came:
			total += n
			continue
		case err := <-ended:
			if err != nil || total != 50_001 {
				t.Errorf("%d experiences, %v", total, err)
			}
		}
		return
	}
}
