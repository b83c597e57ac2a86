package app

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"sync"
	"time"

	"github.com/honderd/honderd/internal/account"
	"github.com/honderd/honderd/ledger"
)

// kindAudit is the kind of facts that say who did what.
const kindAudit = "audit"

// auditPath is where admins read them.
const auditPath = "/api/v1/audit"

// auditEvery is how often what is counted is kept.
const auditEvery = time.Minute

// mostAudit is how many are answered at once.
const mostAudit = 1000

// auditEntry is one thing that somebody did. It has no address.
type auditEntry struct {
	At    time.Time `json:"at"`
	Who   string    `json:"who"`
	What  string    `json:"what"`            // logged in, wrote, failed to log in, used a token, ...
	Of    string    `json:"of,omitempty"`    // a path, or the name of an account
	Count int64     `json:"count,omitempty"` // of what is counted by the minute
}

// trail is who did what.
type trail struct {
	s     *Server
	store *account.Store

	mu     sync.Mutex
	last   int64            // the newest key
	tokens map[string]bool  // name and day of those that were used
	fails  map[string]int64 // by name, since the last flush
}

// add keeps an entry.
func (t *trail) add(ctx context.Context, e auditEntry) {
	t.mu.Lock()
	t.last = max(t.last+1, time.Now().UnixNano())
	key := fmt.Sprint(t.last)
	t.mu.Unlock()
	t.put(ctx, key, e)
}

func (t *trail) put(ctx context.Context, key string, e auditEntry) bool {
	if e.At.IsZero() {
		e.At = time.Now()
	}
	e.At = e.At.UTC().Truncate(time.Millisecond)
	_, err := t.s.say(ctx, 0, kindAudit, key, e.Who, e)
	if err != nil && !errors.Is(err, ledger.ErrConflict) {
		t.s.log.Error("who did what could not be kept", "who", e.Who, "what", e.What, "of", e.Of, "error", err)
		return false
	}
	return true
}

// wrote keeps that somebody changed something, or was refused to.
func (t *trail) wrote(ctx context.Context, id identity, what string, r *http.Request) {
	path := r.URL.Path
	if len(path) > 200 {
		path = path[:200]
	}
	t.add(ctx, auditEntry{Who: id.name, What: what, Of: r.Method + " " + path})
}

// used keeps that a token was used, once a day.
func (t *trail) used(ctx context.Context, name string) {
	day := time.Now().UTC().Format(time.DateOnly)
	key := "token/" + name + "/" + day
	t.mu.Lock()
	known := t.tokens[key]
	if t.tokens == nil || len(t.tokens) > 10000 {
		t.tokens = map[string]bool{}
	}
	t.tokens[key] = true
	t.mu.Unlock()
	if !known {
		t.put(context.WithoutCancel(ctx), key, auditEntry{Who: name, What: "used a token"})
	}
}

// failed counts that somebody was not let in. An attacker must not fill the ledger.
func (t *trail) failed(name string) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.fails == nil {
		t.fails = map[string]int64{}
	}
	t.fails[name]++
}

// flush keeps what was counted, and what commands did to accounts.
func (t *trail) flush(ctx context.Context) {
	t.mu.Lock()
	fails := t.fails
	t.fails = nil
	t.mu.Unlock()
	for name, n := range fails {
		t.add(ctx, auditEntry{Who: name, What: "failed to log in", Count: n})
	}
	var told []string
	for _, e := range t.store.Events() {
		who := e.By
		if who == "" {
			who = "somebody on this machine"
		}
		if t.put(ctx, "account/"+e.ID, auditEntry{At: e.At, Who: who, What: e.What, Of: e.Of}) {
			told = append(told, e.ID)
		}
	}
	if len(told) == 0 {
		return
	}
	if err := t.store.Told(told); err != nil {
		t.s.log.Warn("who changed accounts is told again", "error", err)
	}
}

// run keeps what was counted until ctx ends.
func (t *trail) run(ctx context.Context) {
	tick := time.NewTicker(auditEvery)
	defer tick.Stop()
	for ctx.Err() == nil {
		select {
		case <-tick.C:
			t.flush(ctx)
		case <-ctx.Done():
		}
	}
	last, stop := context.WithTimeout(context.WithoutCancel(ctx), 2*time.Second)
	defer stop()
	t.flush(last)
}

// answer tells admins who did what, the newest first.
func (t *trail) answer(w http.ResponseWriter, r *http.Request) {
	list, err := t.read(r.Context())
	if err != nil {
		problem(w, http.StatusServiceUnavailable, err)
		return
	}
	sendJSON(w, http.StatusOK, map[string]any{"audit": list[:min(len(list), mostAudit)], "of": len(list)})
}

// read returns who did what, the newest first.
func (t *trail) read(ctx context.Context) ([]auditEntry, error) {
	t.flush(ctx)
	facts, ok := t.s.ledger.(ledger.Facts)
	if !ok {
		return nil, errNoFacts
	}
	all, err := facts.Newest(ctx, kindAudit)
	if err != nil {
		t.s.log.Error("who did what could not be read", "error", err)
		return nil, errors.New("who did what could not be read; the log of honderd says why")
	}
	list := []auditEntry{}
	for _, f := range all {
		var e auditEntry
		if json.Unmarshal(f.Body, &e) == nil {
			list = append(list, e)
		}
	}
	slices.SortStableFunc(list, func(a, b auditEntry) int { return b.At.Compare(a.At) })
	return list, nil
}

// accounts tells admins who has an account and which tokens there are.
func (e *entry) accounts(w http.ResponseWriter, _ *http.Request) {
	type one struct {
		Name    string     `json:"name"`
		Role    string     `json:"role"`
		Created time.Time  `json:"created"`
		Expires *time.Time `json:"expires,omitempty"`
	}
	people, tokens := []one{}, []one{}
	accounts, err := e.store.Accounts()
	for _, a := range accounts {
		people = append(people, one{Name: a.Name, Role: a.Role.String(), Created: a.Created})
	}
	list, err2 := e.store.Tokens()
	for _, t := range list {
		tokens = append(tokens, one{Name: t.Name, Role: t.Role.String(), Created: t.Created, Expires: &t.Expires})
	}
	if errors.Join(err, err2) != nil {
		e.trail.s.log.Error("accounts could not be read", "error", errors.Join(err, err2))
		problem(w, http.StatusInternalServerError, errors.New("accounts could not be read; the log of honderd says why"))
		return
	}
	sendJSON(w, http.StatusOK, map[string]any{"accounts": people, "tokens": tokens})
}
