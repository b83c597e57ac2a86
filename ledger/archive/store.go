package archive

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"net/url"
	"strings"
)

// store keeps objects under names with slashes. What it has put is there, whole, after
// a crash; what it failed to put is there whole, as before, or not at all.
type store interface {
	// Put keeps p under name, in the place of what was there.
	Put(ctx context.Context, name string, p []byte) error

	// PutNew keeps p under name, or returns fs.ErrExist and changes nothing when there
	// is something.
	PutNew(ctx context.Context, name string, p []byte) error

	// Get returns what is under name, fs.ErrNotExist when there is nothing.
	Get(ctx context.Context, name string) ([]byte, error)

	// List returns every name that begins with prefix, in order. A store that is not
	// there yet is empty.
	List(ctx context.Context, prefix string) ([]string, error)

	// Remove removes what is under name. Nothing there is no error.
	Remove(ctx context.Context, name string) error
}

// openStore returns the store that where names: a folder, or
// s3://bucket/prefix?endpoint=https://host&region=name.
func openStore(where string) (store, error) {
	if where == "" {
		return nil, errors.New("open archive: no place given (fix: name a folder, or a bucket such as s3://bucket/honderd)")
	}
	scheme, _, found := strings.Cut(where, "://")
	if !found {
		return newFolder(where), nil
	}
	if scheme != "s3" {
		return nil, fmt.Errorf("open archive %s: %s is not known here (fix: name a folder, or a bucket such as s3://bucket/honderd)", where, scheme)
	}
	u, err := url.Parse(where)
	if err != nil {
		return nil, errors.New("open archive: the address of the bucket cannot be read (fix: write s3://bucket/honderd)") // it may hold a secret
	}
	return newBucket(u)
}

// isGone reports whether err says that there is nothing under a name.
func isGone(err error) bool { return errors.Is(err, fs.ErrNotExist) }
