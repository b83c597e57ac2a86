package status

import (
	"archive/zip"
	"bytes"
	"errors"
	"fmt"
	"maps"
	"net/http"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"

	"github.com/honderd/honderd/look"
	"github.com/honderd/honderd/view"
)

// A copy is all pages as files that any web server can give, so that they can stand where
// nothing of ours runs. Every page says as of when it is, and that it is not known how it
// is now once that is more than five minutes ago.

// copied is how many incidents of a copy have a page of their own.
const copied = 200

// WriteCopy writes a copy of the pages of o to a folder. Each file is as before or as
// after, whatever happens; others are left alone.
func WriteCopy(o Options, dir string) error {
	files, err := newSite(o).copy()
	if err != nil {
		return err
	}
	var errs []error
	for _, name := range slices.Sorted(maps.Keys(files)) {
		errs = append(errs, writeWhole(filepath.Join(dir, filepath.FromSlash(name)), files[name]))
	}
	if err := errors.Join(errs...); err != nil {
		return fmt.Errorf("copy the status page: %w", err)
	}
	return nil
}

func writeWhole(name string, content []byte) error {
	if err := os.MkdirAll(filepath.Dir(name), 0o755); err != nil {
		return err
	}
	if old, err := os.ReadFile(name); err == nil && bytes.Equal(old, content) {
		return nil
	}
	if err := os.WriteFile(name+".tmp", content, 0o644); err != nil {
		return err
	}
	return os.Rename(name+".tmp", name)
}

// copyHandler gives a copy as one zip file.
type copyHandler struct{ o Options }

// CopyHandler returns what gives a copy of the pages of o as one zip file.
func CopyHandler(o Options) http.Handler { return copyHandler{o} }

// ServeHTTP gives the copy.
func (c copyHandler) ServeHTTP(w http.ResponseWriter, _ *http.Request) {
	s := newSite(c.o)
	files, err := s.copy()
	var out bytes.Buffer
	z := zip.NewWriter(&out)
	for _, name := range slices.Sorted(maps.Keys(files)) {
		f, err2 := z.Create(name)
		if err2 == nil {
			_, err2 = f.Write(files[name])
		}
		err = errors.Join(err, err2)
	}
	if err = errors.Join(err, z.Close()); err != nil {
		s.Log.Error("copy of the status page not made", "error", err)
		http.Error(w, "The copy could not be made. The log of honderd says why.", http.StatusInternalServerError)
		return
	}
	w.Header().Set("Content-Type", "application/zip")
	w.Header().Set("Cache-Control", "no-store")
	_, _ = w.Write(out.Bytes()) // the reader has gone
}

// copy returns the files of a copy by their paths. Each page has a folder for itself in
// each language; the first one in its first language is at the top.
func (s *site) copy() (map[string][]byte, error) {
	files := map[string][]byte{}
	b := s.board()
	var errs []error
	for i := range s.Pages {
		p := &s.Pages[i]
		dir := ""
		if i > 0 {
			dir = p.Name + "/"
		}
		first := s.Tongue
		if !speaks(p, first) {
			first = p.Tongues[0]
		}
		other := look.For(first, nil).Other()
		errs = append(errs, s.copyPage(files, dir, asked{page: p, tongue: first}, false, b))
		if speaks(p, other) {
			errs = append(errs, s.copyPage(files, dir+other.String()+"/", asked{page: p, tongue: other}, true, b))
		}
	}
	return files, errors.Join(errs...)
}

// board returns the board. One that nobody made yet says that nothing is measured.
func (s *site) board() Board {
	b := s.Board()
	if b.Public.Now.Health == "" {
		b.Public.Now = view.Present{Health: view.Unmeasured, Minutes: 60}
	}
	return b
}

// copyPage adds the files of one page in one language.
func (s *site) copyPage(files map[string][]byte, dir string, a asked, second bool, b Board) error {
	var errs []error
	html := func(rest string) {
		a.rest = rest
		sh := s.sheet(a, b)
		sh.Copy, sh.second, sh.depth, sh.Subscribe = true, second, strings.Count(rest, "/"), false
		body, err := sh.write()
		name := rest + ".html"
		if rest == "" {
			name = "index.html"
		}
		files[dir+name], errs = body, append(errs, err)
	}
	html("")
	html("history")
	a.rest = ""
	sh := s.sheet(a, b)
	for _, i := range sh.B.Incidents[:min(len(sh.B.Incidents), copied)] {
		html("incidents/" + i.ID)
	}
	names := []string{"feed.atom", "feed.rss", "feed.json", "planned.ics", "badge/status.svg", "badge/status.json", "badge/days.svg", "badge/days.json"}
	for _, c := range sh.Components {
		names = append(names, "badge/"+c.ID+".svg", "badge/"+c.ID+".json")
	}
	for _, name := range spNames() {
		names = append(names, "api/v2/"+name)
	}
	for _, name := range names {
		a.rest = name
		if _, write := s.maker(a, b); write != nil {
			body, err := write()
			files[dir+name], errs = body, append(errs, err)
		}
	}
	for _, name := range []string{"honderd.css", "status.css", "favicon.svg", "status.js"} {
		body, _, _ := look.Asset(name)
		files[dir+"assets/"+name] = body
	}
	if len(a.page.Logo) > 0 {
		files[dir+"assets/"+logoFile(a.page.Logo)] = a.page.Logo
	}
	return errors.Join(errs...)
}

// toCopy returns the address of a path from a page of a copy.
func (s sheet) toCopy(to string) string {
	return strings.Repeat("../", s.depth) + copyName(to)
}

func copyName(to string) string {
	switch kind, rest, _ := strings.Cut(to, "/"); {
	case to == "":
		return "index.html"
	case to == "history", kind == "incidents" && rest != "":
		return to + ".html"
	}
	return to
}

// otherCopy returns where a page of a copy is in the other language.
func (s sheet) otherCopy(to string) string {
	if s.second {
		return strings.Repeat("../", s.depth+1) + copyName(to)
	}
	return path.Join(strings.Repeat("../", s.depth)+s.R.Other().String(), copyName(to))
}

// logoFile returns how the file of a logo is called in a copy.
func logoFile(logo []byte) string {
	kind := strings.TrimPrefix(logoMedia(logo), "image/")
	kind, _, _ = strings.Cut(kind, "+")
	return "logo." + kind
}
