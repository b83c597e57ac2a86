//go:build !unix

package h1

import "net"

// closed is not known here without reading.
func closed(net.Conn) bool { return false }

// dirty is not known here without reading.
func dirty(net.Conn) bool { return false }
