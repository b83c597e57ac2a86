package config

import (
	"fmt"
	"strings"
)

// readFormat reads how the lines of a log are written. Only the reader of logs knows
// the fields, so Options.Format has the last word.
func (o Options) readFormat(text string) (any, error) {
	if err := checkShape(text); err != nil {
		return nil, err
	}
	if o.Format != nil {
		if err := o.Format(text); err != nil {
			return nil, err
		}
	}
	return text, nil
}

// checkShape reports what cannot be a format of any program.
func checkShape(text string) error {
	first, rest, more := strings.Cut(strings.TrimSpace(text), " ")
	switch {
	case first == "":
		return fmt.Errorf("there is nothing in these quotes (fix: take the key out, and it is found out)")
	case !strings.ContainsAny(text, "$%{"):
		if more && rest != "" {
			return fmt.Errorf("this format has no field (fix: copy it from the configuration of the server, with each $ or %%)")
		}
		return nil
	}
	for _, open := range []string{"${", "%{"} {
		for rest := text; ; {
			_, after, found := strings.Cut(rest, open)
			if !found {
				break
			}
			name, left, closed := strings.Cut(after, "}")
			if !closed {
				return fmt.Errorf("a field opened with %s is never closed (fix: write } after %s%s)", open, open, firstWord(name))
			}
			rest = left
		}
	}
	return nil
}

func firstWord(text string) string {
	word, _, _ := strings.Cut(text, " ")
	return strings.TrimRight(word, `"'`)
}
