package service

import (
	"cmp"
	"slices"
	"strings"

	"github.com/honderd/honderd/internal/link"
)

// Who can say something of a service, the surest first.
const (
	FromConfiguration = "configuration"
	FromBackstage     = "backstage"
	FromKubernetes    = "kubernetes"
	FromTelemetry     = "telemetry"
)

// Sources returns who can say something, the surest first.
func Sources() []string {
	return []string{FromConfiguration, FromBackstage, FromKubernetes, FromTelemetry}
}

// Entry is what one source says of one service.
type Entry struct {
	Name        string   `json:"name"`
	Source      string   `json:"source"` // one of Sources
	Title       string   `json:"title,omitempty"`
	Owner       string   `json:"owner,omitempty"`
	Contact     string   `json:"contact,omitempty"`
	Criticality string   `json:"criticality,omitempty"` // critical, high, medium, low
	System      string   `json:"system,omitempty"`      // that it is a part of
	Vendor      string   `json:"vendor,omitempty"`      // the name of a dependency
	Version     string   `json:"version,omitempty"`     // that runs
	Needs       []string `json:"needs,omitempty"`
	Hosts       []string `json:"hosts,omitempty"`   // that people ask it by
	Matches     []string `json:"matches,omitempty"` // labels of metrics, as name=value
	Links       []string `json:"links,omitempty"`
	Where       string   `json:"where,omitempty"` // where it is said: a file, a workload
	Gone        bool     `json:"gone,omitempty"`  // it was said, and is no more
}

// maxListed is how many of a kind an Entry has, so that no source can fill the ledger.
const maxListed = 32

// Clean returns e as far as it can be kept: names are cut, and what is no link is left out.
func (e Entry) Clean() Entry {
	for _, s := range []*string{&e.Name, &e.Source, &e.Title, &e.Owner, &e.Contact, &e.Criticality, &e.System, &e.Vendor, &e.Version, &e.Where} {
		*s = Name(*s)
	}
	e.Criticality = strings.ToLower(e.Criticality)
	for _, list := range []*[]string{&e.Needs, &e.Hosts, &e.Matches} {
		*list = cleanList(*list)
	}
	e.Links = slices.DeleteFunc(slices.Clone(e.Links), func(s string) bool { return !link.Shows(s) })
	e.Links = e.Links[:min(len(e.Links), maxListed)]
	return e
}

func cleanList(list []string) []string {
	var kept []string
	for _, s := range list {
		if s = Name(s); s != "" && !slices.Contains(kept, s) && len(kept) < maxListed {
			kept = append(kept, s)
		}
	}
	slices.Sort(kept)
	return kept
}

// Told is one thing that is known, and who says so.
type Told struct {
	Value  string `json:"value"`
	Source string `json:"source"`
}

// Known is all that is known of one service. Where sources differ, the surest counts.
type Known struct {
	Name        string   `json:"name"`
	Title       Told     `json:"title,omitzero"`
	Owner       Told     `json:"owner,omitzero"`
	Contact     Told     `json:"contact,omitzero"`
	Criticality Told     `json:"criticality,omitzero"`
	System      Told     `json:"system,omitzero"`
	Vendor      Told     `json:"vendor,omitzero"`
	Version     Told     `json:"version,omitzero"`
	Needs       []Told   `json:"needs,omitempty"`
	Hosts       []Told   `json:"hosts,omitempty"`
	Matches     []Told   `json:"matches,omitempty"`
	Links       []Told   `json:"links,omitempty"`
	Where       []Told   `json:"where,omitempty"`
	Sources     []string `json:"sources"`
}

// Merge puts together what sources say, in the order of the names. A service that only
// telemetry knows is there too: it has no owner until somebody says one.
func Merge(entries []Entry) []Known {
	sorted := slices.Clone(entries)
	slices.SortStableFunc(sorted, func(a, b Entry) int {
		return cmp.Or(cmp.Compare(strings.ToLower(a.Name), strings.ToLower(b.Name)), cmp.Compare(rank(a.Source), rank(b.Source)), cmp.Compare(a.Where, b.Where))
	})
	var list []Known
	for _, e := range sorted {
		if e.Gone || e.Name == "" {
			continue
		}
		if n := len(list); n == 0 || !strings.EqualFold(list[n-1].Name, e.Name) {
			list = append(list, Known{Name: e.Name})
		}
		list[len(list)-1].add(e)
	}
	return list
}

func rank(source string) int {
	if i := slices.Index(Sources(), source); i >= 0 {
		return i
	}
	return len(Sources())
}

// add adds what a source says that is not known yet.
func (k *Known) add(e Entry) {
	for _, one := range []struct {
		to   *Told
		said string
	}{
		{&k.Title, e.Title},
		{&k.Owner, e.Owner},
		{&k.Contact, e.Contact},
		{&k.Criticality, e.Criticality},
		{&k.System, e.System},
		{&k.Vendor, e.Vendor},
		{&k.Version, e.Version},
	} {
		if one.to.Value == "" && one.said != "" {
			*one.to = Told{one.said, e.Source}
		}
	}
	for _, one := range []struct {
		to   *[]Told
		said []string
	}{{&k.Needs, e.Needs}, {&k.Hosts, e.Hosts}, {&k.Matches, e.Matches}, {&k.Links, e.Links}, {&k.Where, []string{e.Where}}} {
		for _, s := range one.said {
			if s != "" && !slices.ContainsFunc(*one.to, func(t Told) bool { return t.Value == s }) {
				*one.to = append(*one.to, Told{s, e.Source})
			}
		}
	}
	if !slices.Contains(k.Sources, e.Source) {
		k.Sources = append(k.Sources, e.Source)
	}
}

// Of returns the service that labels of a metric are of, by what somebody said of labels;
// false when nobody did.
func Of(list []Known, labels map[string]string) (Known, bool) {
	for _, k := range list {
		for _, m := range k.Matches {
			name, value, _ := strings.Cut(m.Value, "=")
			if labels[name] == value {
				return k, true
			}
		}
	}
	return Known{}, false
}

// Named returns the service of a name, however it is written; false when nobody knows it.
func Named(list []Known, name string) (Known, bool) {
	for _, k := range list {
		if name != "" && strings.EqualFold(k.Name, name) {
			return k, true
		}
	}
	return Known{}, false
}

// At returns the service that a backend is of, by its address, such as
// http://stock.prod.svc:8080 or 10.0.0.2:80: that whose hosts have its host, or that is
// called as its host is, or as the first part of it; false when nobody said.
func At(list []Known, backend string) (Known, bool) {
	host := backend
	if _, rest, found := strings.Cut(host, "://"); found {
		host = rest
	}
	if i := strings.IndexAny(host, "/?#"); i >= 0 {
		host = host[:i]
	}
	whole := host // with its port
	if i := strings.LastIndexByte(host, ':'); i >= 0 && !strings.HasSuffix(host, "]") && strings.Count(host[i:], "]") == 0 {
		host = host[:i]
	}
	for _, k := range list {
		for _, h := range k.Hosts {
			if host != "" && (strings.EqualFold(h.Value, host) || strings.EqualFold(h.Value, whole)) {
				return k, true
			}
		}
	}
	if k, found := Named(list, host); found {
		return k, true
	}
	first, _, _ := strings.Cut(host, ".")
	if first == "" || strings.Trim(first, "0123456789") == "" {
		return Known{}, false // an address of numbers
	}
	return Named(list, first)
}
