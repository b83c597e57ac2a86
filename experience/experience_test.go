package experience

import (
	"encoding/binary"
	"encoding/hex"
	"errors"
	"reflect"
	"strings"
	"testing"
	"time"
)

func sample() *Batch {
	return &Batch{
		Source: "accesslog /a", Position: "{}", Journeys: []string{"/", "/shop"}, Steps: []string{"", "GET /shop"},
		Items: []Experience{
			{Person: 7, At: 1763900000000, Wait: 12, Journey: 1},
			{Person: 1 << 63, At: 1763899999000, Cause: TooSlow, Wait: 9000, Step: 1},
			{Person: 7, At: 1763900000000, Mask: Stale, Part: true, Step: 1},
			{Person: 8, At: 1763900000100, Step: 1, Labels: 1, Critical: true},
			{Person: 8, At: 1763900000200, Labels: 2, Rage: true},
		},
		Labels: [][]Label{nil, {{"region", "eu"}}, {{"audience", "customers"}, {"region", "us"}}},
		Tally: Tally{
			Lines: 5, Bytes: 900, Parsed: 4, Robots: 1, Formats: map[string]int64{"combined": 4},
			Rejects: map[string]Reject{"binary": {1, []string{"x"}}}, Addresses: []AddressCount{{9, 2}},
		},
	}
}

func TestABlockGivesBackItsBatch(t *testing.T) {
	want := sample()
	block, err := want.AppendBinary(nil)
	if err != nil {
		t.Fatal(err)
	}
	var got Batch
	if err := got.UnmarshalBinary(block); err != nil || !reflect.DeepEqual(&got, want) {
		t.Errorf("%+v (%v), want %+v", got, err, want)
	}
	for i := range block { // any bit that flips is noticed
		block[i] ^= 1
		if err := got.UnmarshalBinary(block); err == nil || len(got.Items) != 0 {
			t.Fatalf("a flipped bit in byte %d of %d was not noticed", i, len(block))
		}
		block[i] ^= 1
	}
	if err := got.UnmarshalBinary(block[:len(block)-1]); !errors.Is(err, ErrDamaged) {
		t.Errorf("a block that is cut off: %v", err)
	}
}

// versionOne is the block that was made of the first three of sample before there were
// labels.
const versionOne = "686e6442012e6df5af0c6163636573736c6f67202f61027b7d02012f052f73686f70020009474554202f73686f70" +
	"0a880e080200000108636f6d62696e656408010662696e617279020101780109000000000000000403809c908ad666cf0fd00f" +
	"0700000000000000000000000000008007000000000000000ca846000100000060050101"

// What was written before there were labels is still read.
func TestABlockOfVersionOne(t *testing.T) {
	block, err := hex.DecodeString(versionOne)
	if err != nil {
		t.Fatal(err)
	}
	want := sample()
	want.Items, want.Labels = want.Items[:3], [][]Label{nil}
	var got Batch
	if err := got.UnmarshalBinary(block); err != nil || !reflect.DeepEqual(&got, want) {
		t.Errorf("%+v (%v), want %+v", got, err, want)
	}
	now, err := got.AppendBinary(nil)
	if err != nil || len(now) > len(block)+3 {
		t.Errorf("without labels it takes %d bytes now (%v), and took %d", len(now), err, len(block))
	}
	block[4] = 3
	if err := got.UnmarshalBinary(block); err == nil || !strings.Contains(err.Error(), "use a newer honderd") {
		t.Errorf("a block of version 3: %v", err)
	}
}

func TestPlainFactsTakeNoMoreRoom(t *testing.T) {
	b := sample()
	b.Items, b.Labels = b.Items[:1], [][]Label{nil}
	one, _ := b.AppendBinary(nil)
	b.Items = append(b.Items, b.Items[0])
	two, _ := b.AppendBinary(nil)
	if n := len(two) - len(one); n != 12 {
		t.Errorf("a second experience takes %d bytes, want 12", n)
	}
}

func TestABlockHasAnEnd(t *testing.T) {
	b := Batch{Items: make([]Experience, MaxBatch+1)}
	if _, err := b.AppendBinary(nil); err == nil {
		t.Error("a batch that is too long was encoded")
	}
}

