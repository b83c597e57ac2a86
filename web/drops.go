package web

import (
	"encoding/json"
	"net/http"
)

// drops sends what was not counted, for programs.
func (d dashboard) drops(w http.ResponseWriter, r *http.Request) {
	state := d.State()
	answer := struct {
		Full bool   `json:"full"` // nothing more can be kept at present
		Held held   `json:"held"`
		List []Drop `json:"drops"`
	}{state.Full, held{state.Held, state.HeldUntil}, state.Drops}
	if answer.List == nil {
		answer.List = []Drop{}
	}
	body, err := json.MarshalIndent(answer, "", "  ")
	if err != nil {
		d.Log.Error("drops not told", "err", err)
		http.Error(w, "This could not be told. The log of honderd says why.", http.StatusInternalServerError)
		return
	}
	w.Header().Set("Cache-Control", "no-store")
	send(w, r, http.StatusOK, "application/json", append(body, '\n'))
}

// held is what waits until its time comes.
type held struct {
	Experiences int64  `json:"experiences"`
	First       string `json:"first,omitempty"` // day
}
