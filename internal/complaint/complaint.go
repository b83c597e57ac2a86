// Package complaint tells what somebody says in public of a service: in which language,
// and whether that it does not work. It knows Dutch and English.
package complaint

import (
	"strings"
	"unicode"
)

// Reading is what a text says.
type Reading struct {
	Language string   // nl, en, or "" when it cannot be told
	Outage   bool     // it says that something does not work now
	Phrases  []string // by which that was seen
}

// Read reads a text. It is decided by word lists of our own: no model, and no certainty.
func Read(text string) Reading {
	words := split(text)
	line := " " + strings.Join(words, " ") + " "
	r := Reading{Language: language(words)}
	end := contains(line, endings())
	over := end != "" && !strings.Contains(line, " "+end+" niet ")
	for _, p := range phrases() {
		at := strings.Index(line, " "+p+" ")
		if at < 0 || negated(line[:at+1], p) {
			continue
		}
		r.Phrases = append(r.Phrases, p)
	}
	r.Outage = len(r.Phrases) > 0 && !over
	return r
}

// split returns the words of a text in small letters, without marks and addresses.
func split(text string) []string {
	text = strings.ToLower(strings.ReplaceAll(text, "’", "'"))
	var words []string
	for field := range strings.FieldsSeq(text) {
		if strings.Contains(field, "://") || strings.HasPrefix(field, "@") {
			continue
		}
		word := strings.TrimFunc(field, func(c rune) bool { return !unicode.IsLetter(c) && !unicode.IsDigit(c) })
		if word != "" {
			words = append(words, word)
		}
	}
	return words
}

// language returns the language most of whose small words are there.
func language(words []string) string {
	dutch, english := set(dutchWords()), set(englishWords())
	nl, en := 0, 0
	for _, w := range words {
		if dutch[w] {
			nl++
		}
		if english[w] {
			en++
		}
	}
	switch {
	case nl > en:
		return "nl"
	case en > nl:
		return "en"
	}
	return ""
}

func set(list []string) map[string]bool {
	m := make(map[string]bool, len(list))
	for _, w := range list {
		m[w] = true
	}
	return m
}

// contains returns the first of phrases that line has.
func contains(line string, phrases []string) string {
	for _, p := range phrases {
		if strings.Contains(line, " "+p+" ") {
			return p
		}
	}
	return ""
}

// negated reports whether what stands just before a phrase turns it round: no outage. A
// phrase that says itself what does not work cannot be.
func negated(before, phrase string) bool {
	if strings.Contains(phrase, " ") {
		return false
	}
	words := strings.Fields(before)
	for i := max(0, len(words)-2); i < len(words); i++ {
		switch words[i] {
		case "no", "not", "never", "isn't", "without", "geen", "niet", "nooit", "zonder":
			return true
		}
	}
	return false
}

// phrases are how people say that something does not work now.
func phrases() []string {
	return []string{
		// Dutch
		"storing", "plat", "ligt eruit", "ligt er uit", "ligt plat", "ligt op zijn gat", "doet het niet", "doet niks", "doet niets", "werkt niet",
		"werkt niks", "kan niet inloggen", "kan niet betalen", "kan niet pinnen", "kan niks", "niet bereikbaar", "onbereikbaar", "offline",
		"laadt niet", "blijft laden", "blijft hangen", "foutmelding", "uit de lucht", "inloggen lukt niet", "betalen lukt niet", "lukt niet",
		"weer niet", "traag", "overbelast", "eruit",
		// English
		"down", "outage", "is down", "not working", "isn't working", "doesn't work", "does not work", "won't load", "not loading", "can't log in",
		"can't login", "cannot log in", "can't pay", "cannot pay", "can't access", "cannot access", "can't connect", "unreachable", "unavailable",
		"broken", "keeps crashing", "error 500", "error 502", "error 503", "timed out", "times out", "timing out", "anyone else", "so slow",
		"payment failed", "server error",
	}
}

// endings are how people say that it is over, or that it is not now.
func endings() []string {
	return []string{
		"doet het weer", "werkt weer", "is weer online", "opgelost", "storing voorbij", "was plat", "back up", "back online", "works again", "is working again",
		"resolved", "fixed now", "scheduled maintenance", "gepland onderhoud",
	}
}

func dutchWords() []string {
	return []string{
		"de", "het", "een", "en", "van", "ik", "je", "dat", "die", "is", "niet", "met", "op", "voor", "er", "maar", "om", "hem", "dan", "zou", "wat", "mijn",
		"jullie", "weer", "nog", "ook", "al", "al", "bij", "naar", "uit", "heb", "kan", "geen", "wel", "iemand", "hoe", "waarom", "sinds", "vandaag", "nu", "doet", "ligt",
	}
}

func englishWords() []string {
	return []string{
		"the", "a", "an", "and", "of", "i", "you", "that", "is", "not", "with", "on", "for", "but", "to", "my", "your", "again", "still", "also", "at", "from",
		"have", "can", "no", "anyone", "how", "why", "since", "today", "now", "it", "this", "are", "was", "been", "else", "can't", "isn't", "doesn't",
	}
}
