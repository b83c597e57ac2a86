package account

import (
	"context"
	"crypto/rand"
	"crypto/subtle"
	"encoding/base64"
	"fmt"
	"strings"

	"golang.org/x/crypto/argon2"
)

// How much a guess costs: 19 MiB, two passes, one lane.
//
// Source: OWASP Password Storage Cheat Sheet; RFC 9106.
const (
	hashMemory = 19 * 1024 // KiB
	hashPasses = 2
	hashLanes  = 1
	hashSize   = 32 // bytes
	saltSize   = 16 // bytes
)

// maxHashes is how many passwords are tried at once: each takes hashMemory and a core.
const maxHashes = 2

// hashPassword returns what a password is recognised by, in the PHC format.
func hashPassword(password string) string {
	salt := make([]byte, saltSize)
	rand.Read(salt)
	key := argon2.IDKey([]byte(password), salt, hashPasses, hashMemory, hashLanes, hashSize)
	b := base64.RawStdEncoding
	return fmt.Sprintf("$argon2id$v=%d$m=%d,t=%d,p=%d$%s$%s", argon2.Version, hashMemory, hashPasses, hashLanes, b.EncodeToString(salt), b.EncodeToString(key))
}

// parseHash reads a hash, false when it is none that can be computed here.
func parseHash(hash string) (salt, key []byte, memory, passes uint32, lanes uint8, ok bool) {
	parts := strings.Split(hash, "$")
	if len(parts) != 6 || parts[1] != "argon2id" || parts[2] != fmt.Sprintf("v=%d", argon2.Version) {
		return
	}
	if _, err := fmt.Sscanf(parts[3], "m=%d,t=%d,p=%d", &memory, &passes, &lanes); err != nil || memory > 1<<20 || passes < 1 || passes > 64 || lanes < 1 {
		return
	}
	salt, err1 := base64.RawStdEncoding.DecodeString(parts[4])
	key, err2 := base64.RawStdEncoding.DecodeString(parts[5])
	return salt, key, memory, passes, lanes, err1 == nil && err2 == nil && len(key) >= 16
}

// fits reports whether the hash is of the password. It takes as long when there is no
// hash, so that nobody learns which names there are.
func fits(hash, password string) bool {
	salt, key, memory, passes, lanes, ok := parseHash(hash)
	if !ok {
		salt, key, memory, passes, lanes = make([]byte, saltSize), make([]byte, hashSize), hashMemory, hashPasses, hashLanes
	}
	got := argon2.IDKey([]byte(password), salt, passes, memory, lanes, uint32(len(key)))
	return subtle.ConstantTimeCompare(got, key) == 1 && ok
}

// A bench has few places where passwords are tried.
type bench chan struct{}

// fits waits for a place.
func (b bench) fits(ctx context.Context, hash, password string) (bool, error) {
	select {
	case b <- struct{}{}:
		defer func() { <-b }()
		return fits(hash, password), nil
	case <-ctx.Done():
		return false, ctx.Err()
	}
}
