//go:build !unix

package logfile

import "io/fs"

// identity is unknown here: only the fingerprint tells files apart after a restart.
func identity(fs.FileInfo) (device, inode uint64) { return 0, 0 }

// unlinked cannot be seen here.
func unlinked(fs.FileInfo) bool { return false }

// readingGroup does not exist here.
func readingGroup(string) string { return "" }
