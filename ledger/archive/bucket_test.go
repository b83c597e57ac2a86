package archive

import (
	"bufio"
	"bytes"
	"context"
	"crypto/md5"
	"encoding/base64"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"maps"
	"net/http"
	"net/http/httptest"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"

	"github.com/honderd/honderd/ledger"
)

// counter is an S3 server of one bucket. It checks what it is sent, lists a few names a
// page, and can say that it knows no conditions.
type counter struct {
	t       *testing.T
	plain   bool // it knows no conditions
	mu      sync.Mutex
	objects map[string][]byte
}

func newCounter(t *testing.T) (*counter, string) {
	t.Helper()
	t.Setenv("AWS_ACCESS_KEY_ID", "AKIATEST")
	t.Setenv("AWS_SECRET_ACCESS_KEY", "secret")
	c := &counter{t: t, objects: map[string][]byte{}}
	server := httptest.NewServer(c)
	t.Cleanup(server.Close)
	return c, "s3://facts/in/here?region=eu-west-1&endpoint=" + server.URL
}

func (c *counter) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if !strings.HasPrefix(r.Header.Get("Authorization"), "AWS4-HMAC-SHA256 Credential=AKIATEST/") || !strings.Contains(r.Header.Get("Authorization"), "/eu-west-1/s3/") {
		c.t.Errorf("%s %s is signed %q", r.Method, r.URL, r.Header.Get("Authorization"))
	}
	key, in := strings.CutPrefix(r.URL.Path, "/facts/")
	if !in {
		answer(w, http.StatusNotFound, "NoSuchBucket")
		return
	}
	p, known := c.objects[key]
	switch {
	case r.Method == http.MethodPut:
		c.put(w, r, key, known)
	case r.URL.Query().Has("list-type"):
		c.list(w, r.URL.Query().Get("prefix"), r.URL.Query().Get("continuation-token"))
	case r.Method == http.MethodDelete:
		delete(c.objects, key)
		w.WriteHeader(http.StatusNoContent)
	case !known:
		answer(w, http.StatusNotFound, "NoSuchKey")
	default:
		w.Header().Set("Content-Length", strconv.Itoa(len(p)))
		w.Header().Set("Last-Modified", "Mon, 02 Nov 2026 09:00:00 GMT")
		w.Header().Set("ETag", `"1"`)
		if r.Method == http.MethodGet {
			_, _ = w.Write(p)
		}
	}
}

func (c *counter) put(w http.ResponseWriter, r *http.Request, key string, known bool) {
	if r.Header.Get("If-None-Match") == "*" {
		if c.plain {
			answer(w, http.StatusNotImplemented, "NotImplemented")
			return
		}
		if known {
			answer(w, http.StatusPreconditionFailed, "PreconditionFailed")
			return
		}
	}
	p, err := body(r)
	hash := md5.Sum(p)
	if err != nil || r.Header.Get("Content-Md5") != base64.StdEncoding.EncodeToString(hash[:]) {
		c.t.Errorf("PUT %s: %d bytes with MD5 %q, %v", key, len(p), r.Header.Get("Content-Md5"), err)
	}
	c.objects[key] = p
	w.Header().Set("ETag", `"1"`)
}

// body reads what was sent, in signed pieces when it is without TLS.
func body(r *http.Request) ([]byte, error) {
	if !strings.HasPrefix(r.Header.Get("X-Amz-Content-Sha256"), "STREAMING-") {
		return io.ReadAll(r.Body)
	}
	var all bytes.Buffer
	lines := bufio.NewReader(r.Body)
	for {
		head, err := lines.ReadString('\n')
		if err != nil {
			return nil, err
		}
		size, _, _ := strings.Cut(strings.TrimSpace(head), ";")
		n, err := strconv.ParseInt(size, 16, 64)
		if err != nil {
			return nil, err
		}
		if n == 0 {
			if want := r.Header.Get("X-Amz-Decoded-Content-Length"); want != strconv.Itoa(all.Len()) {
				return nil, fmt.Errorf("%d bytes, want %s", all.Len(), want)
			}
			return all.Bytes(), nil
		}
		if _, err := io.CopyN(&all, lines, n); err != nil {
			return nil, err
		}
		if _, err := lines.ReadString('\n'); err != nil {
			return nil, err
		}
	}
}

