package experience

import (
	"errors"
	"fmt"
	"reflect"
	"strings"
	"testing"
	"unsafe"
)

func TestAnExperienceIsSmall(t *testing.T) {
	if n := unsafe.Sizeof(Experience{}); n != 32 {
		t.Errorf("an experience takes %d bytes, want 32: logs have millions", n)
	}
}

func TestCheckLabelName(t *testing.T) {
	tests := []struct {
		name string
		want string // part of the error; "" for none
	}{
		{"region", ""},
		{"geo_region-2", ""},
		{"região", ""},
		{strings.Repeat("a", MaxLabelName), ""},
		{"", "fix: write one, such as region"},
		{strings.Repeat("a", MaxLabelName+1), "fix: choose a shorter name"},
		{"step", "fix: choose another name"},
		{"Journey", "fix: choose another name"},
		{"person", "people.recognise"},
		{"user", "fix: tell groups of people apart"},
		{"Address", "says who somebody is"},
		{"2nd", "fix: write a letter, then"},
		{"my region", "fix: write a letter, then"},
		{"a=b", "fix: write a letter, then"},
		{"a\xff", "fix: write a letter, then"},
	}
	for _, tt := range tests {
		got := ""
		if err := CheckLabelName(tt.name); err != nil {
			got = err.Error()
		}
		if !strings.Contains(got, tt.want) || (tt.want == "") != (got == "") {
			t.Errorf("CheckLabelName(%q) = %q, want %q", tt.name, got, tt.want)
		}
	}
}

// What could not be read again is not written.
func TestLabelsHaveBounds(t *testing.T) {
	var many []Label
	for i := range MaxLabels + 1 {
		many = append(many, Label{fmt.Sprintf("l%02d", i), "v"})
	}
	tests := []struct {
		name string
		give [][]Label
		want string // part of the error; "" for none
	}{
		{"none", nil, ""},
		{"the empty set", [][]Label{nil}, ""},
		{"as many as there may be", [][]Label{nil, many[:MaxLabels], nil}, ""},
		{"one too many", [][]Label{nil, many}, "a set of 17 labels"},
		{"the first is not empty", [][]Label{many[:1]}, "must be empty"},
		{"out of order", [][]Label{nil, {many[1], many[0]}}, "in the order of its names"},
		{"twice", [][]Label{nil, {many[0], many[0]}}, "each once"},
		{"no name", [][]Label{nil, {{"", "v"}}}, "a name has 1 to 64"},
		{"long name", [][]Label{nil, {{strings.Repeat("n", MaxLabelName+1), "v"}}}, "a name has 1 to 64"},
		{"long value", [][]Label{nil, {{"n", strings.Repeat("v", MaxLabelValue+1)}}}, "a value at most 128"},
		{"longest", [][]Label{nil, {{strings.Repeat("n", MaxLabelName), strings.Repeat("v", MaxLabelValue)}}}, ""},
		{"too many sets", make([][]Label, maxSets+1), "at most 65536"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			b := sample()
			b.Items, b.Labels = b.Items[:1], tt.give
			block, err := b.AppendBinary(nil)
			got := ""
			if err != nil {
				got = err.Error()
			}
			if !strings.Contains(got, tt.want) || (tt.want == "") != (err == nil) {
				t.Fatalf("AppendBinary() = %q, want %q", got, tt.want)
			}
			var back Batch
			if err == nil && (back.UnmarshalBinary(block) != nil || len(back.Labels) != max(1, len(tt.give))) {
				t.Errorf("read again: %d sets, want %d", len(back.Labels), max(1, len(tt.give)))
			}
		})
	}
}

// Every experience can have a label, a step and flags of its own.
func TestAFullBlockGivesBackItsBatch(t *testing.T) {
	want := &Batch{Journeys: []string{"/"}, Steps: []string{""}, Labels: [][]Label{nil}}
	for i := range MaxBatch {
		want.Steps = append(want.Steps, fmt.Sprint("GET /", i))
		want.Labels = append(want.Labels, []Label{{"release", fmt.Sprint(i)}})
		want.Items = append(want.Items, Experience{
			Person: 1, At: 1763900000000, Step: uint16(i + 1), Labels: uint16(i + 1), Cause: Cause(i % int(causes)), Critical: i%2 == 0, Rage: i%3 == 0,
		})
	}
	block, err := want.AppendBinary(nil)
	if err != nil {
		t.Fatal(err)
	}
	var got Batch
	if err := got.UnmarshalBinary(block); err != nil || !reflect.DeepEqual(&got, want) {
		t.Errorf("%d experiences (%v), want %d with the same labels", len(got.Items), err, len(want.Items))
	}
}

func TestAnIndexThatPointsNowhereIsDamage(t *testing.T) {
	for _, e := range []Experience{{Labels: 3}, {Labels: 65535}, {Step: 2}, {Journey: 2}} {
		b := sample()
		e.At = b.Items[0].At
		b.Items = append(b.Items, e)
		block, err := b.AppendBinary(nil)
		if err != nil {
			t.Fatal(err)
		}
		var got Batch
		if err := got.UnmarshalBinary(block); !errors.Is(err, ErrDamaged) || len(got.Labels) != 1 {
			t.Errorf("%+v was accepted: %v", e, err)
		}
	}
}

func TestLabelsTakeLittleRoom(t *testing.T) {
	b := &Batch{Labels: [][]Label{nil, {{"region", "eu"}}}}
	for range 1000 {
		b.Items = append(b.Items, Experience{Person: 1, At: 1763900000000, Labels: 1})
	}
	labelled, err := b.AppendBinary(nil)
	if err != nil {
		t.Fatal(err)
	}
	for i := range b.Items {
		b.Items[i].Labels = 0
	}
	b.Labels = [][]Label{nil}
	plain, err := b.AppendBinary(nil)
	if n := len(labelled) - len(plain); err != nil || n > 1020 {
		t.Errorf("1000 labels take %d bytes (%v), want one each and the set", n, err)
	}
}
