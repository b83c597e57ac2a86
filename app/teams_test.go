package app

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/honderd/honderd/config"
	"github.com/honderd/honderd/internal/account"
	"github.com/honderd/honderd/view"
)

// crews is a server with an incident of each of two teams and one of nobody's, and an
// account for each role, each team and each way to be in it.
type crews struct {
	t         *testing.T
	s         *Server
	base      string
	incidents map[string]string // by whose they are
	cookies   map[string]string // by account
}

func newCrews(t *testing.T, teams string) *crews {
	t.Helper()
	c := config.Default()
	c.Accounts.Teams = teams
	c.Receive.OTLP.GRPC, c.Receive.OTLP.HTTP = config.Off, config.Off
	one := func(name, journey string) config.Team {
		team := config.Team{Name: name, Journeys: []string{journey}, Services: []string{"bank"}}
		for _, role := range account.Roles() {
			team.People = append(team.People, name+"-"+role.String(), name+"-"+role.String()+"-within")
		}
		return team
	}
	c.Teams = []config.Team{one("pay", "/pay"), one("find", "/find")}
	s, base, stop := serving(t, c)
	t.Cleanup(stop)
	k := &crews{t: t, s: s, base: base, incidents: map[string]string{}, cookies: map[string]string{}}
	for _, team := range []string{"pay", "none"} {
		for _, role := range account.Roles() {
			for _, within := range []bool{false, true} {
				name := team + "-" + role.String()
				if within {
					name += "-within"
				}
				k.account(name, role, within)
			}
		}
	}
	for i, journey := range []string{"/find", "/other", "/pay"} {
		body := ""
		at := time.Now().Add(time.Duration(2*(i-2)) * time.Hour).UnixMilli()
		for p := range 30 {
			body += fmt.Sprintf(`{"at":%d,"person":"p%d","path":%q,"status":503}`+"\n", at+int64(p), p, journey)
		}
		if code, answer := post(t, http.DefaultClient, base+"/api/v1/experiences", body); code != http.StatusOK {
			t.Fatal(code, answer)
		}
	}
	eventually(t, "three incidents", func() bool {
		for _, story := range (desk{s}).Stories() {
			k.incidents[strings.Join(story.Teams, "+")] = story.ID
		}
		return len(k.incidents) == 3
	})
	return k
}

func (k *crews) account(name string, role account.Role, within bool) {
	k.t.Helper()
	store := k.s.entry.store
	if err := store.Add(name, goodPassword, role); err != nil {
		k.t.Fatal(err)
	}
	if within {
		if err := store.SetRole(name, role, true); err != nil {
			k.t.Fatal(err)
		}
	}
	a, _ := store.Find(account.Named(name))
	cookie, err := k.s.entry.sessions.Begin(a, account.Way{How: account.ByPassword}, time.Now())
	if err != nil {
		k.t.Fatal(err)
	}
	k.cookies[name] = "honderd_session=" + cookie
}

func (k *crews) ask(who, method, path, media, body string) (int, string) {
	k.t.Helper()
	r, err := http.NewRequestWithContext(k.t.Context(), method, k.base+path, strings.NewReader(body))
	if err != nil {
		k.t.Fatal(err)
	}
	r.Header.Set("Cookie", k.cookies[who])
	r.Header.Set("Content-Type", media)
	r.Header.Set("Accept", "text/html")
	client := http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	w, err := client.Do(r)
	if err != nil {
		k.t.Fatal(err)
	}
	defer w.Body.Close()
	answer, err := io.ReadAll(w.Body)
	if err != nil {
		k.t.Fatal(err)
	}
	return w.StatusCode, string(answer)
}

// say tries each way to say something of an incident, and returns what was answered.
func (k *crews) say(who, id string) map[string]int {
	k.t.Helper()
	const form, plain = "application/x-www-form-urlencoded", "application/json"
	codes := map[string]int{}
	for _, one := range [][4]string{
		{"POST", "/incidents/" + id + "/words", form, "text=words"},
		{"POST", "/incidents/" + id + "/about", form, "version=999"}, // somebody changed it meanwhile: 409
		{"POST", "/incidents/" + id + "/lessons", form, "change=it"},
		{"POST", "/api/v1/incidents/" + id + "/words", plain, `{"text":"words"}`},
		{"PUT", "/api/v1/incidents/" + id + "/about", plain, `{"version":999}`},
		{"POST", "/api/v1/incidents/" + id + "/lessons", plain, `{"change":"it"}`},
	} {
		codes[one[0]+" "+one[1]], _ = k.ask(who, one[0], one[1], one[2], one[3])
	}
	return codes
}

