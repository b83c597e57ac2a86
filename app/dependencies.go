package app

import (
	"context"
	"encoding/json"
	"reflect"
	"sync"
	"time"

	"github.com/honderd/honderd/source/dependency"
	"github.com/honderd/honderd/view"
)

// runDependencies asks those on whom we depend how they say they are, and hears of services
// and of what people say, until ctx is done.
func (s *Server) runDependencies(ctx context.Context, group *sync.WaitGroup) {
	for _, d := range s.config.Dependencies {
		one := dependency.New(dependency.Options{Name: d.Name, Statuspage: d.Statuspage, Feed: d.Feed}, s.world.vendor, s.log)
		group.Go(func() { one.Run(ctx) })
	}
	s.runCatalog(ctx, group)
	s.runMentions(ctx, group)
}

// vendor keeps how one says that it is, when that is news.
func (w *world) vendor(ctx context.Context, status dependency.Status) error {
	w.mu.Lock()
	defer w.mu.Unlock()
	status.At = time.Now().UTC()
	for _, known := range w.s.projector.said(view.KindVendor) {
		var before dependency.Status
		if known.Key != status.Name || json.Unmarshal(known.Body, &before) != nil {
			continue
		}
		at := status.At
		if status.At = before.At; reflect.DeepEqual(before, status) {
			return nil
		}
		if before.State != status.State || status.State == "" {
			status.At = at
		}
	}
	_, err := w.s.say(ctx, anyVersion, view.KindVendor, status.Name, "dependency", status)
	return err
}
