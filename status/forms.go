package status

import (
	"errors"
	"io"
	"mime"
	"net/http"
	"net/mail"
	"net/url"
	"slices"
	"strings"

	"github.com/honderd/honderd/internal/admit"
	"github.com/honderd/honderd/look"
)

// Subscribers keeps who wants to be told.
type Subscribers interface {
	// Ask notes that an address asks to be told, and sends it a message with which it
	// confirms. It returns at once and says nothing of the address; ErrBusy when too
	// many ask.
	Ask(w Wish) error

	// Confirm notes that whoever has the token wants it. secret is what webhooks are
	// signed with.
	Confirm(token string) (secret string, ok bool, err error)

	// Leave takes out the subscription of a token; nothing of it stays.
	Leave(token string) (ok bool, err error)

	// Choose lets the subscription of a token be told of these components only, and
	// returns which they are then, none: all; nil leaves it as it is.
	Choose(token string, components []string) (now []string, ok bool, err error)

	// Ways returns how people can be told, and what browsers know us by.
	Ways() (ways []Way, pushKey string)
}

// Wish is what somebody wants to be told.
type Wish struct {
	Way        Way
	Address    string
	Page       string
	Language   look.Tongue
	Components []string // by their IDs; none: all
}

// Way is how somebody is told.
type Way string

// The ways.
const (
	ByMail    Way = "mail"
	ByWebhook Way = "webhook"
	ByPush    Way = "push"
)

// ErrBusy is the answer when too many ask to be told.
var ErrBusy = errors.New("too many ask to be told")

// maxForm is how long a form may be, in bytes.
const maxForm = 8 << 10

// form is what a page with a form shows.
type form struct {
	Step    string // "ask", "sent", "confirm", "confirmed", "leave", "left" or "stale"
	Token   string
	Secret  string
	Problem string
	Address string
	Mail    bool
	Webhook bool
	Push    bool
	Key     string
	Chosen  []string // the components that it is told of; none: all
}

// Chooses reports whether a component is one of those that are chosen.
func (f form) Chooses(id string) bool {
	return len(f.Chosen) == 0 && f.Step == "leave" || slices.Contains(f.Chosen, id)
}

// forms answers what concerns subscriptions, and reports whether r does.
func (s *site) forms(w http.ResponseWriter, r *http.Request, a asked) bool {
	if s.Subscribers == nil {
		return false
	}
	post := r.Method == http.MethodPost
	switch {
	case slices.Contains(asking(), a.rest), a.rest == "push" && post:
	case a.rest == "worker.js":
		s.worker(w, r)
		return true
	default:
		return false
	}
	a.tongue = s.tongue(w, r, a.page)
	if !post {
		if r.Method != http.MethodGet && r.Method != http.MethodHead {
			return false
		}
		f := form{Step: map[string]string{"subscribe": "ask", "confirm": "confirm", "unsubscribe": "leave"}[a.rest], Token: r.URL.Query().Get("t"), Chosen: a.components}
		if f.Step == "leave" {
			f.Chosen, _, _ = s.Subscribers.Choose(f.Token, nil) // who is not known sees the same
		}
		s.form(w, a, http.StatusOK, f)
		return true
	}
	if err := http.NewCrossOriginProtection().Check(r); err != nil {
		s.Refuse("of another site")
		s.form(w, a, http.StatusForbidden, form{Step: "stale"})
		return true
	}
	r.Body = http.MaxBytesReader(w, r.Body, maxForm)
	switch a.rest {
	case "subscribe":
		s.ask(w, r, a)
	case "push":
		s.pushed(w, r, a)
	case "confirm":
		secret, ok, err := s.Subscribers.Confirm(s.token(r))
		s.done(w, a, ok, err, form{Step: "confirmed", Secret: secret})
	case "unsubscribe":
		if token := s.token(r); r.PostFormValue("only") != "" {
			s.only(w, r, a, token)
			return true
		}
		ok, err := s.Subscribers.Leave(s.token(r))
		s.done(w, a, ok, err, form{Step: "left"})
	}
	return true
}

// only lets somebody be told of some components only. Who wants none of them leaves.
func (s *site) only(w http.ResponseWriter, r *http.Request, a asked, token string) {
	chosen := s.chosen(a, r.PostForm["component"])
	if len(chosen) == 0 {
		ok, err := s.Subscribers.Leave(token)
		s.done(w, a, ok, err, form{Step: "left"})
		return
	}
	chosen, ok, err := s.Subscribers.Choose(token, chosen)
	s.done(w, a, ok, err, form{Step: "chosen", Chosen: chosen})
}

// chosen returns those of the IDs that are components of a page.
func (s *site) chosen(a asked, ids []string) []string {
	a.components = nil
	var list []string
	for _, c := range s.sheet(a, s.board()).Components {
		if slices.Contains(ids, c.ID) {
			list = append(list, c.ID)
		}
	}
	return list
}

// token returns the token of a subscription: it stands in the address, so that mail
// programs need to send nothing else (RFC 8058), or in the form.
func (s *site) token(r *http.Request) string {
	if t := r.URL.Query().Get("t"); t != "" {
		return t
	}
	return r.PostFormValue("t")
}

// done shows what became of a confirmation or a leave. One that was done before looks the
// same as one that never was.
func (s *site) done(w http.ResponseWriter, a asked, ok bool, err error, f form) {
	switch {
	case err != nil:
		s.Refuse("not kept")
		s.Log.Error("subscription not kept", "error", err)
		s.form(w, a, http.StatusServiceUnavailable, form{Step: "stale"})
	case !ok:
		s.Refuse("no such link")
		s.form(w, a, http.StatusNotFound, form{Step: "stale"})
	default:
		s.form(w, a, http.StatusOK, f)
	}
}