// Who may say something of whose incident: each role, in a team or in none, for all or for
// what is of their teams only; by each page and each path of the API.
func TestEachRoleOnEachIncidentOfEachTeam(t *testing.T) {
	k := newCrews(t, "")
	for name := range k.cookies {
		team, rest, _ := strings.Cut(name, "-")
		role, _, within := strings.Cut(rest, "-within")
		for whose, id := range k.incidents {
			may := role != "viewer" && (whose == team || !within && (role == "admin" || team == "none" || whose == ""))
			for what, code := range k.say(name, id) {
				if refused := code == http.StatusForbidden; refused == may || code >= 500 || code == http.StatusNotFound {
					t.Errorf("%s on an incident of %q: %s = %d", name, whose, what, code)
				}
			}
			if code, page := k.ask(name, "GET", "/incidents/"+id, "", ""); code != http.StatusOK || strings.Contains(page, `name="text"`) != may {
				t.Errorf("%s on an incident of %q: the page is %d, with a form: %v", name, whose, code, strings.Contains(page, `name="text"`))
			}
		}
		_, home := k.ask(name, "GET", "/", "", "")
		if own := strings.Contains(home, "Your journeys: pay"); own != (team == "pay") {
			t.Errorf("%s sees own journeys first: %v", name, own)
		}
		for _, path := range []string{"/start", "/api/v1/accounts"} { // what is of no team alone
			if code, _ := k.ask(name, "GET", path, "", ""); within && code != http.StatusForbidden {
				t.Errorf("%s on %s = %d", name, path, code)
			}
		}
	}
	eventually(t, "the refusal in the audit trail", func() bool {
		_, trail := k.ask("pay-admin", "GET", "/api/v1/audit", "", "")
		return strings.Contains(trail, `"who":"pay-editor","what":"was refused","of":"POST /incidents/`+k.incidents["find"])
	})
	if code, _ := k.ask("pay-editor", "PUT", "/api/v1/incidents/"+k.incidents[""]+"/about", "application/json", `{"version":0,"into":"`+k.incidents["find"]+`"}`); code != http.StatusForbidden {
		t.Errorf("an incident is made a part of another team's = %d", code)
	}
	k.mergeAndTakeApart()
}

// mergeAndTakeApart makes one incident a part of another: they are one wherever incidents
// are shown, with all that was said of both, until they are taken apart.
func (k *crews) mergeAndTakeApart() {
	k.t.Helper()
	early, late := k.incidents["find"], k.incidents["pay"]
	about := func(into string) {
		k.t.Helper()
		var now struct {
			Merged []struct {
				Version uint64 `json:"about_version"`
			}
		}
		version := uint64(0)
		_, text := k.ask("none-admin", "GET", "/api/v1/incidents/"+early, "", "")
		if err := json.Unmarshal([]byte(text), &now); err != nil {
			k.t.Fatal(err)
		}
		for _, one := range now.Merged {
			version = one.Version
		}
		code, answer := k.ask("none-admin", "PUT", "/api/v1/incidents/"+early+"/about", "application/json", fmt.Sprintf(`{"version":%d,"into":%q}`, version, into))
		if code != http.StatusOK {
			k.t.Fatal(code, answer)
		}
	}
	shown := func(want int, what string) {
		k.t.Helper()
		for path, sign := range map[string]string{
			"/api/v1/incidents": `"about_version"`, "/incidents": `<a href="/incidents/2`, "/status/history": `href="/status/incidents/2`, "/status/feed.atom": "<entry>",
			"/status/feed.rss": "<item>", "/api/v2/incidents.json": `"shortlink"`,
		} {
			eventually(k.t, what+" at "+path, func() bool {
				_, text := k.ask("none-admin", "GET", path, "", "")
				for range strings.Count(text, `"merged":[{`) {
					text = strings.Replace(text, sign, "", 1) // a part of it is told, too
				}
				return strings.Count(text, sign) == want
			})
		}
	}
	shown(3, "three apart")
	about(late)
	shown(2, "one is a part")
	_, whole := k.ask("none-admin", "GET", "/api/v1/incidents/"+early, "", "")
	var story view.Story
	if err := json.Unmarshal([]byte(whole), &story); err != nil || story.ID != late || len(story.Teams) != 2 || story.Data == nil || len(story.Data.Journeys) < 2 || story.To.Sub(story.From) < 3*time.Hour {
		k.t.Errorf("the whole is %.900s, %v", whole, err)
	}
	for _, path := range []string{"/incidents/", "/status/incidents/"} {
		if code, _ := k.ask("none-admin", "GET", path+early, "", ""); code != http.StatusFound {
			k.t.Errorf("%s of the part = %d", path, code)
		}
	}
	if _, page := k.ask("none-admin", "GET", "/incidents/"+late, "", ""); !strings.Contains(page, "Let it stand by itself again") {
		k.t.Error("nobody can take it apart again")
	}
	about("")
	shown(3, "taken apart again")
}

// With teams: closed, who is no admin sees what is of their teams, and nothing else.
func TestClosedTeamsSeeTheirOwnOnly(t *testing.T) {
	k := newCrews(t, "closed")
	for name := range k.cookies {
		team, rest, _ := strings.Cut(name, "-")
		role, _, within := strings.Cut(rest, "-within")
		all := role == "admin" && !within
		for whose, id := range k.incidents {
			want := http.StatusNotFound
			if all || whose == team {
				want = http.StatusOK
			}
			for _, path := range []string{"/incidents/" + id, "/api/v1/incidents/" + id} {
				if code, _ := k.ask(name, "GET", path, "", ""); code != want {
					t.Errorf("%s: %s of %q = %d, want %d", name, path, whose, code, want)
				}
			}
			for _, path := range []string{"/incidents", "/api/v1/incidents", "/team"} {
				_, list := k.ask(name, "GET", path, "", "")
				if got, want := strings.Contains(list, id), whose == team || all && path != "/team"; got != want {
					t.Errorf("%s: %s lists that of %q: %v", name, path, whose, got)
				}
			}
		}
		for path, closed := range map[string]int{"/": 303, "/faults": 403, "/chain": 403, "/month": 403, "/api/v1/report": 403, "/api/v1/between": 403, "/metrics": 403, "/mcp": 403, "/api/v1/world": 403, "/probes": 403, "/account": 200} {
			code, _ := k.ask(name, "GET", path, "", "")
			if !all && code != closed || all && code == closed && closed != 200 {
				t.Errorf("%s: %s = %d", name, path, code)
			}
		}
	}
}
