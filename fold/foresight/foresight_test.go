package foresight

import (
	"bytes"
	"fmt"
	"testing"
	"time"

	"github.com/honderd/honderd/fold"
	"github.com/honderd/honderd/fold/foldtest"
	"github.com/honderd/honderd/warning"
)

func TestSuite(t *testing.T) { foldtest.Run(t, func() fold.Fold { return New() }) }

func began() time.Time { return time.Date(2026, 11, 26, 20, 0, 0, 0, time.UTC) }

func take(t *testing.T, f *Fold, list ...warning.Reading) {
	t.Helper()
	data, err := Encode(list)
	if err != nil {
		t.Fatal(err)
	}
	if err := f.Take(Subject, data); err != nil {
		t.Fatal(err)
	}
}

func disk(side warning.Side, value float64, minute int) warning.Reading {
	return warning.Reading{Kind: warning.Disk, Side: side, Labels: map[string]string{"mountpoint": "/data"}, Value: value, At: began().Add(time.Duration(minute) * time.Minute)}
}

func TestADiskThatFillsIsToldOfBeforeItIsFull(t *testing.T) {
	f := New()
	take(t, f, disk(warning.Total, 1000, 0))
	told := -1
	for m := range 250 { // 4 of 1000 a minute: full in the minute 250
		take(t, f, disk(warning.Free, 1000-4*float64(m), m))
		if a := f.Answer(); len(a.Warnings) == 1 && told < 0 {
			told = m
			if at := time.Unix(a.Warnings[0].Said.At, 0).Sub(began()).Minutes(); at < 245 || at > 255 {
				t.Errorf("told in the minute %d: full in the minute %v", m, at)
			}
		}
	}
	if told < 0 || told > 120 {
		t.Errorf("told in the minute %d, want two hours before", told)
	}
	a := f.Answer()
	if len(a.Warnings) != 0 || len(a.Past) != 1 || !a.Past[0].End.Came || a.Things[warning.Disk] != 1 {
		t.Errorf("after it was full: %+v", a)
	}
}

func TestADiskThatSomebodyCleansIsNoLongerToldOf(t *testing.T) {
	f := New()
	for m := range 150 {
		take(t, f, disk(warning.Free, 1000-4*float64(m), m))
	}
	if a := f.Answer(); len(a.Warnings) != 1 {
		t.Fatalf("before: %+v", a)
	}
	for m := 150; m < 180; m++ {
		take(t, f, disk(warning.Free, 900, m))
	}
	if a := f.Answer(); len(a.Warnings) != 0 || len(a.Past) != 1 || a.Past[0].End.Came {
		t.Errorf("after: %+v", a)
	}
}

// A log that is written all day and thrown away at night fills no disk.
func TestEveryDayTheSameIsNoWarning(t *testing.T) {
	f := New()
	for m := range 4 * 24 * 12 { // four days, every five minutes
		take(t, f, disk(warning.Free, 1000-2*float64(m%288), 5*m))
		if a := f.Answer(); len(a.Warnings) > 0 && m > 288*2 {
			t.Fatalf("on day %v: %+v", float64(m)/288, a.Warnings)
		}
	}
}

func TestCertificatesAndQueues(t *testing.T) {
	f := New()
	cert := warning.Reading{Kind: warning.Certificate, Side: warning.Ends, Value: float64(began().Add(10 * 24 * time.Hour).Unix()), At: began()}
	take(t, f, cert)
	if a := f.Answer(); len(a.Warnings) != 1 || a.Warnings[0].Said.At != int64(cert.Value) || a.Warnings[0].Said.Sure != 1 {
		t.Errorf("ten days before it ends: %+v", a.Warnings)
	}
	cert.Value, cert.At = cert.Value+90*24*3600, cert.At.Add(time.Hour)
	take(t, f, cert)
	if a := f.Answer(); len(a.Warnings) != 0 || len(a.Past) != 1 || a.Past[0].End.Came {
		t.Errorf("renewed: %+v", a)
	}
	for m := range 120 {
		take(t, f, warning.Reading{Kind: warning.Queue, Side: warning.Used, Labels: map[string]string{"queue": "mail"}, Value: 10 + 20*float64(m), At: began().Add(time.Duration(m) * time.Minute)})
	}
	a := f.Answer()
	if len(a.Warnings) != 1 || a.Warnings[0].Said.At != 0 || a.Warnings[0].Left < 2000 {
		t.Errorf("a queue that grows: %+v", a.Warnings)
	}
}

func TestManyThingsHaveARoom(t *testing.T) {
	f := New()
	var list []warning.Reading
	for i := range maxThings + 10 {
		r := disk(warning.Free, 1, 0)
		r.Labels = map[string]string{"instance": fmt.Sprint(i)}
		list = append(list, r)
	}
	take(t, f, list...)
	if a := f.Answer(); a.Things[warning.Disk] != maxThings || a.Over != 10 {
		t.Errorf("%d things, %d over", a.Things[warning.Disk], a.Over)
	}
	take(t, f, disk(warning.Free, 1, 9*24*60)) // no room yet, but time has gone on
	if a := f.Answer(); a.Things[warning.Disk] != 0 {
		t.Errorf("after nine silent days there are still %d", a.Things[warning.Disk])
	}
}

func TestGoingOnFromACheckpoint(t *testing.T) {
	f, g := New(), New()
	for m := range 200 {
		take(t, f, disk(warning.Free, 1000-4*float64(m), m))
		take(t, g, disk(warning.Free, 1000-4*float64(m), m))
		if m%31 != 0 {
			continue
		}
		state, err := g.AppendBinary(nil)
		if err != nil {
			t.Fatal(err)
		}
		g = New()
		if err := g.UnmarshalBinary(state); err != nil {
			t.Fatal(err)
		}
	}
	a, _ := f.AppendBinary(nil)
	b, _ := g.AppendBinary(nil)
	if !bytes.Equal(a, b) {
		t.Errorf("%s\n%s", a, b)
	}
}

func TestBadReadingsChangeNothing(t *testing.T) {
	f := New()
	take(t, f, disk(warning.Free, 1, 0))
	before, _ := f.AppendBinary(nil)
	for _, data := range []string{"", "{}", `[{"kind":"disk","side":"free","value":1}]`, `[{"kind":"x","side":"free","value":1,"at":"2026-11-26T20:00:00Z"}]`} {
		if err := f.Take(Subject, []byte(data)); err == nil {
			t.Errorf("%q was taken", data)
		}
	}
	if after, _ := f.AppendBinary(nil); !bytes.Equal(before, after) {
		t.Error("a refused record left something behind")
	}
}

func FuzzTake(f *testing.F) {
	f.Add([]byte(`[{"kind":"disk","side":"free","value":1,"at":"2026-11-26T20:00:00Z"},{"kind":"queue","side":"used","value":-1e17,"at":"2026-11-26T20:00:00Z"}]`))
	f.Fuzz(func(t *testing.T, data []byte) {
		one := New()
		_ = one.Take(Subject, data)
		if _, err := one.AppendBinary(nil); err != nil {
			t.Error(err)
		}
	})
}
