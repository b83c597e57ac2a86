//go:build !unix

package h1

import (
	"net"
	"syscall"
)

// closed is not known here without reading.
func closed(net.Conn) bool { return false }

// dirty is not known here without reading.
func dirty(syscall.RawConn) bool { return false }
