//go:build !race

package jetstream_test

// every is one in how many damages is tried: all of them.
const every = 1
