package status

import (
	"strings"
)

// toCopy returns the address of a path from a page of a copy.
func (s sheet) toCopy(path string) string {
	up := strings.Repeat("../", s.depth)
	switch kind, rest, _ := strings.Cut(path, "/"); {
	case path == "":
		return up + "index.html"
	case path == "history", kind == "incidents" && rest != "":
		return up + path + ".html"
	}
	return up + path
}

func (s sheet) otherCopy(string) string { return "" }

func logoFile(logo []byte) string {
	return "logo" + strings.Map(func(r rune) rune {
		if r == '/' {
			return '.'
		}
		return r
	}, strings.TrimPrefix(strings.TrimSuffix(logoMedia(logo), "+xml"), "image"))
}
