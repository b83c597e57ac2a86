package said

import (
	"bytes"
	"fmt"
	"testing"
	"time"

	"github.com/honderd/honderd/fold"
	"github.com/honderd/honderd/fold/foldtest"
	"github.com/honderd/honderd/ledger"
)

func TestSuite(t *testing.T) { foldtest.Run(t, func() fold.Fold { return New() }) }

func TestNewestVersionStands(t *testing.T) {
	f := New()
	at := time.Date(2026, 11, 26, 20, 0, 0, 0, time.UTC)
	say := func(key string, version uint64, body string) {
		t.Helper()
		data, err := ledger.Fact{Kind: "lesson", Key: key, Version: version, Time: at.Add(time.Duration(version) * time.Minute), Body: []byte(body)}.Encode()
		if err != nil {
			t.Fatal(err)
		}
		if err := f.Take(ledger.FactSubject("lesson"), data); err != nil {
			t.Fatal(err)
		}
	}
	say("b", 1, `1`)
	say("a", 1, `1`)
	say("b", 2, `2`)
	say("b", 1, `1`) // an old one again changes nothing
	got := ""
	for _, s := range f.Newest("lesson") {
		got += fmt.Sprintf("%s %d %s since %s; ", s.Key, s.Version, s.Body, s.First.Format("15:04"))
	}
	if want := "a 1 1 since 20:01; b 2 2 since 20:01; "; got != want {
		t.Errorf("Newest() = %q, want %q", got, want)
	}
	state, _ := f.AppendBinary(nil)
	again := New()
	if err := again.UnmarshalBinary(state); err != nil {
		t.Fatal(err)
	}
	if back, _ := again.AppendBinary(nil); !bytes.Equal(back, state) {
		t.Errorf("the state changed on its way through a checkpoint: %s, was %s", back, state)
	}
	for _, bad := range []struct{ subject, data string }{
		{"fact.lesson", "{"}, {"fact.release", `{"kind":"lesson","key":"a","version":3}`}, {"checks", "{}"},
	} {
		if err := f.Take(bad.subject, []byte(bad.data)); err == nil {
			t.Errorf("Take(%s, %s) = nil, want an error", bad.subject, bad.data)
		}
	}
	if now, _ := f.AppendBinary(nil); !bytes.Equal(now, state) {
		t.Error("what could not be read changed the state")
	}
}
