package view

import "time"

// Gateway is how the gateway is now.
type Gateway struct {
	AsOf                                           time.Time
	Requests, Felt, Masked, Attempts, Shed, Cached int64
	CostMS                                         int64 // that what was masked cost people
	Sockets                                        int
	Backends                                       []GatewayBackend
	Certificates                                   []GatewayCertificate
	Refused                                        []Count
	Troubles                                       []string // sentences
}

// GatewayBackend is how one backend is now.
type GatewayBackend struct {
	Pool, Name, Owner string
	Site              int
	State             string // well, trying, ill
	Score             float64
	Room              *int // nil: it was never full
	Open              int
	Fails             float64 // share of the latest answers
	Answers, Faults   int64
	Recent            []GatewayFault // the newest first
}

// GatewayFault is one of the last faults of a backend.
type GatewayFault struct {
	What string
	At   time.Time
}

// GatewayCertificate is a certificate that people are shown.
type GatewayCertificate struct {
	Domain string
	Until  *time.Time // nil: there is none
	Says   string     // what is wrong; "": nothing
}

// Count is how often something was.
type Count struct {
	What  string
	Count int64
}

// Share returns attempts for each request: 1 is one for each.
func (g Gateway) Share() float64 {
	if g.Requests == 0 {
		return 0
	}
	return float64(g.Attempts) / float64(g.Requests)
}
