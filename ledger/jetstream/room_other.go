//go:build !linux && !darwin && !freebsd

package jetstream

import "errors"

// freeBytes returns how many bytes this user may still write below dir.
func freeBytes(string) (uint64, error) {
	return 0, errors.New("this system does not say how much room there is")
}
