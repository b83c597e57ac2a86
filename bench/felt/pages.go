package main

import (
	"crypto/sha256"
	"fmt"
	"net/http"
	"strconv"
	"sync"
)

var pages sync.Map //nolint:gochecknoglobals // what page made already

// page is what a path has: the same on every server. It is not to be changed.
func page(path string, size int) []byte {
	key := fmt.Sprint(path, " ", size)
	if p, known := pages.Load(key); known {
		body, _ := p.([]byte)
		return body
	}
	body := makePage(path, size)
	pages.Store(key, body)
	return body
}

func makePage(path string, size int) []byte {
	sum := sha256.Sum256([]byte(path))
	p := make([]byte, 0, size+len(path)+64)
	for i := 0; len(p) < size; i++ {
		p = fmt.Appendf(p, "%x %d %s\n", sum[:8], i, path)
	}
	return p[:size:size]
}

// sizeOf reads the size that a request names.
func sizeOf(r *http.Request) int {
	n, err := strconv.Atoi(r.URL.Query().Get("size"))
	if err != nil {
		return 1024
	}
	return n
}
