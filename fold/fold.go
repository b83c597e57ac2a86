// Package fold says what a fold is: a state machine that eats facts and knows a
// number. A fold has no clock, no dice and no world: the same facts in the same order
// give the same bytes.
package fold

import "github.com/honderd/honderd/experience"

// Fold is a state that facts are applied to, one after the other.
type Fold interface {
	// Name is the same after a restart; no two folds share one.
	Name() string

	// Apply takes in b and does not keep it.
	Apply(b *experience.Batch)

	// AppendBinary appends the whole state to p.
	AppendBinary(p []byte) ([]byte, error)

	// UnmarshalBinary replaces the state by one that AppendBinary wrote.
	UnmarshalBinary(p []byte) error
}

// Taker is what a Fold also is that takes in records beside experiences: what people
// said, which service called which, what a probe found.
type Taker interface {
	// Takes reports whether records with this subject are for the fold.
	Takes(subject string) bool

	// Take takes in the data of one record and does not keep it. Data that it cannot
	// read is an error and changes nothing.
	Take(subject string, data []byte) error
}
