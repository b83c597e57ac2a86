// Package source says what a source is: something that turns the world outside into
// batches of experiences.
package source

import (
	"context"

	"github.com/honderd/honderd/experience"
)

// Sink takes a batch. When it returns nil, the batch is safe and the source may
// forget it; otherwise the source must stop, or offer the same batch again. The sink
// does not keep b.
type Sink func(ctx context.Context, b *experience.Batch) error

// Source is something outside that people's experiences can be read from.
type Source interface {
	// Name is the same after a restart; no two sources share one.
	Name() string

	// Run reads on after position, "" for the beginning, and gives each batch to
	// sink, one at a time. It returns nil when the source has ended or ctx is done.
	Run(ctx context.Context, position string, sink Sink) error
}
