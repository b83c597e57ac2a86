package web

import "github.com/honderd/honderd/internal/account"

// entry is one page in the menu.
type entry struct{ Name, Path, Words string }

// Menu returns the pages that a reader can go to, in the order of what is asked most.
func (s sheet) Menu() []entry {
	var list []entry
	if !s.Crew.Only {
		list = append(list, entry{"home", "/", "Now and before"})
	}
	if len(s.Crew.Teams) > 0 || s.Crew.Only {
		list = append(list, entry{"team", "/team", "Your team"})
	}
	if s.desk {
		list = append(list, entry{"incidents", "/incidents", "Incidents"})
	}
	if s.Crew.Only {
		return append(list, entry{"account", "/account", "Account"})
	}
	list = append(list, entry{"faults", "/faults", "Faults"})
	if s.gateway != nil {
		list = append(list, entry{"gateway", "/gateway", "The gateway"})
	}
	if s.chain {
		list = append(list, entry{"chain", "/chain", "The chain"})
	}
	list = append(list, entry{"probes", "/probes", "Probes"})
	list = append(list, entry{"month", "/month", "The month"})
	if s.tenants && s.admin() {
		list = append(list, entry{"tenants", "/tenants", "Tenants"})
	}
	if s.people {
		list = append(list, entry{"account", "/account", "Account"})
	}
	if s.people && s.admin() {
		list = append(list, entry{"people", "/people", "People and roles"})
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
