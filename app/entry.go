package app

import (
	"context"
	"errors"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"strings"
	"time"

	"github.com/honderd/honderd/internal/account"
	"github.com/honderd/honderd/internal/account/signon"
	"github.com/honderd/honderd/look"
	"github.com/honderd/honderd/source/browser"
	"github.com/honderd/honderd/source/hooks"
	"github.com/honderd/honderd/source/probe/vantage"
	"github.com/honderd/honderd/source/push"
	"github.com/honderd/honderd/source/remotewrite"
	"github.com/honderd/honderd/web"
)

// entry stands before all that is not public: it knows who asks, and lets them do what
// their role may. From this machine nobody needs to log in.
type entry struct {
	store    *account.Store
	sessions *account.Sessions
	limits   account.Limits
	trail    *trail
	trusted  []netip.Prefix // proxies whose word is taken for where somebody is
	rules    *http.ServeMux // what each path needs, in the way in which paths are served
	needs    map[string]need
	seals    *account.Seals
	issuers  []*signon.Issuer
	url      string // where people find us; "" is not known
	always   bool   // who is on this machine logs in too
	tongue   look.Tongue
}

// need is what somebody must be to ask for a path.
type need struct {
	open     bool         // everybody may; what is behind it has rules of its own
	read, do account.Role // to read; to do anything else
}

// rules returns what each pattern needs. What is not here is for who may see all: safe for
// what is added later, because writing then needs an operator.
func rules() map[string]need {
	m := map[string]need{
		"/": {read: account.Viewer, do: account.Operator},
		// Said of incidents, asked with a body, and one's own.
		"/incidents/":         {read: account.Viewer, do: account.Editor},
		"/api/v1/incidents/":  {read: account.Viewer, do: account.Editor},
		"/api/v1/query":       {read: account.Viewer, do: account.Viewer},
		"/api/v1/query_range": {read: account.Viewer, do: account.Viewer},
		"/mcp":                {read: account.Viewer, do: account.Viewer},
		"/account":            {read: account.Viewer, do: account.Viewer},
		"/account/":           {read: account.Viewer, do: account.Viewer},
		"/logout":             {read: account.Viewer, do: account.Viewer},
		// What is on the machine, and who did what.
		"/start":           {read: account.Operator, do: account.Operator},
		"/tenants":         {read: account.Admin, do: account.Admin},
		tenantsPath:        {read: account.Admin, do: account.Admin},
		"/people":          {read: account.Admin, do: account.Admin},
		"/people/":         {read: account.Admin, do: account.Admin},
		auditPath:          {read: account.Admin, do: account.Admin},
		"/api/v1/accounts": {read: account.Admin, do: account.Admin},
	}
	open := []string{push.Path, remotewrite.Path, vantage.TargetsPath, vantage.ResultsPath, hooks.Root, "/-/healthy", "/-/ready", "/assets/", "/favicon.ico", "/login", "/login/", "/invited", "/invited/"}
	for _, path := range append(open, browser.Paths()...) {
		m[path] = need{open: true}
	}
	return m
}

func (s *Server) openEntry() error {
	store, err := account.Open(s.config.Data)
	if err != nil {
		return err
	}
	seals, err := account.NewSeals()
	if err != nil {
		return err
	}
	issuers, err := newIssuers(s.config.Accounts)
	if err != nil {
		return err
	}
	tongue, _ := look.ParseTongue(s.config.Language)
	s.entry = &entry{
		tongue: tongue,
		store:  store, sessions: account.NewSessions(store), trail: &trail{s: s, store: store}, trusted: s.config.People.TrustedProxies,
		rules: http.NewServeMux(), needs: rules(), seals: seals, issuers: issuers, url: s.config.Accounts.URL, always: s.config.Accounts.Login == "always",
	}
	for pattern := range s.entry.needs {
		s.entry.rules.Handle(pattern, http.NotFoundHandler())
	}
	return nil
}

// identity is who asks.
type identity struct {
	name    string
	role    account.Role
	local   bool   // on this machine
	session string // the cookie, "" for none
	began   time.Time
	how     string // in which way the session began
	token   bool
	owner   string // the account, also of a token; "" for none
	within  bool   // only what their teams own
}

type identityKey struct{}

// asker returns who asks; nobody when the request did not come through the entry.
func asker(r *http.Request) identity {
	id, _ := r.Context().Value(identityKey{}).(identity)
	return id
}

// mayWrite returns the name of who asks, "" for somebody who may only read.
func mayWrite(r *http.Request) string {
	if id := asker(r); id.role >= account.Editor {
		return id.name
	}
	return ""
}

