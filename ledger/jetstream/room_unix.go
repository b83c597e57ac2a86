//go:build linux || darwin || freebsd

package jetstream

import "syscall"

// freeBytes returns how many bytes this user may still write below dir.
func freeBytes(dir string) (uint64, error) {
	var s syscall.Statfs_t
	if err := syscall.Statfs(dir, &s); err != nil {
		return 0, err
	}
	return uint64(s.Bavail) * uint64(s.Bsize), nil //nolint:unconvert // other systems have other types
}
