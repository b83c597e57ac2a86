package main

import (
	"context"
	"runtime"
	"slices"
	"sync"

	"github.com/honderd/honderd/experience"
	"github.com/honderd/honderd/fold/felt"
	"github.com/honderd/honderd/ledger/archive"
)

// honderd reads the archive on one core while all cores fold.
func honderd(ctx context.Context, dir string) (answer, error) {
	a, err := archive.Open(ctx, archive.Options{Where: dir})
	if err != nil {
		return answer{}, err
	}
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	var failed error // read after batches is closed
	batches, free := make(chan *experience.Batch, 4), make(chan *experience.Batch, 8)
	go func() { // ends with the archive, or with ctx
		defer close(batches)
		failed = a.Read(ctx, archive.Query{NoSteps: true, NoLabels: true, NoSources: true}, func(b *experience.Batch) error {
			var own *experience.Batch
			select {
			case own = <-free:
			default:
				own = &experience.Batch{}
			}
			items := append(own.Items[:0], b.Items...)
			*own = experience.Batch{Items: items, Journeys: slices.Clone(b.Journeys), Steps: []string{""}, Labels: [][]experience.Label{nil}}
			select {
			case batches <- own:
				return nil
			case <-ctx.Done():
				return ctx.Err()
			}
		})
	}()
	f := felt.New(options(runtime.GOMAXPROCS(0)))
	for b := range batches {
		f.ApplyWith(b, together)
		select {
		case free <- b:
		default:
		}
	}
	if failed != nil {
		return answer{}, failed
	}
	found := f.Answer()
	result := answer{up: found.All.Up, down: found.All.Down}
	for _, w := range found.All.Windows {
		result.windows = append(result.windows, window{w.Minutes, w.Up, w.Down})
	}
	return result, nil
}

// together does all work at the same time and waits for it.
func together(work ...func()) {
	var wait sync.WaitGroup
	for _, one := range work[1:] {
		wait.Go(one)
	}
	work[0]()
	wait.Wait()
}