func (c *counter) list(w http.ResponseWriter, prefix, after string) {
	type object struct {
		Key          string
		LastModified string
		ETag         string
		Size         int
	}
	page := struct {
		XMLName               xml.Name `xml:"ListBucketResult"`
		IsTruncated           bool
		NextContinuationToken string
		Contents              []object
	}{}
	for _, key := range slices.Sorted(maps.Keys(c.objects)) {
		if !strings.HasPrefix(key, prefix) || key <= after {
			continue
		}
		if len(page.Contents) == 3 {
			page.IsTruncated, page.NextContinuationToken = true, page.Contents[2].Key
			break
		}
		page.Contents = append(page.Contents, object{key, "2026-11-02T09:00:00.000Z", `"1"`, len(c.objects[key])})
	}
	w.Header().Set("Content-Type", "application/xml")
	_ = xml.NewEncoder(w).Encode(page)
}

func answer(w http.ResponseWriter, status int, code string) {
	w.Header().Set("Content-Type", "application/xml")
	w.WriteHeader(status)
	_, _ = fmt.Fprintf(w, "<Error><Code>%s</Code><Message>no</Message></Error>", code)
}

// TestStores holds every store to what is said of stores.
func TestStores(t *testing.T) {
	old, where := newCounter(t)
	old.plain = true
	_, known := newCounter(t)
	places := map[string]string{"folder": t.TempDir(), "bucket": known, "bucket without conditions": where}
	for name, where := range places {
		t.Run(name, func(t *testing.T) {
			s, err := openStore(where)
			if err != nil {
				t.Fatal(err)
			}
			ctx := t.Context()
			if names, err := s.List(ctx, "facts/"); err != nil || len(names) != 0 {
				t.Errorf("List() of nothing = %v, %v", names, err)
			}
			if _, err := s.Get(ctx, "facts/a"); !errors.Is(err, fs.ErrNotExist) {
				t.Errorf("Get() of nothing = %v", err)
			}
			if err := s.Remove(ctx, "facts/a"); err != nil {
				t.Errorf("Remove() of nothing = %v", err)
			}
			for i, p := range [][]byte{bytes.Repeat([]byte("x"), 200_000), {}} {
				if err := s.Put(ctx, "facts/a", p); err != nil {
					t.Fatal(err)
				}
				if got, err := s.Get(ctx, "facts/a"); err != nil || !bytes.Equal(got, p) {
					t.Errorf("Get() %d = %d bytes, %v", i, len(got), err)
				}
			}
			if err := s.PutNew(ctx, "facts/a", []byte("new")); !errors.Is(err, fs.ErrExist) {
				t.Errorf("PutNew() where something is = %v", err)
			}
			for i := range 7 {
				if err := s.PutNew(ctx, fmt.Sprint("facts/b/", i), []byte("new")); err != nil {
					t.Errorf("PutNew() = %v", err)
				}
			}
			if names, err := s.List(ctx, "facts/b/"); err != nil || len(names) != 7 || names[0] != "facts/b/0" {
				t.Errorf("List() = %v, %v", names, err)
			}
			for i := range 7 {
				if err := s.Remove(ctx, fmt.Sprint("facts/b/", i)); err != nil {
					t.Errorf("Remove() = %v", err)
				}
			}
			if names, err := s.List(ctx, ""); err != nil || len(names) != 1 {
				t.Errorf("List() = %v, %v", names, err)
			}
		})
	}
}

// TestAnArchiveInABucket writes, compacts and reads an archive in a bucket.
func TestAnArchiveInABucket(t *testing.T) {
	_, where := newCounter(t)
	batches := townDays(t, 150, 1)
	a, err := Open(t.Context(), Options{Where: where})
	if err != nil {
		t.Fatal(err)
	}
	for i, b := range batches {
		if err := a.Write(t.Context(), ledger.Sequence(i+1), b); err != nil {
			t.Fatal(err)
		}
	}
	if upTo, err := a.Flush(t.Context()); err != nil || int(upTo) != len(batches) {
		t.Fatalf("Flush() = %d, %v", upTo, err)
	}
	if a, err = Open(t.Context(), Options{Where: where}); err != nil {
		t.Fatal(err)
	}
	same(t, a, batches)
}

// TestWrongPlaces says what is wrong with a place, and the way out, and never a key.
func TestWrongPlaces(t *testing.T) {
	for where, want := range map[string]string{
		"":                                 "fix: name a folder",
		"gs://bucket":                      "gs is not known here",
		"s3://":                            "no bucket given",
		"s3://bucket/x?endpoint=ftp://h":   "fix: write endpoint=https://host",
		"s3://bucket/x?secret=hunter2":     "AWS_SECRET_ACCESS_KEY",
		"s3://key:hunter2@bucket/x":        "AWS_SECRET_ACCESS_KEY",
		"s3://key:hunter2@bucket:x%zz/%zz": "cannot be read",
	} {
		_, err := Open(context.Background(), Options{Where: where})
		if err == nil || !strings.Contains(err.Error(), want) || strings.Contains(err.Error(), "hunter2") {
			t.Errorf("Open(%q) = %v, want %q", where, err, want)
		}
	}
}
