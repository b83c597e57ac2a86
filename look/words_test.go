package look

import (
	"os"
	"path/filepath"
	"regexp"
	"testing"
)

// asked finds the English sentences that a Reader is asked for: in code and parts, in
// notes, in tables that T is called with, and in the reasons of the access log.
func asked() []*regexp.Regexp {
	return []*regexp.Regexp{
		regexp.MustCompile(`\.T\(?\s?"((?:[^"\\]|\\.)*)"`),
		regexp.MustCompile(`add\("\w+", "((?:[^"\\]|\\.)*)"`),
		regexp.MustCompile(`\{"([a-z ,]+)", s\.[A-Z]\w+\}`),
		regexp.MustCompile(`(?m)^\s+(?:no\w+|tooLong|binary|impossibleTime)\s+= "([^"]+)"`),
	}
}

// sentences returns them, each with a file that it is in.
func sentences(t *testing.T, patterns ...string) map[string]string {
	t.Helper()
	found := make(map[string]string)
	for _, pattern := range patterns {
		names, err := filepath.Glob(pattern)
		if err != nil {
			t.Fatal(err)
		}
		for _, name := range names {
			text, err := os.ReadFile(name)
			if err != nil {
				t.Fatal(err)
			}
			for _, ask := range asked() {
				for _, m := range ask.FindAllStringSubmatch(string(text), -1) {
					found[m[1]] = name
				}
			}
		}
	}
	return found
}

func TestEverySentenceHasDutch(t *testing.T) {
	r := For(NL, nil)
	found := sentences(t, "*.go", "parts/*.html", "../report/*.go", "../report/*.html", "../web/*.go", "../web/*.html", "../status/*.go", "../status/*.html",
		"../view/notes.go", "../source/accesslog/parse.go", "../source/accesslog/clock.go")
	if len(found) < 100 {
		t.Errorf("only %d sentences found: the test looks in the wrong place", len(found))
	}
	for sentence, name := range found {
		if !r.Knows(sentence) {
			t.Errorf("no Dutch for %q of %s (fix: add it to words/nl.txt)", sentence, name)
		}
	}
}

func TestTranslationsTakeTheSameArguments(t *testing.T) {
	verb := regexp.MustCompile(`%(\[\d\])?[sd]`)
	for english, dutch := range catalog(NL) {
		if a, b := len(verb.FindAllString(english, -1)), len(verb.FindAllString(dutch, -1)); a != b {
			t.Errorf("%q takes %d arguments, %q takes %d", english, a, dutch, b)
		}
	}
}
