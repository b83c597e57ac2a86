//go:build race

package jetstream_test

// every is one in how many damages is tried with the race detector: it looks for races, which
// one damage has as another, and makes each take ten times as long.
const every = 5
