package logfile

import (
	"strings"
	"testing"
	"time"
)

func TestPositionIsReadAsItWasWritten(t *testing.T) {
	p := Position{
		Open:    []Mark{{Device: 1, Inode: 1 << 63, Head: fingerprint([]byte("a\n")), Offset: 1 << 40}},
		Done:    []Mark{{Head: fingerprint(make([]byte, headMax)), Offset: 5}},
		Since:   1795464069760000001,
		Pending: true,
	}
	q, err := ParsePosition(p.String())
	if err != nil || q.String() != p.String() || q.Open[0] != p.Open[0] || q.Done[0] != p.Done[0] || q.Since != p.Since || !q.Pending {
		t.Errorf("ParsePosition(%q) = %v, %v", p, q, err)
	}
	if zero, err := ParsePosition(Position{}.String()); err != nil || !zero.IsZero() || p.IsZero() {
		t.Errorf("the zero position is read as %v, %v", zero, err)
	}
}

func TestParsePositionRefuses(t *testing.T) {
	tests := []struct{ give, want string }{
		{"rubbish", "invalid character"},
		{`{"open":[{"head":"3:0000000000000001","at":-1}]}`, "offset -1: must not be negative"},
		{`{"open":[{"head":"2000:0000000000000001","at":1}]}`, "a number of at most 1024"},
		{`{"open":[{"head":"x","at":1}]}`, `fingerprint "x"`},
	}
	for _, tt := range tests {
		_, err := ParsePosition(tt.give)
		if err == nil || !strings.Contains(err.Error(), tt.want) || !strings.Contains(err.Error(), "(fix: ") {
			t.Errorf("ParsePosition(%q) = %v, want %q and a way out", tt.give, err, tt.want)
		}
	}
}

func FuzzParsePosition(f *testing.F) {
	f.Add(`{"open":[{"dev":1,"ino":2,"head":"3:00000000000000ff","at":4}],"since":5}`)
	f.Fuzz(func(t *testing.T, s string) {
		p, err := ParsePosition(s)
		if err != nil {
			return
		}
		if q, err := ParsePosition(p.String()); err != nil || q.String() != p.String() {
			t.Errorf("%q became %q, %v", p, q, err)
		}
	})
}

func TestOptionsAreChecked(t *testing.T) {
	if err := (Options{}).Validate(); err != nil {
		t.Error(err)
	}
	err := Follow(t.Context(), "x", Position{Open: []Mark{{Offset: -1}}},
		Options{Poll: -1, Quiet: -time.Second, TailAfter: -1, Chunk: -1, MaxLine: -1}, nil)
	for _, part := range []string{"poll -1ns", "quiet -1s", "tail after", "chunk of -1", "line of -1", "offset -1"} {
		if err == nil || !strings.Contains(err.Error(), part) {
			t.Errorf("error %v says nothing of %q", err, part)
		}
	}
}

func TestRotatedNames(t *testing.T) {
	tests := []struct {
		base, name string
		dated      string
		ok         bool
	}{
		{"access.log", "access.log.1", "1", true},
		{"access.log", "access.log.12.gz", "12", true},
		{"access.log", "access.log-20261123.zst", "20261123", true},
		{"access.log", "access.log.2026-11-23T10:00:00.123", "2026-11-23T10:00:00.123", true},
		{"access.log", "access-20261123.log", "20261123", true},
		{"access.log", "access-2026-11-23T10-00-00.000.log.gz", "2026-11-23T10-00-00.000", true},
		{"access.log", "access.1.log", "1", true},
		{"access.log", "access.log.old", "old", true},
		{"access.log", "access.log.gz", "", true},
		{"access.log", "access.log.backup", "", true},
		{"access.log", "access.log.T", "", true},
		{"access.log", "access-api.log", "", false},
		{"access.log", "access.log1", "", false},
		{"access.log", "error.log.1", "", false},
		{"access.log", "access", "", false},
		{"access", "access.1", "1", true},
		{".log", "-1.log", "", false},
	}
	for _, tt := range tests {
		if dated, ok := rotated(tt.base, tt.name); dated != tt.dated || ok != tt.ok {
			t.Errorf("rotated(%q, %q) = %q, %v; want %q, %v", tt.base, tt.name, dated, ok, tt.dated, tt.ok)
		}
	}
}
