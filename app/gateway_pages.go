package app

import (
	"encoding/json"
	"net/http"
)

// writeState answers with how a gateway or a door is.
func writeState(w http.ResponseWriter, s any) {
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("Cache-Control", "no-store")
	e := json.NewEncoder(w)
	e.SetIndent("", "  ")
	_ = e.Encode(s)
}
