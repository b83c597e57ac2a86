package fold

import (
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
)

// ErrDamaged is the answer to a state that AppendBinary did not write, or another version
// of it did.
var ErrDamaged = errors.New("the state cannot be read")

// AppendState appends state as JSON to p. what says what is known, for errors.
func AppendState(p []byte, what string, state any) ([]byte, error) {
	data, err := json.Marshal(state)
	if err != nil {
		return nil, fmt.Errorf("save %s: %w", what, err)
	}
	return append(p, data...), nil
}

// ReadState reads what AppendState wrote into state, a pointer. version is the field of it
// with the version of the format, of which only want is read.
func ReadState(p []byte, what string, state any, version *int, want int) error {
	if err := json.Unmarshal(p, state); err != nil {
		return fmt.Errorf("%s: %w: %w", what, ErrDamaged, err)
	}
	if *version != want {
		return Damaged(what, fmt.Sprintf("it has the version %d", *version))
	}
	return nil
}

// Damaged returns why the state of what cannot be read.
func Damaged(what, why string) error { return fmt.Errorf("%s: %w: %s", what, ErrDamaged, why) }

// Sorted returns the values of m in the order of their keys, so that the same state gives
// the same bytes.
func Sorted[K cmp.Ordered, V any](m map[K]V) []V {
	list := make([]V, 0, len(m))
	for _, key := range slices.Sorted(maps.Keys(m)) {
		list = append(list, m[key])
	}
	return list
}
