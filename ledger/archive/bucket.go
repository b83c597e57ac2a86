package archive

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"github.com/minio/minio-go/v7"
	"github.com/minio/minio-go/v7/pkg/credentials"
)

// bucket is a store in an S3-compatible bucket.
type bucket struct {
	client *minio.Client
	name   string
	prefix string // "" or with a slash at its end
}

// newBucket returns the bucket that u names. Who we are there is taken from the
// environment or the machine, never from u.
func newBucket(u *url.URL) (*bucket, error) {
	if u.User != nil {
		return nil, fmt.Errorf("open archive s3://%s: the address holds a key (fix: put keys in AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY)", u.Host)
	}
	host, secure, region, err := endpoint(u)
	if err != nil {
		return nil, err
	}
	o := &minio.Options{
		Creds: credentials.NewChainCredentials([]credentials.Provider{
			&credentials.EnvAWS{}, &credentials.FileAWSCredentials{}, &credentials.IAM{},
		}),
		Secure: secure, Region: region, MaxRetries: 3,
	}
	client, err := minio.New(host, o)
	if err != nil {
		return nil, fmt.Errorf("open archive s3://%s: %w (fix: write endpoint=https://host)", u.Host, err)
	}
	prefix := strings.Trim(u.Path, "/")
	if prefix != "" {
		prefix += "/"
	}
	return &bucket{client: client, name: u.Host, prefix: prefix}, nil
}

// endpoint reads what stands behind the ? of an address.
func endpoint(u *url.URL) (host string, secure bool, region string, err error) {
	host, secure = "s3.amazonaws.com", true
	if u.Host == "" {
		return "", false, "", errors.New("open archive: no bucket given (fix: write s3://bucket/honderd)")
	}
	for key, values := range u.Query() {
		value := values[len(values)-1]
		switch key {
		case "region":
			region = value
		case "endpoint":
			scheme, rest, found := strings.Cut(value, "://")
			if !found {
				scheme, rest = "https", value
			}
			host, secure = strings.TrimSuffix(rest, "/"), scheme == "https"
			if scheme != "https" && scheme != "http" || host == "" || strings.ContainsAny(host, "/@") {
				return "", false, "", fmt.Errorf("open archive s3://%s: the endpoint is not an address (fix: write endpoint=https://host)", u.Host)
			}
		default:
			return "", false, "", fmt.Errorf("open archive s3://%s: %q is not known here (fix: write endpoint or region; keys belong in AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY)", u.Host, key)
		}
	}
	return host, secure, region, nil
}

// Put puts an object, which S3 does wholly or not at all.
func (b *bucket) Put(ctx context.Context, name string, p []byte) error {
	return b.put(ctx, name, p, minio.PutObjectOptions{})
}

// PutNew puts an object only where none is.
func (b *bucket) PutNew(ctx context.Context, name string, p []byte) error {
	var o minio.PutObjectOptions
	o.SetMatchETagExcept("*")
	err := b.put(ctx, name, p, o)
	refused, _ := errors.AsType[minio.ErrorResponse](err)
	switch refused.StatusCode {
	case http.StatusPreconditionFailed, http.StatusConflict:
		return fmt.Errorf("%s: %w", name, fs.ErrExist)
	case http.StatusNotImplemented: // a server that knows no condition: two processes could both find nothing
		if _, err := b.client.StatObject(ctx, b.name, b.prefix+name, minio.StatObjectOptions{}); err == nil {
			return fmt.Errorf("%s: %w", name, fs.ErrExist)
		} else if err = b.told(name, err); !isGone(err) {
			return err
		}
		return b.Put(ctx, name, p)
	}
	return err
}

func (b *bucket) put(ctx context.Context, name string, p []byte, o minio.PutObjectOptions) error {
	o.ContentType = "application/octet-stream"
	o.DisableMultipart = true
	o.SendContentMd5 = true
	_, err := b.client.PutObject(ctx, b.name, b.prefix+name, bytes.NewReader(p), int64(len(p)), o)
	return b.told(name, err)
}

// Get gets an object.
func (b *bucket) Get(ctx context.Context, name string) ([]byte, error) {
	object, err := b.client.GetObject(ctx, b.name, b.prefix+name, minio.GetObjectOptions{})
	if err != nil {
		return nil, b.told(name, err)
	}
	p, err := io.ReadAll(object)
	return p, b.told(name, errors.Join(err, object.Close()))
}

// List lists objects.
func (b *bucket) List(ctx context.Context, prefix string) ([]string, error) {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel() // ends the listing when we stop early
	var names []string
	for object := range b.client.ListObjects(ctx, b.name, minio.ListObjectsOptions{Prefix: b.prefix + prefix, Recursive: true}) {
		if object.Err != nil {
			return nil, b.told(prefix, object.Err)
		}
		names = append(names, strings.TrimPrefix(object.Key, b.prefix))
	}
	slices.Sort(names)
	return names, ctx.Err()
}

// Remove removes an object.
func (b *bucket) Remove(ctx context.Context, name string) error {
	err := b.told(name, b.client.RemoveObject(ctx, b.name, b.prefix+name, minio.RemoveObjectOptions{}))
	if isGone(err) {
		return nil
	}
	return err
}

// told puts an answer of the bucket in our words.
func (b *bucket) told(name string, err error) error {
	if err == nil {
		return nil
	}
	answer, _ := errors.AsType[minio.ErrorResponse](err)
	where := "s3://" + b.name + "/" + b.prefix + name
	switch answer.Code {
	case minio.NoSuchKey:
		return fmt.Errorf("%s: %w", where, fs.ErrNotExist)
	case minio.NoSuchBucket:
		return fmt.Errorf("%s: there is no such bucket (fix: make it, or name another one): %w", where, err)
	case minio.AccessDenied, "InvalidAccessKeyId", "SignatureDoesNotMatch":
		return fmt.Errorf("%s: we may not do that there (fix: check AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY and what they allow): %w", where, err)
	}
	return fmt.Errorf("%s: %w", where, err)
}
