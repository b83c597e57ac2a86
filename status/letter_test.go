package status

import (
	"encoding/json"
	"encoding/xml"
	"fmt"
	"net/http"
	"net/mail"
	"slices"
	"strings"
	"testing"
)

// atom is a feed as RFC 4287 has it; elements of no name here are mistakes.
type atom struct {
	XMLName  xml.Name    `xml:"http://www.w3.org/2005/Atom feed"`
	ID       []string    `xml:"id"`
	Title    []string    `xml:"title"`
	Updated  []string    `xml:"updated"`
	Subtitle []string    `xml:"subtitle"`
	Authors  []string    `xml:"author>name"`
	Links    []atomLink  `xml:"link"`
	Entries  []atomEntry `xml:"entry"`
	Others   []xml.Name  `xml:",any"`
}

type atomLink struct {
	Href string `xml:"href,attr"`
	Rel  string `xml:"rel,attr"`
}

type atomText struct {
	Type string `xml:"type,attr"`
	Text string `xml:",chardata"`
}

type atomEntry struct {
	ID      []string   `xml:"id"`
	Title   []string   `xml:"title"`
	Updated []string   `xml:"updated"`
	Links   []atomLink `xml:"link"`
	Summary []atomText `xml:"summary"`
	Content []atomText `xml:"content"`
	Others  []xml.Name `xml:",any"`
}

// wrongAtom says what RFC 4287 forbids in a feed.
func wrongAtom(f atom) (wrong []string) {
	must := func(ok bool, what string, args ...any) {
		if !ok {
			wrong = append(wrong, fmt.Sprintf(what, args...))
		}
	}
	common := func(at string, id, title, updated []string, links []atomLink) {
		must(len(id) == 1 && isKind("url", id[0]), "%s: atom:id %v, want one absolute IRI (4.2.6)", at, id)
		must(len(title) == 1 && title[0] != "", "%s: atom:title %v, want one (4.2.14)", at, title)
		must(len(updated) == 1 && isKind("time", updated[0]), "%s: atom:updated %v, want one date (4.2.15)", at, updated)
		alternates := 0
		for _, l := range links {
			must(isKind("url", l.Href), "%s: atom:link %v (4.2.7.1)", at, l)
			if l.Rel == "" || l.Rel == "alternate" {
				alternates++
			}
		}
		must(alternates == 1, "%s: %d alternate links, want one (4.1.1)", at, alternates)
	}
	common("feed", f.ID, f.Title, f.Updated, f.Links)
	must(len(f.Authors) >= 1 && f.Authors[0] != "", "feed: no author, and entries have none (4.1.1)")
	must(len(f.Subtitle) <= 1 && len(f.Others) == 0, "feed: others %v", f.Others)
	seen := map[string]bool{}
	for i, e := range f.Entries {
		at := fmt.Sprintf("entry %d", i)
		common(at, e.ID, e.Title, e.Updated, e.Links)
		must(len(e.Content) <= 1 && len(e.Summary) <= 1 && len(e.Others) == 0, "%s: content %d, summary %d, others %v (4.1.2)", at, len(e.Content), len(e.Summary), e.Others)
		for _, c := range append(slices.Clone(e.Content), e.Summary...) {
			must(slices.Contains([]string{"text", "html", ""}, c.Type), "%s: content of type %q (4.1.3)", at, c.Type)
		}
		for _, id := range e.ID {
			must(!seen[id], "%s: the id %s is there twice (4.1.1)", at, id)
			seen[id] = true
		}
	}
	return wrong
}

// rss is a feed as RSS 2.0 has it.
type rss struct {
	XMLName xml.Name `xml:"rss"`
	Version string   `xml:"version,attr"`
	Channel []struct {
		Title       []string `xml:"title"`
		Link        []string `xml:"link"`
		Description []string `xml:"description"`
		Editor      []string `xml:"managingEditor"`
		Built       []string `xml:"lastBuildDate"`
		Published   []string `xml:"pubDate"`
		Items       []struct {
			Title       []string `xml:"title"`
			Link        []string `xml:"link"`
			Description []string `xml:"description"`
			Published   []string `xml:"pubDate"`
			GUID        []struct {
				Permanent string `xml:"isPermaLink,attr"`
				ID        string `xml:",chardata"`
			} `xml:"guid"`
		} `xml:"item"`
	} `xml:"channel"`
}

