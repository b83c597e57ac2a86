package gateway

import (
	"crypto/sha256"
	"crypto/sha512"
	"crypto/subtle"
	"encoding/base64"
	"net/http"
	"strings"
)

// isFault reports whether a status says that the backend failed. 501 and 505 say what it
// cannot do, which others of its kind cannot either.
func isFault(status int) bool {
	return status >= 500 && status != http.StatusNotImplemented && status != http.StatusHTTPVersionNotSupported
}

// isStream reports whether an answer is to be passed on as it comes.
func isStream(h http.Header, status int) bool {
	if status == http.StatusSwitchingProtocols || h.Get("X-Accel-Buffering") == "no" {
		return true
	}
	kind := h.Get("Content-Type")
	if kind == "" {
		return false
	}
	media := strings.ToLower(media(h))
	return media == "text/event-stream" || strings.HasPrefix(media, "application/grpc") ||
		media == "multipart/x-mixed-replace" || media == "application/x-ndjson" || media == "application/jsonl"
}

// marked reports whether h has the mark that every good answer has.
func marked(h http.Header, mark string) bool {
	if mark == "" {
		return true
	}
	name, value, exact := strings.Cut(mark, ":")
	have, has := h[http.CanonicalHeaderKey(strings.TrimSpace(name))]
	if !has {
		return false
	}
	value = strings.TrimSpace(value)
	for _, v := range have {
		if !exact || strings.EqualFold(v, value) {
			return true
		}
	}
	return false
}

// whole reports whether body is what the digests of h say: RFC 9530, and Content-MD5
// is too weak to tell anything else than damage, which is what is asked here.
func whole(h http.Header, status int, body []byte) bool {
	for _, list := range h["Content-Digest"] {
		if !digestsHold(list, body) {
			return false
		}
	}
	if status == http.StatusOK && h.Get("Content-Encoding") == "" { // of the whole thing, not of a part
		for _, list := range h["Repr-Digest"] {
			if !digestsHold(list, body) {
				return false
			}
		}
	}
	return true
}

// digestsHold reports whether none of the digests that can be checked is another.
func digestsHold(list string, body []byte) bool {
	for one := range strings.SplitSeq(list, ",") {
		name, value, found := strings.Cut(strings.TrimSpace(one), "=")
		value, _, _ = strings.Cut(value, ";")
		value = strings.TrimSpace(value)
		if !found || len(value) < 2 || value[0] != ':' || value[len(value)-1] != ':' {
			continue
		}
		want, err := base64.StdEncoding.DecodeString(value[1 : len(value)-1])
		if err != nil {
			continue
		}
		var got []byte
		switch strings.ToLower(strings.TrimSpace(name)) {
		case "sha-256":
			sum := sha256.Sum256(body)
			got = sum[:]
		case "sha-512":
			sum := sha512.Sum512(body)
			got = sum[:]
		default:
			continue
		}
		if subtle.ConstantTimeCompare(want, got) != 1 {
			return false
		}
	}
	return true
}
