package checks

import (
	"bytes"
	"fmt"
	"reflect"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/honderd/honderd/experience"
	"github.com/honderd/honderd/fold"
	"github.com/honderd/honderd/fold/foldtest"
)

// at is minute m of a day, in ms.
func at(m int64) int64 {
	return time.Date(2026, 11, 26, 0, 0, 0, 0, time.UTC).UnixMilli() + m*60_000
}

func take(t testing.TB, f *Fold, list ...Check) {
	t.Helper()
	data, err := Encode(list)
	if err == nil {
		err = f.Take(Subject, data)
	}
	if err != nil {
		t.Fatal(err)
	}
}

func good(m int64) Check {
	return Check{Target: "shop", Kind: "http", At: at(m), Wait: 12_000, Every: 30_000}
}

func bad(m int64) Check {
	c := good(m)
	c.Cause, c.Why = experience.ServerError, "status 500"
	return c
}

func TestSuite(t *testing.T) {
	foldtest.Run(t, func() fold.Fold {
		f := New()
		take(t, f, good(0), bad(1), Check{Target: "mail", From: "amsterdam", Kind: "tcp", At: at(1), Unknown: true, Why: "no network"})
		return f
	})
}

func TestABadMinuteIsNeverHidden(t *testing.T) {
	f := New()
	confirmed := bad(2)
	confirmed.Confirmed = true
	take(t, f, good(1), bad(1), good(1), confirmed, good(3))
	s := f.Answer().Series[0]
	want := []Cell{
		{At: uint32(at(1) / 60_000), Runs: 3, Bad: 1, Wait: 36, Slowest: 12},
		{At: uint32(at(2) / 60_000), Runs: 1, Bad: 1, Confirmed: 1, Wait: 12, Slowest: 12},
		{At: uint32(at(3) / 60_000), Runs: 1, Wait: 12, Slowest: 12},
	}
	if !reflect.DeepEqual(s.Minutes, want) {
		t.Errorf("minutes %+v, want %+v", s.Minutes, want)
	}
	if len(s.Hours) != 1 || s.Hours[0].Bad != 2 || s.Hours[0].Runs != 5 || len(s.Recent) != 2 || s.Since != at(3) {
		t.Errorf("hours %+v, recent %d, since %d", s.Hours, len(s.Recent), s.Since-at(0))
	}
}

func TestPlacesStandApartAndUnknownIsNotGood(t *testing.T) {
	f := New()
	away := good(1)
	away.From, away.Unknown = "amsterdam", true
	take(t, f, good(1), away)
	a := f.Answer()
	if len(a.Series) != 2 || a.Series[1].From != "amsterdam" || a.Series[1].Minutes[0].Unknown != 1 || a.Series[1].Minutes[0].Wait != 0 {
		t.Errorf("%+v", a.Series)
	}
}

func TestOldMinutesGoAndHoursStay(t *testing.T) {
	f := New()
	take(t, f, good(0), good(Minutes-1))
	if n := len(f.Answer().Series[0].Minutes); n != 2 {
		t.Errorf("%d minutes, want both", n)
	}
	take(t, f, good(Minutes), bad(0)) // the bad one comes two days late
	s := f.Answer().Series[0]
	if len(s.Minutes) != 2 || s.Hours[0].Bad != 1 || s.Last.At != at(Minutes) {
		t.Errorf("minutes %d, first hour %+v, last %d", len(s.Minutes), s.Hours[0], s.Last.At)
	}
	take(t, f, good(60*Hours))
	if s := f.Answer().Series[0]; len(s.Hours) != 3 { // the first of four is 400 days old
		t.Errorf("%d hours", len(s.Hours))
	}
}

func TestWhatCannotBeReadChangesNothing(t *testing.T) {
	f := New()
	take(t, f, good(1))
	before, _ := f.AppendBinary(nil)
	for _, data := range []string{
		"x", `{"target":"a","at":1}`, `{"target":"shop","at":` + fmt.Sprint(at(2)) + `}{"target":""}`,
		`{"target":"` + strings.Repeat("a", maxText+1) + `","at":` + fmt.Sprint(at(2)) + `}`,
	} {
		if err := f.Take(Subject, []byte(data)); err == nil {
			t.Errorf("%.40s was taken", data)
		}
	}
	if after, _ := f.AppendBinary(nil); !bytes.Equal(before, after) {
		t.Error("a refused record left something behind")
	}
}

func TestTargetsHaveALimit(t *testing.T) {
	f := New()
	for i := range maxSeries + 3 {
		c := good(1)
		c.Target = fmt.Sprint(i)
		f.count(&c)
	}
	if a := f.Answer(); len(a.Series) != maxSeries || a.Dropped != 3 {
		t.Errorf("%d series, %d dropped", len(a.Series), a.Dropped)
	}
	late := good(60*Hours + 60*2)
	late.Target = "after more than a year"
	if f.count(&late); len(f.series) != 1 {
		t.Errorf("%d series, want the new one only", len(f.series))
	}
}

// Whatever order checks come in within two days, the minutes are the same.
func TestOrderDoesNotMatter(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		list := rapid.SliceOfN(rapid.Custom(func(t *rapid.T) Check {
			c := good(rapid.Int64Range(0, 500).Draw(t, "minute"))
			c.Cause = experience.Cause(rapid.IntRange(0, 2).Draw(t, "cause"))
			c.Unknown = rapid.Bool().Draw(t, "unknown")
			return c
		}), 1, 40).Draw(t, "checks")
		f, g := New(), New()
		for i := range list {
			f.count(&list[i])
		}
		for _, i := range rapid.Permutation(indexes(len(list))).Draw(t, "order") {
			g.count(&list[i])
		}
		a, b := f.Answer().Series[0], g.Answer().Series[0]
		if !reflect.DeepEqual(a.Minutes, b.Minutes) || !reflect.DeepEqual(a.Hours, b.Hours) {
			t.Errorf("%+v\n%+v", a.Minutes, b.Minutes)
		}
	})
}

func indexes(n int) []int {
	list := make([]int, n)
	for i := range list {
		list[i] = i
	}
	return list
}

func FuzzTake(f *testing.F) {
	f.Add([]byte(`{"target":"a","kind":"http","at":1764115200000,"wait_us":5}` + "\n"))
	f.Fuzz(func(t *testing.T, data []byte) {
		one := New()
		if one.Take(Subject, data) != nil {
			return
		}
		p, err := one.AppendBinary(nil)
		if err != nil {
			t.Fatal(err)
		}
		two := New()
		if err := two.UnmarshalBinary(p); err != nil {
			t.Fatal(err)
		}
		if q, _ := two.AppendBinary(nil); !bytes.Equal(p, q) {
			t.Error("a saved state is not what was saved")
		}
	})
}
