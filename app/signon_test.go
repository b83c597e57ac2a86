package app

import (
	"html"
	"maps"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/honderd/honderd/config"
	"github.com/honderd/honderd/internal/account"
	"github.com/honderd/honderd/internal/account/signon/signontest"
)

// servedBy is the whole product, with an issuer.
func servedBy(t *testing.T, join string, names ...string) (doors, *signontest.Directory) {
	t.Helper()
	dir := signontest.New(t)
	d := servedAt(t, "https://honderd.example", names...)
	issuers, err := newIssuers(config.Accounts{URL: "https://honderd.example", OIDC: []config.Issuer{{
		Name: "company", Title: "The Company", Issuer: dir.URL, ClientID: "honderd", ClientSecret: "s3cret", Join: join,
		Roles: []config.IssuerRole{{Role: "operator", Claim: "groups", Value: "ops"}, {Role: "viewer", Claim: "groups", Value: "staff"}},
	}}})
	if err != nil {
		t.Fatal(err)
	}
	d.s.entry.issuers = issuers
	return d, dir
}

// goThere logs in at the issuer, and returns the address to come back to.
func goThere(t *testing.T, b *visitor, dir *signontest.Directory, to string) string {
	t.Helper()
	w := b.get("/login/with/company?to=" + url.QueryEscape(to))
	if w.Code != http.StatusSeeOther || !strings.HasPrefix(w.Header().Get("Location"), dir.URL+"/auth?") {
		t.Fatalf("the way to the issuer = %d %s %.300s", w.Code, w.Header().Get("Location"), w.Body)
	}
	return "/login/back/company?" + dir.Visit(w.Header().Get("Location")).Encode()
}

func TestSomebodyComesFromTheCompany(t *testing.T) {
	d, dir := servedBy(t, "anybody", "admin")
	b := newVisitor(t, d)
	back := goThere(t, b, dir, "/faults?a=1")
	stolen := newVisitor(t, d) // the address alone is worth nothing: it belongs to a browser
	if w := stolen.get(back); w.Code == http.StatusSeeOther || stolen.in() {
		t.Errorf("another browser came back = %d", w.Code)
	}
	kept := maps.Clone(b.cookies)
	if w := b.get(back); w.Code != http.StatusSeeOther || w.Header().Get("Location") != "/faults?a=1" || !b.in() {
		t.Fatalf("back = %d %s %.500s", w.Code, w.Header().Get("Location"), w.Body)
	}
	again := newVisitor(t, d)
	again.cookies = kept
	if w := again.get(back); w.Code == http.StatusSeeOther || again.in() {
		t.Errorf("the same answer twice = %d", w.Code)
	}
	a, ok := d.s.entry.store.Find(account.Named("ann"))
	if !ok || a.Role != account.Operator || a.From != "company" || a.Hash != "" {
		t.Errorf("the account is %+v", a)
	}
	// The next time they may less, then nothing.
	dir.Claims["groups"] = []string{"staff"}
	b.get(goThere(t, b, dir, "/"))
	if a, _ = d.s.entry.store.Find(account.Named("ann")); a.Role != account.Viewer {
		t.Errorf("the role is %s, want viewer", a.Role)
	}
	b.post("/logout")
	dir.Claims["groups"] = []string{}
	if w := b.get(goThere(t, b, dir, "/")); w.Code != http.StatusForbidden || b.in() {
		t.Errorf("who is nothing any more = %d", w.Code)
	}
	if w := b.get("/login?left=company"); !strings.Contains(w.Body.String(), "Log out at The Company, too") {
		t.Error("nobody is asked whether they log out there, too")
	}
}

func TestANameThatIsTakenIsNobodyElses(t *testing.T) {
	d, dir := servedBy(t, "anybody", "admin")
	dir.Claims["preferred_username"] = "admin"
	b := newVisitor(t, d)
	b.get(goThere(t, b, dir, "/"))
	if w := b.get("/account"); !strings.Contains(w.Body.String(), "admin-2") || b.get("/people").Code != http.StatusForbidden {
		t.Errorf("who calls themselves admin there is %.900s", w.Body)
	}
}

func TestOnlyWhoWasInvitedComesFromTheCompany(t *testing.T) {
	d, dir := servedBy(t, "invited", "admin")
	b, boss := newVisitor(t, d), newVisitor(t, d)
	if w := b.get(goThere(t, b, dir, "/")); w.Code != http.StatusForbidden || b.in() || !strings.Contains(w.Body.String(), "you have no account here yet") {
		t.Errorf("who has no account = %d", w.Code)
	}
	boss.login("admin")
	_, text, _ := strings.Cut(shownOnce(t, boss.post("/people/invite", "name", "anna", "role", "editor")), "?by=")
	w := b.post("/invited/with", "by", text, "issuer", "company")
	_, rest, _ := strings.Cut(w.Body.String(), `class="button" href="`)
	address, _, _ := strings.Cut(rest, `"`)
	if w = b.get("/login/back/company?" + dir.Visit(html.UnescapeString(address)).Encode()); w.Code != http.StatusSeeOther || !b.in() {
		t.Fatalf("who was invited = %d %.500s", w.Code, w.Body)
	}
	if a, _ := d.s.entry.store.Find(account.Named("anna")); a.Role != account.Editor || len(a.Vouchers) != 1 {
		t.Errorf("the account is %+v: an invitation says the role", a)
	}
	// A link of a stranger cannot make their account good for this one.
	if w := b.get("/login/with/company?link=1"); strings.Contains(w.Header().Get("Set-Cookie"), "link") {
		t.Error(w.Header())
	}
	b.post("/account/issuer-remove", "issuer", "company")
	if a, _ := d.s.entry.store.Find(account.Named("anna")); len(a.Vouchers) != 1 {
		t.Error("the only way to log in was removed")
	}
}

func TestNobodyIsSentToAStranger(t *testing.T) {
	d, dir := servedBy(t, "anybody", "admin")
	b := newVisitor(t, d)
	if w := b.get(goThere(t, b, dir, "//bad.example/x")); w.Header().Get("Location") != "/" {
		t.Errorf("back leads to %q", w.Header().Get("Location"))
	}
	if w := b.get("/login/with/nobody"); w.Code == http.StatusSeeOther {
		t.Errorf("an issuer that there is none of = %d", w.Code)
	}
}
