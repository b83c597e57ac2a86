package logfile

import (
	"cmp"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"unicode"
)

// sibling is a file that may hold a generation of the log: the one at the path itself
// or one whose name shows that it was rotated away.
type sibling struct {
	name    string // its full path
	info    fs.FileInfo
	current bool   // it is the one at the path
	dated   string // what rotation put into its name: a number or a time; "": something else
}

// siblings lists the file at path and the files that may be older generations of it,
// those of the file a link points to included. What is not a regular file is left out.
// The error says why a folder could not be listed; the file at path is there anyhow.
func siblings(path string) ([]sibling, error) {
	var list []sibling
	if info, err := os.Stat(path); err == nil && info.Mode().IsRegular() {
		list = append(list, sibling{name: path, info: info, current: true})
	}
	list, err := appendSiblings(list, path, false)
	if target, linked := resolve(path); linked {
		var more error
		list, more = appendSiblings(list, target, true)
		err = errors.Join(err, more)
	}
	return list, err
}

// resolve returns the file that path is a link to, and whether it is a link.
func resolve(path string) (string, bool) {
	if info, err := os.Lstat(path); err != nil || info.Mode()&fs.ModeSymlink == 0 {
		return path, false
	}
	target, err := filepath.EvalSymlinks(path)
	return target, err == nil
}

// appendSiblings appends the siblings of path that are not yet in list. Those of the
// target of a link may also differ from it in any of the numbers in their names.
func appendSiblings(list []sibling, path string, linked bool) ([]sibling, error) {
	dir, base := filepath.Split(path)
	entries, err := os.ReadDir(filepath.Clean(dir + "."))
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return list, explain(filepath.Clean(dir+"."), err)
	}
	for _, e := range entries {
		mark, ok := rotated(base, e.Name())
		if linked && !ok && e.Name() != base && shape(base) != "" && shape(e.Name()) == shape(base) {
			mark, ok = e.Name(), true
		}
		if !ok || e.IsDir() {
			continue
		}
		info, err := os.Stat(filepath.Join(dir, e.Name()))
		if err == nil && info.Mode().IsRegular() && !contains(list, info) {
			list = append(list, sibling{name: filepath.Join(dir, e.Name()), info: info, dated: mark})
		}
	}
	return list, nil
}

func contains(list []sibling, info fs.FileInfo) bool {
	for _, s := range list {
		if os.SameFile(s.info, info) {
			return true
		}
	}
	return false
}

// rotated reports whether name can be that of an older generation of base, as in
// access.log.1, access.log-20261123.gz or access-20261123.log, and returns what
// rotation put into it if that is a number or a time.
func rotated(base, name string) (dated string, ok bool) {
	name, _ = withoutPacking(name)
	if name == base { // access.log.gz; or the log itself, which is listed apart
		return "", true
	}
	if rest, ok := strings.CutPrefix(name, base); ok && strings.ContainsRune(".-_", rune(rest[0])) {
		return date(rest[1:]), true
	}
	end := filepath.Ext(base)
	start := strings.TrimSuffix(base, end)
	rest, ok := strings.CutPrefix(name, start)
	if rest, ok2 := strings.CutSuffix(rest, end); ok && ok2 && start != "" && len(rest) > 1 && strings.ContainsRune(".-_", rune(rest[0])) {
		dated = date(rest[1:])
		return dated, dated != "" // access-api.log is another log
	}
	return "", false
}

// date returns s if it is a number or a time as rotation writes it, else "".
func date(s string) string {
	if s == "old" || s == "prev" {
		return s
	}
	digits := 0
	for _, r := range s {
		switch {
		case unicode.IsDigit(r):
			digits++
		case !strings.ContainsRune("-_.:+@TZ", r):
			return ""
		}
	}
	if digits == 0 {
		return ""
	}
	return s
}

// shape is name without what its numbers say; "" when it has none.
func shape(name string) string {
	name, _ = withoutPacking(name)
	var b strings.Builder
	for _, r := range name {
		if !unicode.IsDigit(r) {
			b.WriteRune(r)
		} else if s := b.String(); !strings.HasSuffix(s, "0") {
			b.WriteByte('0')
		}
	}
	if s := b.String(); strings.Contains(s, "0") {
		return s
	}
	return ""
}

// byAge orders siblings from old to new: by their time, then by what is in their names,
// where a small number falls (access.log.2 is older than access.log.1) and a date rises.
func byAge(a, b sibling) int {
	if c := a.info.ModTime().Compare(b.info.ModTime()); c != 0 {
		return c
	}
	m, err1 := strconv.Atoi(a.dated)
	n, err2 := strconv.Atoi(b.dated)
	const small = 9999 // from here on it is a year or a date
	if err1 == nil && err2 == nil && m <= small && n <= small {
		return cmp.Compare(n, m)
	}
	return strings.Compare(a.dated, b.dated)
}

// sameNames reports whether two listings have the same files under the same names.
func sameNames(a, b []sibling) bool {
	if len(a) != len(b) {
		return false
	}
	for i := range a {
		if a[i].name != b[i].name || !os.SameFile(a[i].info, b[i].info) {
			return false
		}
	}
	return true
}
