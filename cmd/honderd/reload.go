package main

import (
	"context"
	"fmt"
	"log/slog"
	"os"
	"os/signal"
	"syscall"
	"time"

	"github.com/honderd/honderd/app"
	"github.com/honderd/honderd/config"
)

// lookEvery is how often it is looked whether the files of a configuration have changed.
const lookEvery = 2 * time.Second

// follow lets the gateway and the tenants of server be as their files say, at SIGHUP and when they change,
// until ctx is done. With a mistake in them it goes on as before, and says so.
func (f *serveFlags) follow(ctx context.Context, args []string, file string, conf config.Config, server *app.Server, log *slog.Logger) {
	asked := make(chan os.Signal, 1)
	signal.Notify(asked, syscall.SIGHUP)
	defer signal.Stop(asked)
	tick := time.NewTicker(lookEvery)
	defer tick.Stop()
	if file == "" {
		file = configFile
	}
	known := looksOf(file, conf)
	for {
		select {
		case <-asked:
		case <-tick.C:
			if looksOf(file, conf) == known {
				continue
			}
		case <-ctx.Done():
			return
		}
		known = looksOf(file, conf)
		again := *f
		next, err := again.arrange(args)
		if err == nil {
			err = server.Reload(ctx, next)
		}
		if err != nil {
			log.Error("the configuration is not taken over: all goes on as before", "error", err)
			continue
		}
		conf = next
		known = looksOf(file, conf)
		log.Warn("the gateway and the tenants are as the configuration says now", "file", file)
	}
}

// looksOf tells the files of a configuration apart from what they were.
func looksOf(file string, c config.Config) (looks string) {
	paths := []string{file, c.Gateway.Cert, c.Gateway.Key, c.Gateway.Page}
	for _, t := range c.Tenants {
		paths = append(paths, t.Config)
	}
	for _, path := range paths {
		if info, err := os.Stat(path); err == nil {
			looks += fmt.Sprintln(path, info.Size(), info.ModTime().UnixNano())
		}
	}
	return looks
}
