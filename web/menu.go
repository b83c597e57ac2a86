package web

import "github.com/honderd/honderd/internal/account"

// entry is one page in the menu.
type entry struct {
	Name, Path, Words string
	Key               string // g and this letter lead there
}

// Menu returns the pages that a reader can go to, in the order of what is asked most.
func (s sheet) Menu() []entry {
	var list []entry
	if !s.Crew.Only {
		list = append(list, entry{"home", "/", "Now and before", "h"})
	}
	if len(s.Crew.Teams) > 0 || s.Crew.Only {
		list = append(list, entry{"team", "/team", "Your team", "t"})
	}
	if s.desk {
		list = append(list, entry{"incidents", "/incidents", "Incidents", "i"})
	}
	if s.Crew.Only {
		return append(list, entry{"account", "/account", "Account", "a"})
	}
	list = append(list, entry{"faults", "/faults", "Faults", "f"})
	if s.gateway != nil {
		list = append(list, entry{"gateway", "/gateway", "The gateway", "g"})
	}
	if s.chain {
		list = append(list, entry{"chain", "/chain", "The chain", "c"})
	}
	list = append(list, entry{"probes", "/probes", "Probes", "p"})
	list = append(list, entry{"month", "/month", "The month", "m"})
	if s.sources {
		list = append(list, entry{"sources", "/sources", "What comes in", "s"})
	}
	if s.tenants && s.admin() {
		list = append(list, entry{"tenants", "/tenants", "Tenants", "n"})
	}
	if s.people {
		list = append(list, entry{"account", "/account", "Account", "a"})
	}
	if s.people && s.admin() {
		list = append(list, entry{"people", "/people", "People and roles", "r"})
	}
	return list
}

// admin reports whether who reads looks after accounts.
func (s sheet) admin() bool { return s.Visitor.Role == account.Admin.String() }

// Named returns what the page of the menu that this is is called there, "" for the first
// page and for one that is in no menu.
func (s sheet) Named() string {
	for _, e := range s.Menu() {
		if e.Name == s.Here && e.Name != "home" {
			return s.R.T(e.Words)
		}
	}
	return ""
}
