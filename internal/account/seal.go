package account

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/rand"
	"encoding/base64"
	"encoding/json"
	"errors"
	"sync"
	"time"
)

// ErrSeal is the answer to what was not sealed here, is too old, or was given back before.
var ErrSeal = errors.New("that took too long, or was done before (fix: begin again)")

// Seals lets a browser keep something for us between two requests: nobody can read or
// change it, and it is taken back once. So who begins a thousand logins and ends none
// takes no room here. It is made by NewSeals; what it sealed is worth nothing after a
// restart.
type Seals struct {
	aead cipher.AEAD

	mu   sync.Mutex
	used map[string]time.Time // by nonce: until when it would be good
}

// sealed is what is in a seal.
type sealed struct {
	Until time.Time       `json:"u"`
	What  json.RawMessage `json:"w"`
}

// NewSeals returns seals with a key of their own.
func NewSeals() (*Seals, error) {
	key := make([]byte, 32)
	rand.Read(key)
	block, err := aes.NewCipher(key)
	if err != nil {
		return nil, err
	}
	aead, err := cipher.NewGCM(block)
	return &Seals{aead: aead, used: map[string]time.Time{}}, err
}

// Seal returns v for a browser to keep until a time. What is sealed for one purpose is
// good for no other.
func (s *Seals) Seal(purpose string, v any, until time.Time) (string, error) {
	what, err := json.Marshal(v)
	if err != nil {
		return "", err
	}
	text, err := json.Marshal(sealed{until, what})
	if err != nil {
		return "", err
	}
	nonce := make([]byte, s.aead.NonceSize())
	rand.Read(nonce)
	return base64.RawURLEncoding.EncodeToString(s.aead.Seal(nonce, nonce, text, []byte(purpose))), nil
}

// Open takes back into v what Seal gave.
func (s *Seals) Open(purpose, text string, v any, now time.Time) error {
	raw, err := base64.RawURLEncoding.DecodeString(text)
	if n := s.aead.NonceSize(); err != nil || len(raw) < n {
		return ErrSeal
	}
	nonce, rest := raw[:s.aead.NonceSize()], raw[s.aead.NonceSize():]
	plain, err := s.aead.Open(nil, nonce, rest, []byte(purpose))
	var in sealed
	if err != nil || json.Unmarshal(plain, &in) != nil || now.After(in.Until) {
		return ErrSeal
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	for key, until := range s.used {
		if now.After(until) {
			delete(s.used, key)
		}
	}
	if _, again := s.used[string(nonce)]; again {
		return ErrSeal
	}
	s.used[string(nonce)] = in.Until
	return json.Unmarshal(in.What, v)
}
