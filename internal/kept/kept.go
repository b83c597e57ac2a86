// Package kept keeps answers that are made once and sent often: packed, until what they
// were made of has changed.
package kept

import (
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"encoding/hex"
	"io"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"time"
)

// Answer is something that was made to be sent, often. It does not change.
type Answer struct {
	plain  []byte // nil when packed has it
	packed []byte // nil: it is too small to be worth it
	etag   string
}

// worthwhile is from how many bytes on it is worth to compress: less fits in one packet.
const worthwhile = 1400

// Pack returns body as an answer.
func Pack(body []byte) *Answer {
	sum := sha256.Sum256(body)
	a := &Answer{plain: body, etag: hex.EncodeToString(sum[:12])}
	if len(body) >= worthwhile {
		var b bytes.Buffer
		z := gzip.NewWriter(&b)
		_, _ = z.Write(body) // a buffer takes everything
		_ = z.Close()
		a.plain, a.packed = nil, b.Bytes()
	}
	return a
}

// Send answers with a, or says that the reader has it already. The headers that say what
// it is, and who may keep it, are set before.
func (a *Answer) Send(w http.ResponseWriter, r *http.Request) {
	h := w.Header()
	h.Add("Vary", "Accept-Encoding")
	body, etag := a.plain, `"`+a.etag+`"`
	zipped := a.packed != nil && Zips(r.Header.Get("Accept-Encoding"))
	if zipped {
		body, etag = a.packed, `"`+a.etag+`-z"`
	}
	h.Set("ETag", etag)
	if match := r.Header.Get("If-None-Match"); match != "" && (strings.Contains(match, etag) || match == "*") {
		w.WriteHeader(http.StatusNotModified)
		return
	}
	if zipped {
		h.Set("Content-Encoding", "gzip")
	} else if a.packed != nil {
		body = unpack(a.packed)
	}
	h.Set("Content-Length", strconv.Itoa(len(body)))
	if r.Method != http.MethodHead {
		_, _ = w.Write(body) // the reader has gone: nobody is left to tell
	}
}

// unpack returns what was packed, for the few who cannot read that.
func unpack(packed []byte) []byte {
	z, err := gzip.NewReader(bytes.NewReader(packed))
	if err != nil {
		return nil // we packed it ourselves
	}
	body, _ := io.ReadAll(z)
	return body
}

// Zips reads an Accept-Encoding header: whether gzip may be sent.
func Zips(header string) bool {
	for part := range strings.SplitSeq(header, ",") {
		name, parameters, _ := strings.Cut(part, ";")
		if name = strings.TrimSpace(name); !strings.EqualFold(name, "gzip") && name != "*" {
			continue
		}
		_, q, found := strings.Cut(parameters, "q=")
		quality, err := strconv.ParseFloat(strings.TrimSpace(q), 64)
		if !found || err != nil || quality > 0 {
			return true
		}
	}
	return false
}

// Version says what answers were made of: answers of another one are forgotten.
type Version [2]int64

// most bounds how many answers of one version are kept; more are made each time.
const most = 512

// Cache keeps answers of one version, and those of the one before for a while. The zero
// Cache is empty.
type Cache struct {
	mu      sync.Mutex
	version Version
	by      map[string]*making
	before  map[string]*making // finished ones of versions before

	beside sync.Mutex // held by whoever makes an answer beside those who ask: one at a time
}

// making is an answer that is made once, however many wait for it.
type making struct {
	once sync.Once
	a    *Answer
	err  error

	at   time.Time // when it was finished; zero: it is not yet, or it failed
	took time.Duration
}

// Limits of what is made beside those who ask: it took longer than quick, and they get one
// that is not older than lately.
const (
	quick  = 25 * time.Millisecond
	lately = 10 * time.Second
)

// Get returns the answer under name, made by write if there is none of this version yet.
// What could not be made is tried again by the next who asks.
func (c *Cache) Get(v Version, name string, write func() ([]byte, error)) (*Answer, error) {
	c.mu.Lock()
	m, _ := c.find(v, name)
	c.mu.Unlock()
	return c.make(m, name, write)
}

// Soon is Get for who can do with the answer of the version before, for some seconds, when
// making one takes long: then it is made beside those who ask, one at a time, and write is
// called in a goroutine that ends by itself.
func (c *Cache) Soon(v Version, name string, write func() ([]byte, error)) (*Answer, error) {
	c.mu.Lock()
	m, first := c.find(v, name)
	old := c.before[name]
	if !m.at.IsZero() || old == nil || old.took < quick || time.Since(old.at) > lately {
		c.mu.Unlock()
		return c.make(m, name, write)
	}
	defer c.mu.Unlock()
	if first {
		go func() {
			c.beside.Lock()
			defer c.beside.Unlock()
			c.mu.Lock()
			wanted := c.by[name] == m
			c.mu.Unlock()
			if wanted {
				_, _ = c.make(m, name, write) // who asks next tries again
			}
		}()
	}
	return old.a, nil
}

// find returns the answer under name, and whether nobody had asked for it; the cache is held.
func (c *Cache) find(v Version, name string) (m *making, first bool) {
	if c.version != v || c.by == nil {
		c.turn()
		c.version, c.by = v, map[string]*making{}
	}
	if m = c.by[name]; m != nil {
		return m, false
	}
	m = &making{}
	if len(c.by) < most {
		c.by[name] = m
	}
	return m, true
}

// turn keeps the answers of this version for a while.
func (c *Cache) turn() {
	if c.before == nil {
		c.before = map[string]*making{}
	}
	for name, m := range c.by {
		if !m.at.IsZero() {
			c.before[name] = m
		}
	}
	for name, m := range c.before {
		if time.Since(m.at) > lately {
			delete(c.before, name)
		}
	}
}

// make makes m, which is under name, unless it is made.
func (c *Cache) make(m *making, name string, write func() ([]byte, error)) (*Answer, error) {
	m.once.Do(func() {
		began := time.Now()
		body, err := write()
		if m.err = err; err == nil {
			m.a = Pack(body)
		}
		c.mu.Lock()
		defer c.mu.Unlock()
		if err == nil {
			m.at, m.took = time.Now(), time.Since(began)
		} else if c.by[name] == m {
			delete(c.by, name)
		}
	})
	return m.a, m.err
}
