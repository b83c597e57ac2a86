package main

import (
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"
)

// Who tells every process of the gateway to start anew also tells the one that is just
// ending: what people had asked it was cut short.
func TestAskedTwiceToStartAnewNoRequestIsLost(t *testing.T) {
	asked, release := make(chan bool, 1), make(chan bool)
	o := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		asked <- true
		<-release
		_, _ = w.Write([]byte("there"))
	}))
	defer o.Close()
	listen := freeAddress(t)
	cmd, _ := program(t, "gateway", "--listen", listen, "--to", o.URL, "--patience", "20s")
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	defer func() { _ = syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL); _ = cmd.Wait() }()
	eventually(t, "it listens", func() bool {
		c, err := net.DialTimeout("tcp", listen, time.Second)
		if err == nil {
			_ = c.Close()
		}
		return err == nil
	})
	status := make(chan int, 1)
	go func() {
		resp, err := http.Get("http://" + listen + "/")
		if err != nil {
			status <- 0
			return
		}
		_ = resp.Body.Close()
		status <- resp.StatusCode
	}()
	<-asked
	_ = syscall.Kill(cmd.Process.Pid, syscall.SIGHUP)
	eventually(t, "the old one hears no more of it", func() bool { return ignoresHangup(cmd.Process.Pid) })
	_ = syscall.Kill(cmd.Process.Pid, syscall.SIGHUP)
	close(release)
	if got := <-status; got != http.StatusOK {
		t.Errorf("the request that was on its way got %d, want 200", got)
	}
}

// ignoresHangup reads it from the system: proc(5), SigIgn.
func ignoresHangup(pid int) bool {
	text, err := os.ReadFile(filepath.Join("/proc", strconv.Itoa(pid), "status"))
	if err != nil {
		return false
	}
	_, rest, _ := strings.Cut(string(text), "SigIgn:\t")
	mask, err := strconv.ParseUint(strings.Fields(rest + " x")[0], 16, 64)
	return err == nil && mask&1 != 0
}

// eventually waits until done.
func eventually(t *testing.T, what string, done func() bool) {
	t.Helper()
	tick := time.NewTicker(5 * time.Millisecond)
	defer tick.Stop()
	for range 4000 {
		if done() {
			return
		}
		<-tick.C
	}
	t.Fatalf("never: %s", what)
}