func FuzzUnmarshal(f *testing.F) {
	block, err := sample().AppendBinary(nil)
	if err != nil {
		f.Fatal(err)
	}
	old, err := hex.DecodeString(versionOne)
	if err != nil {
		f.Fatal(err)
	}
	f.Add(block[9:], false)
	f.Add(old[9:], true)
	f.Fuzz(func(t *testing.T, body []byte, old bool) {
		p := append([]byte(blockMagic), 0, 0, 0, 0)
		p = append(p, body...)
		binary.LittleEndian.PutUint32(p[5:], checksum(body))
		if old {
			p[4] = 1
		}
		var b, again Batch
		if b.UnmarshalBinary(p) != nil {
			return
		}
		if !b.consistent() || checkSets(b.Labels) != nil || len(b.Labels) == 0 {
			t.Error("a batch that points nowhere was accepted")
		}
		block, err := b.AppendBinary(nil)
		if err != nil {
			t.Fatalf("what was read cannot be written: %v", err)
		}
		if err := again.UnmarshalBinary(block); err != nil || !reflect.DeepEqual(again.Items, b.Items) || !reflect.DeepEqual(again.Labels, b.Labels) {
			t.Errorf("what was read is written as %+v (%v), want %+v", again, err, b)
		}
	})
}

func TestJudge(t *testing.T) {
	rules, raw := DefaultRules(), RawRules()
	custom := DefaultRules()
	custom.Bad, custom.Good = []int{404}, []int{503}
	tests := []struct {
		name   string
		rules  *Rules
		status int
		wait   time.Duration
		want   Cause
	}{
		{"a page", &rules, 200, -1, Fine},
		{"not found is not our fault", &rules, 404, -1, Fine},
		{"an error", &rules, 500, -1, ServerError},
		{"nobody behind the door", &rules, 502, -1, Unreachable},
		{"Cloudflare's own", &rules, 522, -1, Unreachable},
		{"turned away", &rules, 429, -1, TooMany},
		{"the service stopped waiting", &rules, 408, -1, TimedOut},
		{"left after waiting", &rules, 499, 3 * time.Second, GaveUp},
		{"clicked on", &rules, 499, 999 * time.Millisecond, Fine},
		{"left, nobody knows when", &rules, 499, -1, GaveUp},
		{"patience to the end", &rules, 200, 8 * time.Second, Fine},
		{"slower than patience", &rules, 200, 8*time.Second + 1, TooSlow},
		{"an error is an error, however slow", &rules, 500, time.Minute, ServerError},
		{"raw is never slow", &raw, 200, time.Hour, Fine},
		{"raw 429", &raw, 429, -1, Fine},
		{"raw 499", &raw, 499, 0, GaveUp},
		{"raw 503", &raw, 503, -1, Unreachable},
		{"chosen bad", &custom, 404, -1, ServerError},
		{"chosen good", &custom, 503, -1, Fine},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if got := tt.rules.Judge(tt.status, tt.wait); got != tt.want {
				t.Errorf("Judge(%d, %v) = %v, want %v", tt.status, tt.wait, got, tt.want)
			}
		})
	}
}

func TestIsPart(t *testing.T) {
	rules := DefaultRules()
	for _, tt := range []struct {
		path          string
		part, noticed bool
	}{
		{"/a/b.css", true, true}, {"/A.JPG", true, true}, {"/app.js.map", true, false}, {"/favicon.ico", true, false},
		{"/shop", false, true}, {"/a.b/c", false, true}, {"/paper.pdf", false, true}, {"", false, true},
	} {
		if part, noticed := rules.IsPart(tt.path); part != tt.part || noticed != tt.noticed {
			t.Errorf("IsPart(%q) = %v, %v", tt.path, part, noticed)
		}
	}
}

func TestRulesSayTheWayOut(t *testing.T) {
	err := Rules{Patience: -1, GaveUpAfter: -1, Bad: []int{500}, Good: []int{200}}.Validate()
	if err == nil || strings.Count(err.Error(), "fix:") != 4 {
		t.Errorf("Validate() = %v, want four ways out", err)
	}
	if err := DefaultRules().Validate(); err != nil {
		t.Error(err)
	}
}
