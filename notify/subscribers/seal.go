package subscribers

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/rand"
	"crypto/subtle"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
)

// seal reads and writes one file whose content nobody without the key can read or change.
type seal struct {
	path string
	gcm  cipher.AEAD
}

// Files in the folder of data.
const (
	sealedFile = "subscribers"
	keyFile    = "subscribers.key"
)

// bound is what a sealed file is bound to: another file of ours is not taken for it.
const bound = "honderd subscribers 1"

// openSeal returns the file in a folder, with its key, which is made the first time.
func openSeal(dir string) (seal, error) {
	path := filepath.Join(dir, keyFile)
	key, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		if _, err := os.Stat(filepath.Join(dir, sealedFile)); err == nil {
			return seal{}, fmt.Errorf("%s is missing, without which the subscribers cannot be read (fix: put back the copy from your backup)", path)
		}
		key = make([]byte, 32)
		rand.Read(key)
		err = writeWhole(path, key)
	}
	if err != nil {
		return seal{}, fmt.Errorf("key of subscribers: %w", err)
	}
	block, err := aes.NewCipher(key)
	if err != nil || len(key) != 32 {
		return seal{}, fmt.Errorf("the key in %s has %d bytes, not 32 (fix: put back the copy from your backup)", path, len(key))
	}
	gcm, err := cipher.NewGCMWithRandomNonce(block)
	return seal{filepath.Join(dir, sealedFile), gcm}, err
}

// read returns what is in the file, nil when there is none yet.
func (s seal) read() ([]byte, error) {
	sealed, err := os.ReadFile(s.path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("read subscribers: %w", err)
	}
	text, err := s.gcm.Open(nil, nil, sealed, []byte(bound))
	if err != nil {
		return nil, fmt.Errorf("%s is damaged, or sealed with another key (fix: put back the copies of it and of %s from your backup)", s.path, keyFile)
	}
	return text, nil
}

func (s seal) write(text []byte) error {
	return writeWhole(s.path, s.gcm.Seal(nil, nil, text, []byte(bound)))
}

// writeWhole writes a file so that it is as before or as after, whatever happens.
func writeWhole(path string, content []byte) (err error) {
	f, err := os.OpenFile(path+".tmp", os.O_CREATE|os.O_TRUNC|os.O_WRONLY, 0o600)
	if err != nil {
		return err
	}
	_, err = f.Write(content)
	if err = errors.Join(err, f.Sync(), f.Close()); err != nil {
		return errors.Join(err, os.Remove(f.Name()))
	}
	return os.Rename(f.Name(), path)
}

// same compares in a time that says nothing of where they differ.
func same(a, b string) bool { return subtle.ConstantTimeCompare([]byte(a), []byte(b)) == 1 }
