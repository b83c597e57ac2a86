package app

import (
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"os"
)

// saltSize is how many bytes the key of all pseudonyms has.
const saltSize = 32

// loadSalt returns the key of all pseudonyms, which is made the first time. Beside it
// stands a fingerprint: with one bit changed everybody would be somebody new, and nobody
// would notice.
func loadSalt(path string) ([]byte, error) {
	salt, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		return newSalt(path)
	}
	if err != nil {
		return nil, fmt.Errorf("read the salt: %w", err)
	}
	if len(salt) != saltSize {
		return nil, fmt.Errorf("the salt in %s has %d bytes, not %d (fix: put back the copy from your backup; without it everybody is somebody new)", path, len(salt), saltSize)
	}
	want := fingerprint(salt)
	have, err := os.ReadFile(fingerprintOf(path))
	switch {
	case errors.Is(err, fs.ErrNotExist): // from before there were fingerprints, or restored
		if err := writeWhole(fingerprintOf(path), want); err != nil {
			return nil, fmt.Errorf("keep the fingerprint of the salt: %w", err)
		}
	case err != nil:
		return nil, fmt.Errorf("read the fingerprint of the salt: %w", err)
	case string(have) != string(want):
		return nil, fmt.Errorf("%s and its fingerprint in %s do not belong together: one of them is damaged (fix: put back the salt from your backup; if it is the same there, remove the fingerprint)", path, fingerprintOf(path))
	}
	return salt, nil
}

// newSalt makes a salt. A fingerprint without one says that there was one, and that people
// are known by it.
func newSalt(path string) ([]byte, error) {
	if _, err := os.Stat(fingerprintOf(path)); err == nil {
		return nil, fmt.Errorf("the salt in %s is gone (fix: put back the copy from your backup; to go on without it, with everybody somebody new, remove %s)", path, fingerprintOf(path))
	}
	salt := make([]byte, saltSize)
	rand.Read(salt)
	if err := writeWhole(path, salt); err != nil {
		return nil, fmt.Errorf("keep the salt: %w", err)
	}
	if err := writeWhole(fingerprintOf(path), fingerprint(salt)); err != nil {
		return nil, fmt.Errorf("keep the fingerprint of the salt: %w", err)
	}
	return salt, nil
}

// fingerprintOf returns where the fingerprint of a salt is.
func fingerprintOf(path string) string { return path + ".check" }

// fingerprint returns what a salt is known by. It tells nothing of the salt, which is too
// long to be guessed.
func fingerprint(salt []byte) []byte {
	sum := sha256.Sum256(append([]byte("honderd salt\x00"), salt...))
	return []byte(hex.EncodeToString(sum[:]) + "\n")
}
