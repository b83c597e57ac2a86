package main

import "time"

// fault is one way in which a server fails, as it is told to its process.
type fault struct {
	Kind string        `json:"kind"`
	P    float64       `json:"p,omitempty"`    // of each request; 0: all
	Code int           `json:"code,omitempty"` // of status
	For  time.Duration `json:"for,omitempty"`  // of after
	Wide int           `json:"wide,omitempty"` // of slots: how many at once
}

// How a server fails.
const (
	status    = "status"         // an error
	after     = "after"          // well, but later
	hang      = "hang"           // never
	resetAt   = "reset"          // the connection is reset before the answer
	resetMid  = "reset-mid"      // half of the body, and a reset
	truncate  = "truncate"       // half of the body, and an end
	chunked   = "chunked"        // half of the chunks, and an end
	trickle   = "trickle"        // a byte each 100 ms
	poison    = "poison"         // 200 and nothing, a crash page, or a damaged body
	wrongKind = "wrong"          // 200 and an error in JSON
	breakPost = "break-post"     // POSTs of which nobody knows whether they were executed
	idleClose = "idle-close"     // connections that were idle are reset as a request comes
	cutUpload = "cut-upload"     // resets after the first MiB of a PUT
	slots     = "slots"          // only so many at once
	goingAway = "goaway"         // HTTP/2: GOAWAY, and the newest streams are refused
	stormy    = "goaway-refused" // HTTP/2: REFUSED_STREAM
)

func some(kind string, p float64) fault { return fault{Kind: kind, P: p} }

func always(kind string) fault { return fault{Kind: kind} }

func code(n int) fault { return fault{Kind: status, Code: n} }

func later(d time.Duration) fault { return fault{Kind: after, For: d} }

// never reports whether a server with this fault cannot answer well at all.
func (f fault) never() bool {
	if f.P > 0 && f.P < 1 {
		return false
	}
	switch f.Kind {
	case status, hang, resetAt, resetMid, truncate, chunked, trickle, poison, wrongKind:
		return true
	}
	return false
}

// asks is a request to the process of a server.
type told struct {
	N      int     `json:"n"` // answered with the same
	Faults []fault `json:"faults"`
}

// conf is what the process of a server needs to know at its start.
type conf struct {
	ID       int     `json:"id"`
	Addr     string  `json:"addr"`
	Speaks   string  `json:"speaks"` // h1, tls, h2c, raw2 (HTTP/2 of our own)
	Seed     uint64  `json:"seed"`
	Life     int     `json:"life"` // how often it was started
	Counters string  `json:"counters"`
	Orders   string  `json:"orders"`
	Cert     string  `json:"cert"` // files of TLS, without .pem and .key
	Deaf     bool    `json:"deaf"` // accepts, and never speaks
	Faults   []fault `json:"faults"`
	Waits    bool    `json:"waits"` // it listens when it is told to
}
