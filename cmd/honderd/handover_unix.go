//go:build unix

package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"os/signal"
	"strings"
	"syscall"
	"time"

	"github.com/honderd/honderd/app"
)

// handedOver is the variable with the addresses of the listeners that are handed over, in
// the order of their descriptors, of which the first is 3. Behind them is the pipe that
// says that the new process serves.
const handedOver = "HONDERD_LISTENERS"

// readyWithin is how long the new process may take to serve.
const readyWithin = 30 * time.Second

// inherited returns the listeners that another process hands over, and what to do when
// this one serves.
func inherited(addresses string) (open map[string]net.Listener, ready func(), err error) {
	if addresses == "" {
		return nil, func() {}, nil
	}
	open = map[string]net.Listener{}
	list := strings.Split(addresses, ",")
	for i, address := range list {
		f := os.NewFile(uintptr(3+i), address)
		l, err := net.FileListener(f)
		if err != nil {
			return nil, nil, fmt.Errorf("take over the listener of %s: %w", address, err)
		}
		_ = f.Close()
		open[address] = l
	}
	pipe := os.NewFile(uintptr(3+len(list)), "ready")
	return open, func() { _, _ = pipe.Write([]byte{1}); _ = pipe.Close() }, nil
}

// handOver starts the program anew at SIGHUP, and ends this one when the new one serves.
// When the new one does not come up this one goes on.
func handOver(ctx context.Context, s *app.GatewayServer, listen []string, stop func(), says io.Writer) {
	asked := make(chan os.Signal, 1)
	signal.Notify(asked, syscall.SIGHUP)
	defer signal.Stop(asked)
	for {
		select {
		case <-asked:
		case <-ctx.Done():
			return
		}
		if err := startNew(s, listen); err != nil {
			fmt.Fprintf(says, "honderd: not started anew, and going on as before: %v\n", err)
			continue
		}
		signal.Ignore(syscall.SIGHUP) // one who tells all of them must not cut short what ends here
		stop()
		return
	}
}

// startNew starts the program anew and waits until it serves.
func startNew(s *app.GatewayServer, listen []string) error {
	files, err := s.Files()
	if err != nil {
		return err
	}
	defer func() {
		for _, f := range files {
			_ = f.Close()
		}
	}()
	program, err := os.Executable()
	if err != nil {
		return err
	}
	hear, tell, err := os.Pipe()
	if err != nil {
		return err
	}
	defer hear.Close()
	next := exec.Command(program, os.Args[1:]...) //nolint:noctx // it outlives this process
	next.Stdin, next.Stdout, next.Stderr = os.Stdin, os.Stdout, os.Stderr
	next.ExtraFiles = append(files, tell)
	next.Env = append(os.Environ(), handedOver+"="+strings.Join(listen, ","))
	err = next.Start()
	_ = tell.Close()
	if err != nil {
		return err
	}
	_ = hear.SetReadDeadline(time.Now().Add(readyWithin))
	if n, err := hear.Read(make([]byte, 1)); n != 1 {
		_ = next.Process.Kill()
		_ = next.Wait()
		if errors.Is(err, io.EOF) {
			err = errors.New("the new process ended before it served")
		}
		return err
	}
	return next.Process.Release()
}
