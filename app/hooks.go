package app

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"sync"
	"time"

	"github.com/honderd/honderd/internal/complaint"
	"github.com/honderd/honderd/internal/who"
	"github.com/honderd/honderd/ledger"
	"github.com/honderd/honderd/release"
	"github.com/honderd/honderd/source/hooks"
	"github.com/honderd/honderd/view"
)

// hooksName is what the hooks are called among those who drop.
const hooksName = "hooks"

// world keeps what others tell: releases, alerts, mentions. What two senders tell of one
// deploy is kept once.
type world struct {
	s    *Server
	salt []byte // of who said something
	door *hooks.Door

	mu      sync.Mutex
	deploys *release.History // nil: to be read from the ledger
}

// openHooks opens what pipelines and monitors call.
func (s *Server) openHooks(salts *who.Salts) {
	w := &world{s: s, salt: salts.Names()}
	var list []hooks.Hook
	for _, h := range s.config.Receive.Hooks {
		list = append(list, hooks.Hook{Kind: h.Hook, Secret: h.Secret})
	}
	w.door = hooks.New(hooks.Options{
		Hooks: list, Keep: w.keep, Busy: isBusy,
		Refuse: func(why string) { s.drops.add(hooksName, inRequests, why, 1, true) }, Patience: s.patience,
	})
	s.world = w
}

// keep makes news durable.
func (w *world) keep(ctx context.Context, by string, n hooks.News) error {
	for _, r := range n.Releases {
		if err := w.release(ctx, by, r); err != nil {
			return err
		}
	}
	for _, a := range n.Alerts {
		if err := w.alert(ctx, by, a); err != nil {
			return err
		}
	}
	for _, m := range n.Mentions {
		if err := w.mention(ctx, by, m); err != nil {
			return err
		}
	}
	return nil
}

// release keeps one telling of a deploy, unless another sender told the same.
func (w *world) release(ctx context.Context, by string, r release.Release) error {
	w.mu.Lock()
	defer w.mu.Unlock()
	if err := w.remember(ctx); err != nil {
		return err
	}
	if repeats(r.Source) && w.live(r) {
		return nil // it says again and again what there is
	}
	if _, news := w.deploys.Add(r); !news {
		return nil
	}
	sum := sha256.Sum256([]byte(r.Key() + "\x00" + string(r.Phase) + "\x00" + r.At.UTC().Format(time.RFC3339Nano)))
	_, err := w.s.say(ctx, anyVersion, view.KindRelease, hex.EncodeToString(sum[:16]), by, r)
	if err != nil {
		w.deploys = nil // it knows what was not kept: it is read anew
	}
	return err
}

// repeats reports whether a source tells again and again what is live.
func repeats(source string) bool { return source == "flux" || source == "kubernetes" }

// live reports whether r tells only that what is live still is.
func (w *world) live(r release.Release) bool {
	if r.Phase != release.Succeeded {
		return false
	}
	place := func(r release.Release) string {
		return (release.Release{Service: r.Service, Environment: r.Environment}).Key()
	}
	all := w.deploys.All()
	for _, d := range slices.Backward(all) {
		if last := d.Last(); place(last) == place(r) && (last.Phase == release.Succeeded || last.Phase == release.RolledBack) {
			return last.Key() == r.Key()
		}
	}
	return false
}

// remember reads which deploys are known, once.
func (w *world) remember(ctx context.Context) error {
	if w.deploys != nil {
		return nil
	}
	facts, ok := w.s.ledger.(ledger.Facts)
	if !ok {
		return errNoFacts
	}
	list, err := facts.Newest(ctx, view.KindRelease)
	if err != nil {
		return err
	}
	var known []release.Release
	for _, f := range list {
		var r release.Release
		if json.Unmarshal(f.Body, &r) == nil && r.Validate() == nil {
			known = append(known, r)
		}
	}
	slices.SortFunc(known, release.Compare)
	w.deploys = &release.History{}
	for _, r := range known {
		w.deploys.Add(r)
	}
	return nil
}

// alert keeps that an alert began or ended, unless that is known.
func (w *world) alert(ctx context.Context, by string, a hooks.Alert) error {
	w.mu.Lock()
	defer w.mu.Unlock()
	sum := sha256.Sum256([]byte(a.Source + "\x00" + a.ID + "\x00" + a.From.Format(time.RFC3339)))
	key := hex.EncodeToString(sum[:16])
	body, err := json.Marshal(a)
	if err != nil {
		return err
	}
	return w.sayNew(ctx, view.KindAlert, key, by, body)
}

// sayNew says body of a key, unless that was said last.
func (w *world) sayNew(ctx context.Context, kind, key, by string, body json.RawMessage) error {
	facts, ok := w.s.ledger.(ledger.Facts)
	if !ok {
		return errNoFacts
	}
	all, err := facts.Versions(ctx, kind, key)
	if err != nil {
		return err
	}
	if n := len(all); n > 0 && string(all[n-1].Body) == string(body) {
		return nil
	}
	_, err = w.s.say(ctx, int64(len(all)), kind, key, by, body)
	return err
}

// mention keeps what somebody said, without who it was.
func (w *world) mention(ctx context.Context, by string, m hooks.Mention) error {
	reading := complaint.Read(m.Text)
	v := view.Mention{
		At: m.At.UTC(), Text: complaint.Strip(m.Text), Language: reading.Language, Outage: reading.Outage, Phrases: reading.Phrases,
		Author: w.pseudonym("author", m.Source, m.Author), Source: m.Source,
	}
	if m.ReplyTo != "" {
		v.ReplyTo = w.pseudonym("mention", m.Source, m.ReplyTo)
	}
	id := m.ID
	if id == "" {
		id = fmt.Sprint(m.Author, " ", m.At.Unix(), " ", m.Text)
	}
	body, err := json.Marshal(v)
	if err != nil {
		return err
	}
	return w.sayNew(ctx, view.KindMention, w.pseudonym("mention", m.Source, id), by, body)
}

// pseudonym names somebody or something for us alone.
func (w *world) pseudonym(what, source, name string) string {
	if name == "" {
		return ""
	}
	mac := hmac.New(sha256.New, w.salt)
	fmt.Fprintf(mac, "%s\x00%s\x00%s", what, source, name)
	return hex.EncodeToString(mac.Sum(nil)[:8])
}

// worldPages opens the hooks and the door for metrics, and tells what they told.
func (s *Server) worldPages(mux *http.ServeMux) {
	mux.Handle(hooks.Root, s.world.door)
	mux.HandleFunc("GET /api/v1/world", s.world.tell)
	s.warningsPages(mux)
}

// tell answers with what others told, the newest first.
func (w *world) tell(out http.ResponseWriter, _ *http.Request) {
	out.Header().Set("Content-Type", "application/json")
	out.Header().Set("Cache-Control", "no-store")
	e := json.NewEncoder(out)
	e.SetIndent("", "  ")
	_ = e.Encode(view.NewWorld(w.s.projector.said))
}
