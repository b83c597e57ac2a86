package app

import (
	"encoding/json"
	"net/http"

	"github.com/honderd/honderd/gateway"
)

// writeState answers with how a gateway is.
func writeState(w http.ResponseWriter, s gateway.State) {
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("Cache-Control", "no-store")
	e := json.NewEncoder(w)
	e.SetIndent("", "  ")
	_ = e.Encode(s)
}
