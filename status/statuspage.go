package status

import (
	"encoding/json"
	"slices"
	"strings"
	"time"

	"github.com/honderd/honderd/incident"
	"github.com/honderd/honderd/view"
)

// The shapes of Atlassian Statuspage, API v2, so that what reads those reads ours. What is
// not measured is degraded in them, with words: they have no word for it, and it is not good.
//
// Source: https://metastatuspage.com/api (public status API v2).

type spPage struct {
	ID        string    `json:"id"`
	Name      string    `json:"name"`
	URL       string    `json:"url"`
	TimeZone  string    `json:"time_zone"`
	UpdatedAt time.Time `json:"updated_at"`
}

type spStatus struct {
	Indicator   string `json:"indicator"` // none, minor, major, critical or maintenance
	Description string `json:"description"`
}

type spComponent struct {
	ID                 string    `json:"id"`
	Name               string    `json:"name"`
	Status             string    `json:"status"`
	CreatedAt          time.Time `json:"created_at"`
	UpdatedAt          time.Time `json:"updated_at"`
	Position           int       `json:"position"`
	Description        *string   `json:"description"`
	Showcase           bool      `json:"showcase"`
	StartDate          *string   `json:"start_date"`
	GroupID            *string   `json:"group_id"`
	PageID             string    `json:"page_id"`
	Group              bool      `json:"group"`
	OnlyShowIfDegraded bool      `json:"only_show_if_degraded"`
	Measured           bool      `json:"measured"` // ours: false when nothing is known of it now
}

type spUpdate struct {
	ID                   string     `json:"id"`
	Status               string     `json:"status"`
	Body                 string     `json:"body"`
	IncidentID           string     `json:"incident_id"`
	CreatedAt            time.Time  `json:"created_at"`
	UpdatedAt            time.Time  `json:"updated_at"`
	DisplayAt            time.Time  `json:"display_at"`
	AffectedComponents   []struct{} `json:"affected_components"`
	DeliverNotifications bool       `json:"deliver_notifications"`
	CustomTweet          *string    `json:"custom_tweet"`
	TweetID              *string    `json:"tweet_id"`
}

type spIncident struct {
	ID              string        `json:"id"`
	Name            string        `json:"name"`
	Status          string        `json:"status"`
	CreatedAt       time.Time     `json:"created_at"`
	UpdatedAt       time.Time     `json:"updated_at"`
	MonitoringAt    *time.Time    `json:"monitoring_at"`
	ResolvedAt      *time.Time    `json:"resolved_at"`
	Impact          string        `json:"impact"`
	Shortlink       string        `json:"shortlink"`
	StartedAt       time.Time     `json:"started_at"`
	PageID          string        `json:"page_id"`
	IncidentUpdates []spUpdate    `json:"incident_updates"`
	Components      []spComponent `json:"components"`
	ScheduledFor    *time.Time    `json:"scheduled_for,omitempty"`
	ScheduledUntil  *time.Time    `json:"scheduled_until,omitempty"`
	PeopleHurt      *int64        `json:"people_hurt,omitempty"` // ours
}

// spMaxIncidents is how many incidents the list has, as theirs.
const spMaxIncidents = 50

// statuspage makes one document of the API.
func (s *site) statuspage(a asked, b Board, name string) (media string, write func() ([]byte, error)) {
	a.rest = ""
	document := func(sh sheet) any { return spDocument(sh, name) }
	if document(s.sheet(a, Board{})) == nil {
		return "", nil
	}
	return "application/json; charset=utf-8", func() ([]byte, error) {
		return json.Marshal(document(s.sheet(a, b)))
	}
}

// spDocument returns what one document says, nil when there is none of that name.
func spDocument(s sheet, name string) any {
	d := map[string]any{"page": s.spPage()}
	all := func() []spIncident { return s.spIncidents(func(Incident) bool { return true }) }
	open := func() []spIncident { return s.spIncidents(func(i Incident) bool { return i.Open }) }
	work := s.spPlanned
	switch name {
	case "summary.json":
		d["components"], d["incidents"], d["scheduled_maintenances"], d["status"] = s.spComponents(), open(), work(s.ahead), s.spStatus()
	case "status.json":
		d["status"] = s.spStatus()
	case "components.json":
		d["components"] = s.spComponents()
	case "incidents.json":
		d["incidents"] = all()
	case "incidents/unresolved.json":
		d["incidents"] = open()
	case "scheduled-maintenances.json":
		d["scheduled_maintenances"] = work(func(incident.Planned) bool { return true })
	case "scheduled-maintenances/active.json":
		d["scheduled_maintenances"] = work(func(p incident.Planned) bool { return p.Running(s.B.Public.AsOf) })
	case "scheduled-maintenances/upcoming.json":
		d["scheduled_maintenances"] = work(func(p incident.Planned) bool { return !p.Cancelled && s.B.Public.AsOf.Before(p.From) })
	default:
		return nil
	}
	return d
}

// spNames are the documents there are, for a copy.
func spNames() []string {
	return []string{
		"summary.json", "status.json", "components.json", "incidents.json", "incidents/unresolved.json",
		"scheduled-maintenances.json", "scheduled-maintenances/active.json", "scheduled-maintenances/upcoming.json",
	}
}

func (s sheet) ahead(p incident.Planned) bool { return !p.Cancelled && s.B.Public.AsOf.Before(p.To) }

func (s sheet) pageID() string { return shortID("page " + s.Page.Name) }

