package status

import (
	"os"
	"path"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/honderd/honderd/look"
	"github.com/honderd/honderd/notify"
)

func TestACopyStandsAlone(t *testing.T) {
	dir := t.TempDir()
	o := Options{Board: hurtBoard, URL: "https://status.shop.example", Pages: []Page{{Name: "all", Logo: []byte("<svg/>")}, {Name: "shop", Tongues: []look.Tongue{look.NL}}}}
	for range 2 {
		if err := WriteCopy(o, dir); err != nil {
			t.Fatal(err)
		}
	}
	pages, links := 0, regexp.MustCompile(`(?:href|src)="([^"]*)"`)
	err := filepath.WalkDir(dir, func(name string, d os.DirEntry, err error) error {
		if err != nil || d.IsDir() || filepath.Ext(name) != ".html" {
			return err
		}
		pages++
		body, err := os.ReadFile(name)
		if err != nil {
			return err
		}
		if !strings.Contains(string(body), "Thu 26 Nov 12:00") && !strings.Contains(string(body), "do 26 nov 12:00") || strings.Contains(string(body), "<script>alert") {
			t.Errorf("%s does not say as of when it is", name)
		}
		for _, m := range links.FindAllStringSubmatch(string(body), -1) {
			if strings.HasPrefix(m[1], "#") {
				continue
			}
			if _, err := os.Stat(path.Join(filepath.Dir(name), m[1])); err != nil || strings.HasPrefix(m[1], "/") {
				t.Errorf("%s leads to %s, which is not there", name, m[1])
			}
		}
		return nil
	})
	if err != nil || pages != 3*4 {
		t.Errorf("%d pages, %v", pages, err)
	}
}

func TestNews(t *testing.T) {
	b := hurtBoard()
	n := NewNewsroom(Options{Board: hurtBoard, URL: "https://status.shop.example", Pages: []Page{{Title: "Shop"}}})
	got := n.News(b, Wish{}, noon().Add(-time.Hour))
	var ids []string
	for _, m := range got {
		ids = append(ids, m.ID)
		if m.Subject == "" || m.URL == "" || strings.ContainsAny(m.Subject, "\r\n\x1b") || strings.Contains(m.Text, "db-7") || strings.Contains(m.Text, "It is the bank.") {
			t.Errorf("message %+v", m)
		}
	}
	if want := "opened/2026-11-26-1140 said/2026-11-26-1140/1/1 said/2026-11-26-1140/4/1"; strings.Join(ids, " ") != want {
		t.Errorf("news %v", ids)
	}
	if all := n.News(b, Wish{Language: look.NL}, noon().AddDate(-1, 0, 0)); all[1].Kind != notify.Ended || !strings.Contains(all[1].Text, "Het duurde 1 u") {
		t.Errorf("news of a year %+v", all[:2])
	}
	if m := n.Invitation("id", "", look.EN, "tok", noon()); m.URL != "https://status.shop.example/status/confirm?t=tok" {
		t.Errorf("invitation %+v", m)
	}
}
