package fold

import (
	"errors"
	"fmt"
	"testing"
)

func TestAStateIsReadAsItWasWritten(t *testing.T) {
	type state struct {
		Version int   `json:"version"`
		List    []int `json:"list"`
	}
	p, err := AppendState([]byte("before "), "numbers", state{2, Sorted(map[string]int{"b": 2, "a": 1, "c": 3})})
	if err != nil || string(p) != `before {"version":2,"list":[1,2,3]}` {
		t.Fatalf("%s, %v", p, err)
	}
	var s state
	if err := ReadState(p[7:], "numbers", &s, &s.Version, 2); err != nil || fmt.Sprint(s.List) != "[1 2 3]" {
		t.Errorf("%v, %v", s, err)
	}
	for _, tt := range []struct{ give, want string }{
		{`{"version":1}`, "numbers: the state cannot be read: it has the version 1"},
		{`{"version":2`, "numbers: the state cannot be read: unexpected end of JSON input"},
		{``, "numbers: the state cannot be read: unexpected end of JSON input"},
	} {
		var s state
		if err := ReadState([]byte(tt.give), "numbers", &s, &s.Version, 2); !errors.Is(err, ErrDamaged) || err.Error() != tt.want {
			t.Errorf("%s: %v, want %s", tt.give, err, tt.want)
		}
	}
	if _, err := AppendState(nil, "numbers", func() {}); err == nil {
		t.Error("what is no JSON is saved")
	}
}