// ask takes a form that asks to be told. Whether an address is known already cannot be
// read from the answer.
func (s *site) ask(w http.ResponseWriter, r *http.Request, a asked) {
	text := look.For(a.tongue, s.Zone)
	if no := admit.Form(w, r, maxForm); no != nil {
		s.Refuse(no.Why)
		s.form(w, a, no.Status, form{Step: "ask", Problem: text.T(no.Detail)})
		return
	}
	if r.PostForm.Get("website") != "" { // a field that people do not see: a robot filled it in
		s.Refuse("a robot")
		s.form(w, a, http.StatusOK, form{Step: "sent"})
		return
	}
	if !s.calm.let(r) {
		s.Refuse("asked too often")
		w.Header().Set("Retry-After", "600")
		s.form(w, a, http.StatusTooManyRequests, form{Step: "ask", Problem: text.T("That was asked too often. Please try again in ten minutes.")})
		return
	}
	way := ByMail
	address, ok := mailAddress(r.PostForm.Get("email"))
	if hook := strings.TrimSpace(r.PostForm.Get("url")); hook != "" {
		way, address, ok = ByWebhook, hook, hookAddress(hook)
	}
	if !ok {
		s.Refuse("no address")
		s.form(w, a, http.StatusUnprocessableEntity, form{Step: "ask", Problem: text.T("That is not an address that can be told."), Address: clip(address, 300)})
		return
	}
	s.answer(w, a, s.Subscribers.Ask(Wish{way, address, a.page.Name, a.tongue, s.chosen(a, r.PostForm["component"])}))
}

func (s *site) answer(w http.ResponseWriter, a asked, err error) {
	if err != nil {
		s.Refuse("no room")
		w.Header().Set("Retry-After", "600")
		s.form(w, a, http.StatusServiceUnavailable, form{Step: "ask", Problem: look.For(a.tongue, s.Zone).T("That was asked too often. Please try again in ten minutes.")})
		return
	}
	s.form(w, a, http.StatusOK, form{Step: "sent"})
}

// mailAddress returns an e-mail address as it is kept, and whether it is one.
func mailAddress(text string) (string, bool) {
	text = strings.TrimSpace(text)
	one, err := mail.ParseAddress(text)
	if err != nil || one.Name != "" || one.Address != text || len(text) > 254 || strings.ContainsAny(text, "\r\n\x00 \"<>,;") {
		return text, false
	}
	local, domain, _ := strings.Cut(text, "@")
	return local + "@" + strings.ToLower(domain), strings.Contains(domain, ".") && !strings.HasPrefix(domain, "[")
}

func hookAddress(text string) bool {
	u, err := url.Parse(text)
	return err == nil && u.Scheme == "https" && u.Hostname() != "" && u.User == nil && len(text) <= 1000
}

// pushed takes the subscription of a browser, whose question was the confirmation.
func (s *site) pushed(w http.ResponseWriter, r *http.Request, a asked) {
	media, _, _ := mime.ParseMediaType(r.Header.Get("Content-Type"))
	code, why := http.StatusAccepted, ""
	body, err := io.ReadAll(r.Body)
	no := admit.Body{What: "subscription", Most: maxForm}.Refuse(err, len(body))
	switch {
	case r.Header.Get("Content-Encoding") != "":
		code, why = http.StatusUnsupportedMediaType, "content encoding"
	case media != "application/json":
		code, why = http.StatusUnsupportedMediaType, "content type"
	case no != nil:
		code, why = no.Status, no.Why
	case !s.calm.let(r):
		code, why = http.StatusTooManyRequests, "asked too often"
		w.Header().Set("Retry-After", "600")
	default:
		if err := s.Subscribers.Ask(Wish{ByPush, string(body), a.page.Name, a.tongue, s.chosen(a, r.URL.Query()["component"])}); errors.Is(err, ErrBusy) {
			code, why = http.StatusServiceUnavailable, "no room"
		} else if err != nil {
			code, why = http.StatusUnprocessableEntity, "no address"
		}
	}
	if why != "" {
		s.Refuse(why)
	}
	w.Header().Set("Cache-Control", "no-store")
	w.WriteHeader(code)
}

// worker sends the script that shows messages when the page is closed. It may do so for
// all of the page.
func (s *site) worker(w http.ResponseWriter, r *http.Request) {
	body, media, _ := look.Asset("worker.js")
	w.Header().Set("Content-Type", media)
	w.Header().Set("Cache-Control", "no-cache")
	if r.Method != http.MethodHead {
		_, _ = w.Write(body) // the reader has gone
	}
}

// form shows a page with a form.
func (s *site) form(w http.ResponseWriter, a asked, code int, f form) {
	a.rest = "form"
	a.components = nil
	sh := s.sheet(a, Board{})
	if f.Step == "ask" || f.Step == "leave" {
		sh.Components = s.sheet(a, s.board()).Components
	}
	ways, key := s.Subscribers.Ways()
	for _, way := range ways {
		f.Mail, f.Webhook, f.Push = f.Mail || way == ByMail, f.Webhook || way == ByWebhook, f.Push || way == ByPush
	}
	f.Key = key
	sh.Form = f
	body, err := sh.write()
	if err != nil {
		s.Log.Error("status page not made", "asked", "form", "error", err)
	}
	h := w.Header()
	h.Set("Content-Type", "text/html; charset=utf-8")
	h.Set("Cache-Control", "no-store")
	w.WriteHeader(code)
	_, _ = w.Write(body) // the reader has gone
}
