package web

import (
	"net/http"
	"time"
)

// Tenant is how it is at one tenant, for who runs all of them: numbers, and nothing of what
// the tenant calls its own.
type Tenant struct {
	Name    string    `json:"name"`
	Hosts   []string  `json:"hosts"`
	People  int64     `json:"people"` // in the last 24 hours
	Hurt    int64     `json:"hurt"`
	Share   *float64  `json:"flawless_share"` // null: nobody was there
	Felt    *float64  `json:"felt_uptime"`
	Open    int       `json:"incidents_open"`
	AsOf    time.Time `json:"as_of"`
	Trouble string    `json:"trouble,omitempty"` // why it is out of order
}

// tenantsSheet is what the page of tenants shows.
type tenantsSheet struct {
	sheet
	Tenants []Tenant
}

// tenants shows how it is at each tenant.
func (d dashboard) tenants(w http.ResponseWriter, r *http.Request) {
	s := tenantsSheet{sheet: d.sheet(w, r), Tenants: d.Tenants()}
	s.Here = "tenants"
	d.show(w, r, "tenants page", s)
}