// identify returns who asks, false when a token was shown that lets nobody in.
func (e *entry) identify(r *http.Request) (id identity, ok bool) {
	now := time.Now()
	local := onThisMachine(r)
	if header := r.Header.Get("Authorization"); len(header) > 7 && strings.EqualFold(header[:7], "bearer ") {
		shown := strings.TrimSpace(header[7:])
		t, ok := e.store.Token(shown, now)
		switch {
		case ok:
			return identity{name: t.Name, role: t.Role, token: true, local: local != "" && !e.always, owner: t.Owner, within: t.Within}, true
		case local != "" && e.trail.s.isControl(shown): // a command
			return identity{name: local, role: account.Admin, local: true}, true
		case local == "" || e.always || strings.HasPrefix(shown, account.TokenPrefix):
			return identity{}, false
		}
	}
	if e.always {
		local = ""
	}
	if c, err := r.Cookie(cookieName(r)); err == nil {
		if a, s, ok := e.sessions.Find(c.Value, now); ok {
			return identity{name: a.Name, role: a.Role, session: c.Value, local: local != "", began: s.Began, how: s.How, owner: a.Name, within: a.Within}, true
		}
	}
	if local != "" {
		return identity{name: local, role: account.Admin, local: true}, true
	}
	return identity{}, true
}

// liveFor is how long a stream lasts for who logged in: then they are asked for again who
// they are. Browsers do that by themselves.
const liveFor = 5 * time.Minute

// guard lets through to next who may.
func (e *entry) guard(next http.Handler) http.Handler {
	others := http.NewCrossOriginProtection()
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		_, pattern := e.rules.Handler(r)
		need, ok := e.needs[pattern]
		if !ok {
			need = e.needs["/"]
		}
		id, good := e.identify(r)
		if !need.open && id.local && id.session == "" && !id.token && !ourName(r.Host) {
			e.strange(w, r, next)
			return
		}
		if need.open {
			next.ServeHTTP(w, r.WithContext(context.WithValue(r.Context(), identityKey{}, id)))
			return
		}
		role, reads := need.do, r.Method == http.MethodGet || r.Method == http.MethodHead || r.Method == http.MethodOptions
		if reads {
			role = need.read
		}
		switch {
		case !good || id.role == account.Nobody:
			e.turnAway(w, r, next, good)
			return
		case id.role < role:
			e.refuse(w, r, "this needs the role "+role.String()+" (fix: ask who made your account)")
			return
		case id.within && whole(role, r.URL.Path):
			e.refuse(w, r, "this is not of your team alone (fix: ask who may do it for all)")
			return
		case !reads && others.Check(r) != nil:
			problem(w, http.StatusForbidden, errors.New("another site may not do that in your name"))
			return
		}
		ctx := context.WithValue(r.Context(), identityKey{}, id)
		if e.trail.s.closed(ctx, r.URL.Path) {
			if r.URL.Path == "/" && forPeople(r) {
				http.Redirect(w, r, "/team", http.StatusSeeOther)
				return
			}
			e.refuse(w, r, "only what is of your team is shown to you (fix: see /team)")
			return
		}
		if !id.local && reads {
			var stop context.CancelFunc
			ctx, stop = context.WithTimeout(ctx, liveFor)
			defer stop()
		}
		if id.token {
			e.trail.used(ctx, id.name)
		}
		if reads || role < account.Editor {
			next.ServeHTTP(w, r.WithContext(ctx))
			return
		}
		e.write(w, r.WithContext(ctx), next, id)
	})
}

// write lets somebody change something, and keeps that they did, or were refused to.
func (e *entry) write(w http.ResponseWriter, r *http.Request, next http.Handler, id identity) {
	a := &answered{ResponseWriter: w, status: http.StatusOK}
	next.ServeHTTP(a, r)
	switch {
	case a.status < http.StatusBadRequest:
		e.trail.wrote(context.WithoutCancel(r.Context()), id, "wrote", r)
	case a.status == http.StatusForbidden: // of another team
		e.trail.wrote(context.WithoutCancel(r.Context()), id, "was refused", r)
	}
}

// turnAway answers who must say who they are.
func (e *entry) turnAway(w http.ResponseWriter, r *http.Request, next http.Handler, good bool) {
	w.Header().Set("Cache-Control", "no-store")
	if !forPeople(r) || !good {
		text := "it is not known who asks (fix: log in at /login, or show a token of honderd token add)"
		switch {
		case !good:
			text = "this token lets nobody in: it is wrong, expired or removed (fix: honderd token add)"
		case !e.any():
			text = "nobody has an account here yet (fix: honderd account add NAME --role admin, on the machine of honderd)"
		}
		w.Header().Set("WWW-Authenticate", `Bearer realm="honderd"`)
		problem(w, http.StatusUnauthorized, errors.New(text))
		return
	}
	if e.any() {
		http.Redirect(w, r, "/login?to="+url.QueryEscape(r.URL.RequestURI()), http.StatusSeeOther)
		return
	}
	page := r.Clone(r.Context()) // nobody can log in: this page says how to change that
	page.URL = &url.URL{Path: "/login", RawQuery: r.URL.RawQuery}
	next.ServeHTTP(w, page)
}

