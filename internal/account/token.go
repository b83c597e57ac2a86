package account

import (
	"fmt"
	"slices"
	"strings"
	"time"
)

// Tokens returns the tokens, in the order of their names.
func (s *Store) Tokens() ([]Token, error) {
	c, err := s.read()
	list := slices.Clone(c.Tokens)
	slices.SortFunc(list, func(a, b Token) int { return strings.Compare(a.Name, b.Name) })
	return list, err
}

// maxTokens is how many tokens one account may have.
const maxTokens = 50

// AddToken makes a token of an account, or with "" of nobody, which is returned and kept
// nowhere.
func (s *Store) AddToken(owner, name string, role Role, expires time.Time) (string, error) {
	if err := CheckName(name); err != nil {
		return "", err
	}
	text := TokenPrefix + secret()
	t := Token{Name: name, Role: role, Sum: sum(text), Owner: owner, Created: time.Now().UTC().Truncate(time.Second), Expires: expires.UTC().Truncate(time.Second)}
	return text, s.change(func(c *content) error {
		if c.token(name) >= 0 {
			return fmt.Errorf("token %s: %w", name, ErrTaken)
		}
		own := 0
		for _, one := range c.Tokens {
			if owner != "" && one.Owner == owner {
				own++
			}
		}
		if own >= maxTokens {
			return fmt.Errorf("%d tokens are the most for one account (fix: remove those that nothing uses)", maxTokens)
		}
		c.Tokens = append(c.Tokens, t)
		c.tell("token added to "+t.Scope(), name)
		return nil
	})
}

// RemoveToken removes a token of an account, or with "" of anybody.
func (s *Store) RemoveToken(owner, name string) error {
	return s.change(func(c *content) error {
		i := c.token(name)
		if i < 0 || owner != "" && c.Tokens[i].Owner != owner {
			return fmt.Errorf("token %.80q: %w", name, ErrMissing)
		}
		c.Tokens = slices.Delete(c.Tokens, i, i+1)
		c.tell("token removed", name)
		return nil
	})
}

// Token returns the token that a program showed, false when it lets nobody in. It may no
// more than its owner may now.
func (s *Store) Token(text string, now time.Time) (Token, bool) {
	c, err := s.read()
	if err != nil || !strings.HasPrefix(text, TokenPrefix) {
		return Token{}, false
	}
	of := sum(text)
	i := slices.IndexFunc(c.Tokens, func(t Token) bool { return t.Sum == of })
	if i < 0 || !now.Before(c.Tokens[i].Expires) {
		return Token{}, false
	}
	t := c.Tokens[i]
	if t.Owner == "" {
		return t, true
	}
	owner := c.account(t.Owner)
	if owner < 0 || c.Accounts[owner].Disabled {
		return Token{}, false
	}
	t.Role, t.Within = min(t.Role, c.Accounts[owner].Role), c.Accounts[owner].Within
	return t, true
}
