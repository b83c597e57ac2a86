package web

// entry is one page in the menu.
type entry struct{ Name, Path, Words string }

// Menu returns the pages that a reader can go to, in the order of what is asked most.
func (s sheet) Menu() []entry {
	list := []entry{{"home", "/", "Now and before"}}
	if s.desk {
		list = append(list, entry{"incidents", "/incidents", "Incidents"})
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
	if s.tenants {
		list = append(list, entry{"tenants", "/tenants", "Tenants"})
	}
	if s.people {
		list = append(list, entry{"account", "/account", "Account"})
	}
	return list
}