// strange answers who asks on this machine by a name that is not its own: another site
// could point its name here and read along (DNS rebinding). What is behind next shows the
// page that says so.
func (e *entry) strange(w http.ResponseWriter, r *http.Request, next http.Handler) {
	if forPeople(r) {
		next.ServeHTTP(w, r.WithContext(context.WithValue(r.Context(), identityKey{}, identity{local: true})))
		return
	}
	problem(w, http.StatusMisdirectedRequest, errors.New("this machine is not known by that name (fix: ask for localhost, or log in through a proxy)"))
}

// ourName reports whether host is a name of this machine that no other site can have.
func ourName(host string) bool {
	if name, _, err := net.SplitHostPort(host); err == nil {
		host = name
	}
	host = strings.TrimSuffix(strings.ToLower(strings.Trim(host, "[]")), ".")
	address, err := netip.ParseAddr(host)
	return host == "localhost" || strings.HasSuffix(host, ".localhost") || err == nil && address.Unmap().IsLoopback()
}

// forPeople reports whether a person asks for a page.
func forPeople(r *http.Request) bool {
	return r.Method == http.MethodGet && strings.Contains(r.Header.Get("Accept"), "text/html") && !strings.HasPrefix(r.URL.Path, "/api/") && r.URL.Path != "/metrics" && r.URL.Path != "/mcp"
}

func (e *entry) refuse(w http.ResponseWriter, r *http.Request, text string) {
	if !forPeople(r) {
		problem(w, http.StatusForbidden, errors.New(text))
		return
	}
	web.ShowTrouble(w, r, web.Trouble{Status: http.StatusForbidden, Why: text, Tongue: e.tongue})
}

// any reports whether anybody can log in. Accounts that cannot be read are some.
func (e *entry) any() bool {
	list, err := e.store.Accounts()
	return err != nil || len(list) > 0
}

// answered remembers the status of an answer.
type answered struct {
	http.ResponseWriter
	status int
}

// WriteHeader remembers the status.
func (a *answered) WriteHeader(status int) {
	a.status = status
	a.ResponseWriter.WriteHeader(status)
}

// Unwrap returns what it wraps, for http.ResponseController.
func (a *answered) Unwrap() http.ResponseWriter { return a.ResponseWriter }

// onThisMachine names who asks from this machine, "" for anybody else, also through a
// proxy on it.
func onThisMachine(r *http.Request) string {
	address, err := netip.ParseAddrPort(r.RemoteAddr)
	if err != nil || !address.Addr().Unmap().IsLoopback() || forwarded(r) {
		return ""
	}
	return "somebody on this machine"
}

// forwarded reports whether a proxy says that it asks for somebody else.
func forwarded(r *http.Request) bool {
	for _, name := range []string{"Forwarded", "Via", "X-Forwarded-For", "X-Forwarded-Host", "X-Forwarded-Proto", "X-Forwarded-Server", "X-Forwarded-Port", "X-Real-Ip", "X-Client-Ip", "True-Client-Ip", "Cf-Connecting-Ip", "Fastly-Client-Ip"} {
		if r.Header.Get(name) != "" {
			return true
		}
	}
	return false
}

// from returns where somebody asks from, for limits: nothing keeps it. What a proxy that
// is not trusted says could be anything.
func (e *entry) from(r *http.Request) string {
	trusts := func(a netip.Addr) bool {
		for _, network := range e.trusted {
			if network.Contains(a) {
				return true
			}
		}
		return a.IsLoopback()
	}
	port, err := netip.ParseAddrPort(r.RemoteAddr)
	if err != nil {
		return r.RemoteAddr
	}
	at := port.Addr().Unmap().WithZone("")
	hops := strings.Split(strings.Join(r.Header.Values("X-Forwarded-For"), ","), ",")
	for i := len(hops) - 1; i >= 0 && trusts(at); i-- {
		next, err := netip.ParseAddr(strings.TrimSpace(hops[i]))
		if err != nil {
			break
		}
		at = next.Unmap().WithZone("")
	}
	if at.Is6() {
		network, _ := at.Prefix(64) // a home has that many
		return network.String()
	}
	return at.String()
}

// cookieName returns the name of the cookie of a session. With TLS it cannot be set by
// another name of the same domain.
func cookieName(r *http.Request) string {
	if web.Encrypted(r) {
		return "__Host-honderd"
	}
	return "honderd_session"
}

// keep gives a browser something to keep until a time, in the strictest cookie there is:
// no script and no other site reads it. With a time that is over it is taken back.
func keep(w http.ResponseWriter, r *http.Request, name, value string, until time.Time) {
	age := int(time.Until(until).Seconds())
	if age <= 0 {
		age = -1
	}
	http.SetCookie(w, &http.Cookie{Name: name, Value: value, Path: "/", MaxAge: age, HttpOnly: true, SameSite: http.SameSiteLaxMode, Secure: web.Encrypted(r)})
}
