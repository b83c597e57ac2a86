package main

import (
	"bufio"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"time"
)

// origin is a server behind the proxy, from outside: its process, what it was told, and
// when it could have answered well.
type origin struct {
	conf
	counters
	wire  *wire // what stands before it; nil: nothing
	lives *timeline
	table *slotTable

	mu   sync.Mutex
	cmd  *exec.Cmd // nil: it is gone
	next *exec.Cmd // it waits for being told to listen
	in   io.WriteCloser
	out  *bufio.Scanner
	acks chan int
	over chan struct{} // the process has ended
	told int
	lost int64 // what was on its way when it was killed and may not be asked twice
}

func newOrigin(c conf, dir string) (*origin, error) {
	c.Counters = filepath.Join(dir, fmt.Sprintf("origin-%d-%s", c.ID, portOf(c.Addr)))
	n, err := openCounters(c.Counters)
	if err != nil {
		return nil, err
	}
	return &origin{conf: c, counters: n, lives: newTimeline()}, nil
}

// addr is where the proxy finds it.
func (o *origin) addr() string {
	if o.wire != nil {
		return o.wire.addr()
	}
	return o.Addr
}

// ready starts the process, which listens when up is called: so that how long a server is
// gone does not hang on how long a busy machine takes to start it.
func (o *origin) ready() error {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.cmd != nil || o.next != nil {
		return nil
	}
	o.Life++
	c := o.conf
	c.Waits = true
	text, err := json.Marshal(c)
	if err != nil {
		return err
	}
	self, err := os.Executable()
	if err != nil {
		return err
	}
	cmd := exec.Command(self, serverWord, string(text)) //nolint:gosec,noctx // it is this program
	cmd.Stderr = os.Stderr
	if o.in, err = cmd.StdinPipe(); err != nil {
		return err
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		return err
	}
	if err := cmd.Start(); err != nil {
		return err
	}
	o.next, o.out = cmd, bufio.NewScanner(out)
	return nil
}

// up lets the process listen, and starts it if it was not made ready.
func (o *origin) up() error {
	if err := o.ready(); err != nil {
		return err
	}
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.cmd != nil {
		return nil
	}
	cmd := o.next
	o.next = nil
	_, _ = o.in.Write([]byte("now\n"))
	if !o.out.Scan() || o.out.Text() != "up" {
		_ = cmd.Process.Kill()
		_ = cmd.Wait()
		return fmt.Errorf("server %d does not come up at %s", o.ID, o.Addr)
	}
	o.cmd, o.acks, o.over = cmd, make(chan int, 64), make(chan struct{})
	go listen(o.out, cmd, o.acks, o.over)
	o.mark()
	return nil
}

// drop ends a process that was made ready and not used.
func (o *origin) drop() {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.next != nil {
		_ = o.next.Process.Kill()
		_ = o.next.Wait()
		o.next = nil
	}
}

// listen hears what the process says, until it ends.
func listen(sc *bufio.Scanner, cmd *exec.Cmd, acks chan<- int, over chan<- struct{}) {
	for sc.Scan() {
		if n, err := strconv.Atoi(strings.TrimPrefix(sc.Text(), "ok ")); err == nil {
			acks <- n
		}
	}
	_ = cmd.Wait()
	close(over)
}

// mark notes whether the server can answer well now.
func (o *origin) mark() {
	can := o.cmd != nil && !o.Deaf && !strings.HasSuffix(o.Cert, "-bad")
	for _, f := range o.Faults {
		can = can && !f.never()
	}
	o.lives.set(can)
}

// set tells the server how to fail from now on; nothing: not at all.
func (o *origin) set(faults ...fault) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.Faults = faults
	if o.cmd != nil {
		o.told++
		line, _ := json.Marshal(told{N: o.told, Faults: faults})
		_, _ = o.in.Write(append(line, '\n'))
		for wait := time.After(time.Second); ; {
			select {
			case n := <-o.acks:
				if n < o.told {
					continue
				}
			case <-o.over:
			case <-wait: // it is frozen
			}
			break
		}
	}
	o.mark()
}

// kill is SIGKILL.
func (o *origin) kill() { o.finish(syscall.SIGKILL) }

// leave is SIGTERM: what was begun ends, nothing new comes in.
func (o *origin) leave() { o.finish(syscall.SIGTERM) }

func (o *origin) finish(how os.Signal) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.cmd == nil {
		return
	}
	o.lives.set(false)
	_ = o.cmd.Process.Signal(how)
	select {
	case <-o.over:
	case <-time.After(5 * time.Second):
		_ = o.cmd.Process.Kill()
		<-o.over
	}
	o.lost += o.get(once) - o.get(onceDone)
	o.n[onceDone] = o.n[once] // nobody else counts now
	o.cmd = nil
	_ = o.in.Close()
}

// freeze is SIGSTOP: the process is there, and does nothing.
func (o *origin) freeze() {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.cmd != nil {
		o.lives.set(false)
		_ = o.cmd.Process.Signal(syscall.SIGSTOP)
	}
}

// thaw is SIGCONT.
func (o *origin) thaw() {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.cmd != nil {
		_ = o.cmd.Process.Signal(syscall.SIGCONT)
		o.mark()
	}
}
