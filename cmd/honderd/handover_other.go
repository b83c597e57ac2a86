//go:build !unix

package main

import (
	"context"
	"io"
	"net"

	"github.com/honderd/honderd/app"
)

// handedOver is not used here.
const handedOver = "HONDERD_LISTENERS"

// inherited returns no listeners: they cannot be handed over here.
func inherited(string) (map[string]net.Listener, func(), error) { return nil, func() {}, nil }

// handOver does nothing: there is no SIGHUP here.
func handOver(context.Context, *app.GatewayServer, []string, func(), io.Writer) {}
