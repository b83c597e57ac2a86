package main

import (
	"fmt"
	"io"
	"strings"
	"sync"
	"time"
)

// progress draws on a terminal how much has been read; elsewhere it says nothing.
type progress struct {
	w     io.Writer
	verb  string // what is being done
	unit  string // what a million of it is called
	mu    sync.Mutex
	start time.Time
	drawn time.Time
}

// Limits of drawing: what is done sooner than patience shows nothing.
const (
	progressPatience = 400 * time.Millisecond
	progressEvery    = 100 * time.Millisecond
	progressWidth    = 30
)

func newProgress(w io.Writer) *progress {
	p := &progress{verb: "reading", unit: "MB", start: time.Now()}
	if isTerminal(w) {
		p.w = w
	}
	return p
}

// tell draws how much of total, in a millionth of the unit, was done; total 0 is not known.
func (p *progress) tell(read, total int64) {
	p.mu.Lock()
	defer p.mu.Unlock()
	now := time.Now()
	if p.w == nil || now.Sub(p.start) < progressPatience || now.Sub(p.drawn) < progressEvery {
		return
	}
	p.drawn = now
	speed := float64(read) / now.Sub(p.start).Seconds()
	if total <= 0 {
		fmt.Fprintf(p.w, "\r\x1b[K%s %.1f %s, %.1f %s/s", p.verb, float64(read)/1e6, p.unit, speed/1e6, p.unit)
		return
	}
	share := min(1, float64(read)/float64(total))
	full := int(share * progressWidth)
	left := time.Duration(float64(total-read) / speed * float64(time.Second)).Round(time.Second)
	fmt.Fprintf(p.w, "\r\x1b[K%s %s%s %3.0f%%  %.1f %s/s  %v left", p.verb,
		strings.Repeat("█", full), strings.Repeat("░", progressWidth-full), share*100, speed/1e6, p.unit, left)
}

// done wipes what was drawn.
func (p *progress) done() {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.w != nil && !p.drawn.IsZero() {
		fmt.Fprint(p.w, "\r\x1b[K")
	}
}
