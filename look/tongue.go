package look

import (
	"fmt"
	"io/fs"
	"strings"
	"time"
)

// Tongue is a language that we speak.
type Tongue uint8

// The languages. English is the one that everything is written in first.
const (
	EN Tongue = iota
	NL
)

// String returns the code of t, as in <html lang> and ?lang=.
func (t Tongue) String() string {
	if t == NL {
		return "nl"
	}
	return "en"
}

// ParseTongue returns the language of a code such as "nl" or "nl-BE", and whether we
// speak it.
func ParseTongue(code string) (Tongue, bool) {
	base, _, _ := strings.Cut(strings.ToLower(strings.TrimSpace(code)), "-")
	switch base {
	case "en":
		return EN, true
	case "nl":
		return NL, true
	default:
		return EN, false
	}
}

// Reader is who reads: in which language, and in which time zone. Everything that
// becomes visible goes through one. The zero value reads English and UTC.
type Reader struct {
	Tongue Tongue
	Zone   *time.Location
	words  map[string]string
}

// For returns the reader of a language in a zone; nil is UTC.
func For(tongue Tongue, zone *time.Location) Reader {
	r := Reader{Tongue: tongue, Zone: zone}
	if tongue != EN {
		r.words = catalog(tongue)
	}
	return r
}

// T returns the English sentence in the language of r, with the args filled in as
// fmt.Sprintf does. A sentence without translation stays English.
func (r Reader) T(sentence string, args ...any) string {
	if other, ok := r.words[sentence]; ok {
		sentence = other
	}
	if len(args) == 0 {
		return sentence
	}
	return fmt.Sprintf(sentence, args...)
}

// Knows reports whether r has the sentence in its language.
func (r Reader) Knows(sentence string) bool {
	_, ok := r.words[sentence]
	return ok || r.Tongue == EN
}

// Other returns the language that r does not read, for a switch.
func (r Reader) Other() Tongue {
	if r.Tongue == NL {
		return EN
	}
	return NL
}

// catalog returns the sentences of a language by the English one, from all files whose
// name begins with its code. A file has pairs of lines: the English sentence, and below it
// the translation.
func catalog(tongue Tongue) map[string]string {
	words := make(map[string]string)
	names, err := fs.Glob(files, "words/"+tongue.String()+"*.txt")
	if err != nil {
		return nil
	}
	for _, name := range names {
		text, err := files.ReadFile(name)
		if err != nil {
			return nil
		}
		addWords(words, string(text))
	}
	return words
}

// addWords adds the pairs of a file to words.
func addWords(words map[string]string, text string) {
	english := ""
	for line := range strings.Lines(text) {
		line = strings.TrimSpace(line)
		switch {
		case line == "" || strings.HasPrefix(line, "#"):
			english = ""
		case english == "":
			english = line
		default:
			words[english], english = line, ""
		}
	}
}

// location returns the zone of r.
func (r Reader) location() *time.Location {
	if r.Zone == nil {
		return time.UTC
	}
	return r.Zone
}
