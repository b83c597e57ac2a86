package status

import "net/http"

// Subscribers keeps who wants to be told.
type Subscribers interface{ Count() int }

type calm struct{}

func newCalm() calm { return calm{} }

func (s *site) forms(http.ResponseWriter, *http.Request, asked) bool { return false }