// wrongRSS says what RSS 2.0 forbids in a feed. page reports whether there is one
// at an address.
func wrongRSS(f rss, page func(address string) bool) (wrong []string) {
	must := func(ok bool, what string, args ...any) {
		if !ok {
			wrong = append(wrong, fmt.Sprintf(what, args...))
		}
	}
	date := func(list []string) bool {
		if len(list) != 1 {
			return false
		}
		_, err := mail.ParseDate(list[0]) // RFC 822, with a year of four digits
		return err == nil
	}
	must(f.Version == "2.0" && len(f.Channel) == 1, "version %q, %d channels", f.Version, len(f.Channel))
	for _, c := range f.Channel {
		must(len(c.Title) == 1 && len(c.Description) == 1 && len(c.Link) == 1 && isKind("url", c.Link[0]), "channel: title %v, link %v, description %v", c.Title, c.Link, c.Description)
		must(date(c.Published) && date(c.Built), "channel: dates %v, %v", c.Published, c.Built)
		for _, editor := range c.Editor {
			_, err := mail.ParseAddress(editor)
			must(err == nil, "managingEditor %q is no address", editor)
		}
		seen := map[string]bool{}
		for i, item := range c.Items {
			must(len(item.Title)+len(item.Description) > 0 && len(item.Link) == 1 && date(item.Published), "item %d: %+v", i, item)
			must(len(item.GUID) == 1, "item %d: %d guids", i, len(item.GUID))
			for _, g := range item.GUID {
				must(!seen[g.ID], "item %d: the guid %s is there twice", i, g.ID)
				must(g.Permanent == "false" || page(g.ID), "item %d: %s is said to be a permanent address, and is none", i, g.ID)
				seen[g.ID] = true
			}
		}
	}
	return wrong
}

// Feeds keep to the letter of what feeds are, for all and for one component.
func TestFeedsKeepToTheLetter(t *testing.T) {
	for _, site := range []string{"https://status.shop.example", "http://localhost:8100"} {
		h := of(hurtBoard(), func(o *Options) { o.URL, o.Pages = site, []Page{{Title: nasty}} })
		page := func(address string) bool {
			path, ours := strings.CutPrefix(address, site)
			return ours && ask(h, path, nil).Code == http.StatusOK
		}
		for _, query := range []string{"", "?component=" + shortID("/checkout")} {
			var a atom
			d := xml.NewDecoder(ask(h, "/status/feed.atom"+query, nil).Body)
			if err := d.Decode(&a); err != nil || len(a.Entries) < 3 {
				t.Fatal(err, len(a.Entries))
			}
			for _, one := range wrongAtom(a) {
				t.Errorf("Atom%s: %s", query, one)
			}
			var r rss
			if err := xml.NewDecoder(ask(h, "/status/feed.rss"+query, nil).Body).Decode(&r); err != nil || len(r.Channel) != 1 || len(r.Channel[0].Items) < 3 {
				t.Fatal(err, len(r.Channel))
			}
			for _, one := range wrongRSS(r, page) {
				t.Errorf("RSS%s: %s", query, one)
			}
			var j struct {
				Version, Title string
				Items          []struct{ ID, URL string }
			}
			if err := json.Unmarshal(ask(h, "/status/feed.json"+query, nil).Body.Bytes(), &j); err != nil || !strings.HasPrefix(j.Version, "https://jsonfeed.org/version/1") || j.Title == "" || len(j.Items) < 3 {
				t.Errorf("JSON Feed%s: %v %+v", query, err, j)
			}
		}
	}
	if wrong := wrongAtom(atom{Entries: []atomEntry{{ID: []string{"x"}}, {ID: []string{"x"}}}}); len(wrong) < 12 {
		t.Errorf("the reader is not strict: %v", wrong)
	}
}
