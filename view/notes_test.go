package view

import (
	"testing"

	"github.com/honderd/honderd/fold/intake"
)

func TestWhoPassesALogAndTheGatewayIsTold(t *testing.T) {
	const day = 24 * 60 * 60 * 1000
	for _, tt := range []struct {
		name string
		give map[string]intake.Source
		want bool
	}{
		{"nothing", nil, false},
		{"a gateway", map[string]intake.Source{"gateway": {Newest: 9 * day}}, false},
		{"logs", map[string]intake.Source{"accesslog a": {Newest: 9 * day}, "accesslog b": {Newest: 9 * day}}, false},
		{"both", map[string]intake.Source{"gateway": {Newest: 9 * day}, "accesslog a": {Newest: 9*day - 5}}, true},
		{"one of them long ago", map[string]intake.Source{"gateway": {Newest: 9 * day}, "accesslog a": {Newest: 3 * day}}, false},
		{"a gateway that nobody passed", map[string]intake.Source{"gateway": {}, "accesslog a": {Newest: 3 * day}}, false},
	} {
		notes := notes(Folds{Intake: intake.Answer{Sources: tt.give}}, Answer{})
		if got := len(notes) == 1 && notes[0].Kind == "twice"; got != tt.want {
			t.Errorf("%s: %+v", tt.name, notes)
		}
	}
}