func (s sheet) spPage() spPage {
	return spPage{ID: s.pageID(), Name: s.R.Plain(s.Title()), URL: s.address(""), TimeZone: s.zone().String(), UpdatedAt: s.B.Public.AsOf.UTC()}
}

func (s sheet) spStatus() spStatus {
	indicator := "minor" // degraded, and what is not measured
	switch s.Health {
	case view.Operational:
		indicator = "none"
	case view.PartialOutage:
		indicator = "major"
	case view.MajorOutage:
		indicator = "critical"
	}
	return spStatus{indicator, s.Headline()}
}

func (s sheet) spComponents() []spComponent {
	list := []spComponent{}
	for i, c := range s.Components {
		list = append(list, s.spComponent(i, c))
	}
	return list
}

func (s sheet) spComponent(i int, c component) spComponent {
	one := spComponent{
		ID: c.ID, Name: c.Name, Status: string(c.Now.Health), Position: i + 1, Showcase: true, PageID: s.pageID(),
		CreatedAt: s.B.Public.AsOf.UTC(), UpdatedAt: s.B.Public.AsOf.UTC(), Measured: c.Now.Health != view.Unmeasured && !s.B.Full,
	}
	if since := s.B.Public.Since; since != nil {
		day := since.In(s.zone()).Format(time.DateOnly)
		one.CreatedAt, one.StartDate = since.UTC(), &day
	}
	says := s.PresentSays(c.Now)
	if !one.Measured {
		one.Status = string(view.Degraded)
		says = s.R.T("Not measured") + ": " + says
	}
	one.Description = &says
	return one
}

func (s sheet) spIncidents(which func(Incident) bool) []spIncident {
	list := []spIncident{}
	for _, i := range s.B.Incidents {
		if which(i) && len(list) < spMaxIncidents {
			list = append(list, s.spIncident(i))
		}
	}
	return list
}

func (s sheet) spIncident(i Incident) spIncident {
	one := spIncident{
		ID: shortID("incident " + i.ID), Name: s.Name(i), Status: string(i.State()), Impact: "minor", PageID: s.pageID(), Shortlink: s.address("incidents/" + i.ID),
		CreatedAt: i.Seen.UTC(), StartedAt: i.From.UTC(), UpdatedAt: i.Seen.UTC(), PeopleHurt: &i.People, IncidentUpdates: []spUpdate{}, Components: []spComponent{},
	}
	if !i.Open {
		one.ResolvedAt = new(i.To.UTC())
	}
	for n, c := range s.Components {
		if slices.Contains(i.Journeys, c.Journey) {
			one.Components = append(one.Components, s.spComponent(n, c))
			if i.Open && view.Worse(c.Now.Health, view.Degraded) == c.Now.Health && c.Now.Health != view.Degraded {
				one.Impact = "major"
			}
		}
	}
	for n, l := range s.Story(i) {
		update := spUpdate{
			ID: shortID(one.ID + l.At.String() + l.Text), Status: string(incident.Investigating), Body: l.Says(), IncidentID: one.ID,
			CreatedAt: l.At.UTC(), UpdatedAt: l.At.UTC(), DisplayAt: l.At.UTC(), AffectedComponents: []struct{}{},
		}
		if n == 0 {
			update.Status = string(i.State())
			one.UpdatedAt = l.At.UTC()
		}
		if l.State != "" {
			update.Status = string(l.State)
		}
		if l.State == incident.Monitoring && one.MonitoringAt == nil {
			one.MonitoringAt = new(l.At.UTC())
		}
		one.IncidentUpdates = append(one.IncidentUpdates, update)
	}
	return one
}

// Says returns the line as plain text: what was struck through is marked.
func (l Line) Says() string {
	text := l.Text
	if l.Struck {
		text = "[" + l.Note + "] " + text
	}
	return strings.TrimPrefix(l.Label+": "+text, ": ")
}

func (s sheet) spPlanned(which func(incident.Planned) bool) []spIncident {
	list := []spIncident{}
	for _, p := range s.planned(which) {
		state := "scheduled"
		switch now := s.B.Public.AsOf; {
		case p.Running(now):
			state = "in_progress"
		case p.Cancelled || !now.Before(p.To):
			state = "completed"
		}
		changed := later(p.Said, p.Changed)
		one := spIncident{
			ID: shortID("planned " + p.ID), Name: s.R.Plain(p.Title), Status: state, Impact: "maintenance", PageID: s.pageID(), Shortlink: s.address("") + "#" + p.ID,
			CreatedAt: p.Said.UTC(), StartedAt: p.From.UTC(), UpdatedAt: changed.UTC(), ScheduledFor: new(p.From.UTC()), ScheduledUntil: new(p.To.UTC()),
			Components: []spComponent{},
		}
		body := s.Lines(p.Text)
		if body == "" {
			body = s.R.Period(p.From, p.To)
		}
		one.IncidentUpdates = []spUpdate{{
			ID: shortID("planned text " + p.ID), Status: state, Body: body, IncidentID: one.ID,
			CreatedAt: p.Said.UTC(), UpdatedAt: changed.UTC(), DisplayAt: p.Said.UTC(), AffectedComponents: []struct{}{},
		}}
		for n, c := range s.Components {
			if slices.Contains(p.Journeys, c.Journey) {
				one.Components = append(one.Components, s.spComponent(n, c))
			}
		}
		list = append(list, one)
	}
	return list
}
