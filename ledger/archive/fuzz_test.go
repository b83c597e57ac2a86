package archive

import (
	"fmt"
	"testing"

	"github.com/honderd/honderd/experience"
)

// FuzzManifest decodes any bytes.
func FuzzManifest(f *testing.F) {
	m := manifest{Generation: 3, Owner: "x", UpTo: 7, Files: []file{{Name: "facts/1", Rows: 1}}}
	p, err := m.encode()
	if err != nil {
		f.Fatal(err)
	}
	f.Add(p)
	f.Add(p[:len(p)-1])
	f.Add([]byte("\n"))
	f.Add([]byte("{}\n{\"crc32c\":\"00000000\"}\n"))
	f.Fuzz(func(t *testing.T, p []byte) {
		m, err := decodeManifest(p)
		if err != nil {
			return
		}
		again, err := m.encode()
		if n, err2 := decodeManifest(again); err != nil || err2 != nil || fmt.Sprint(n) != fmt.Sprint(m) {
			t.Errorf("%v is %v after a round", m, n)
		}
	})
}

// FuzzText writes any bytes as a text, and as a label, and reads them back.
func FuzzText(f *testing.F) {
	for _, seed := range []string{"", "GET /", "\xff", "\uFFFD", "\uFFFDx\xfe", "é\x00\"<"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, s string) {
		if got := fromText(toText(s)); got != s {
			t.Errorf("%q is %q after a round", s, got)
		}
		text, err := labelsText([]experience.Label{{Name: s, Value: s}})
		if err != nil {
			t.Fatal(err)
		}
		if set, err := labelsOf(text); err != nil || len(set) != 1 || set[0].Name != s || set[0].Value != s {
			t.Errorf("label %q is %q after a round, %v", s, set, err)
		}
		_, _ = labelsOf(s) // must not panic
	})
}

// FuzzFacts decodes any bytes as facts.
func FuzzFacts(f *testing.F) {
	p, _, err := encodeFacts([]Fact{{Sequence: 1, Subject: "release", Data: []byte(`{"a":1}`)}})
	if err != nil {
		f.Fatal(err)
	}
	f.Add(p)
	f.Add(p[:len(p)/2])
	f.Fuzz(func(_ *testing.T, p []byte) {
		_, _ = decodeFacts(p, &file{Rows: 1, First: 1, Last: 1})
	})
}

// FuzzRows decodes any bytes as experiences.
func FuzzRows(f *testing.F) {
	rows := []row{{at: 1_800_000_000_000, person: 1, seq: 1}}
	t := newTexts()
	rows[0].labels = t.id("{}")
	p, about, err := encodeRows(rows, t)
	if err != nil {
		f.Fatal(err)
	}
	f.Add(p)
	f.Add(p[:len(p)/2])
	f.Fuzz(func(_ *testing.T, p []byte) {
		about.Bytes, about.Sum = int64(len(p)), sum(p)
		_ = examine(p, &about)
	})
}
