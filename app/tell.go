package app

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/honderd/honderd/look"
	"github.com/honderd/honderd/notify"
	"github.com/honderd/honderd/notify/subscribers"
	"github.com/honderd/honderd/notify/webpush"
	"github.com/honderd/honderd/status"
)

// How old news may be that is told: what is older was told before, or is not news.
const (
	teamNews  = time.Hour
	crowdNews = 6 * time.Hour
)

// kindNotified is the kind of the facts that say that a receiver was told something: the
// key is its name, / and the ID of the message.
const kindNotified = "notified"

// maxAsks is how many who ask to be told may wait.
const maxAsks = 200

// notified is what such a fact says.
type notified struct {
	At   time.Time `json:"at"`
	Dead string    `json:"dead,omitempty"` // why it was given up; "": it was taken
}

// teller tells the team and the public what is new on the board.
type teller struct {
	server *Server
	room   status.Newsroom
	tongue look.Tongue
	log    *slog.Logger

	team  []receiver
	crowd *notify.Courier
	store *subscribers.Store // nil: nobody can subscribe
	make  makers
	asks  chan status.Wish

	mu   sync.Mutex
	told map[string]bool // of the team: what a fact says was told, and what was told meanwhile
}

// receiver is one of the team, with a queue of its own: a slow one delays no other.
type receiver struct {
	notify.Notifier
	courier *notify.Courier
}

func newTeller(s *Server, o status.Options) (*teller, error) {
	t := &teller{server: s, room: status.NewNewsroom(o), tongue: o.Tongue, log: s.log, told: map[string]bool{}, asks: make(chan status.Wish, maxAsks)}
	var err error
	if t.make, err = newMakers(s.config); err != nil {
		return nil, err
	}
	for _, n := range s.config.Notify {
		one, err := t.make.team(n)
		if err != nil {
			return nil, err
		}
		t.team = append(t.team, receiver{one, notify.NewCourier(notify.CourierOptions{}, s.log)})
	}
	t.crowd = notify.NewCourier(notify.CourierOptions{Size: 10_000, Workers: 8}, s.log)
	if s.config.Status.URL == "" {
		return t, nil // nobody would know where to confirm, or to leave
	}
	if t.store, err = subscribers.Open(s.config.Data); err != nil {
		return nil, err
	}
	t.make.keys, err = webpush.LoadKeys(filepath.Join(s.config.Data, "webpush.key"))
	return t, err
}

// run tells until ctx ends.
func (t *teller) run(ctx context.Context) {
	var busy sync.WaitGroup
	for _, one := range t.team {
		busy.Go(func() { one.courier.Run(ctx) })
	}
	busy.Go(func() { t.crowd.Run(ctx) })
	t.remember()
	tick := time.NewTicker(boardEvery)
	defer tick.Stop()
	for ctx.Err() == nil {
		select {
		case <-ctx.Done():
		case a := <-t.asks:
			t.invite(a)
		case <-tick.C:
			board := t.server.publisher.now()
			t.tellTeam(ctx, board)
			t.tellCrowd(board)
		}
	}
	busy.Wait()
	if t.store != nil {
		if err := t.store.Save(); err != nil {
			t.log.Warn("not kept who was told: some may be told twice", "error", err)
		}
	}
}

// remember learns from the facts what the team was told before.
func (t *teller) remember() {
	t.mu.Lock()
	defer t.mu.Unlock()
	for _, f := range t.server.projector.said(kindNotified) {
		t.told[f.Key] = true
	}
}

func (t *teller) tellTeam(ctx context.Context, board status.Board) {
	if len(t.team) == 0 {
		return
	}
	for _, m := range t.room.News(board, status.Wish{Language: t.tongue}, time.Now().Add(-teamNews)) {
		for _, one := range t.team {
			key := one.Name() + "/" + m.ID
			t.mu.Lock()
			told := t.told[key]
			t.mu.Unlock()
			if !told {
				one.courier.Offer(notify.Delivery{Key: key, To: one, Message: m, Done: func(err error) { t.noted(ctx, key, err) }})
			}
		}
	}
}

// noted keeps that one of the team was told, so that a restart does not tell it again.
// While the ledger is away that is known only until then.
func (t *teller) noted(ctx context.Context, key string, err error) {
	t.mu.Lock()
	t.told[key] = true
	t.mu.Unlock()
	n := notified{At: time.Now().UTC().Truncate(time.Second)}
	if err != nil {
		n.Dead = err.Error()
	}
	keep, stop := context.WithTimeout(context.WithoutCancel(ctx), 5*time.Second)
	defer stop()
	if _, err := t.server.say(keep, anyVersion, kindNotified, key, by, n); err != nil {
		t.log.Warn("not kept who was told: it may be told twice after a restart", "receiver", key, "error", err)
	}
}

// tellCrowd tells those of the public who confirmed that they want it.
func (t *teller) tellCrowd(board status.Board) {
	if t.store == nil {
		return
	}
	if err := t.store.Save(); err != nil {
		t.log.Warn("not kept who was told: it is tried again", "error", err)
	}
	type edition struct{ page, language, components string }
	news := map[edition][]notify.Message{}
	since := time.Now().Add(-crowdNews)
	for _, sub := range t.store.Confirmed() {
		e := edition{sub.Page, sub.Language, strings.Join(sub.Components, ",")}
		list, written := news[e]
		if !written {
			tongue, _ := look.ParseTongue(sub.Language)
			list = t.room.News(board, status.Wish{Page: sub.Page, Language: tongue, Components: sub.Components}, since)
			news[e] = list
		}
		for _, m := range list {
			if m.At.After(sub.Confirmed) && !slices.Contains(sub.Told, m.ID) && !t.offer(sub, m) {
				return // too much is waiting: the rest comes with the next tick
			}
		}
	}
}

// offer gives m to be sent to a subscription.
func (t *teller) offer(sub subscribers.Subscription, m notify.Message) bool {
	m.Leave = t.room.Address(sub.Page, "unsubscribe") + "?t=" + sub.Token
	to, err := t.make.public(sub)
	if err != nil {
		t.log.Warn("a subscription cannot be told", "subscription", sub.ID, "error", err)
		t.store.Told(sub.ID, m.ID)
		return true
	}
	return t.crowd.Offer(notify.Delivery{Key: sub.ID + "/" + m.ID, To: to, Message: m, Done: func(err error) {
		t.store.Told(sub.ID, m.ID)
		if errors.Is(err, notify.ErrGone) {
			if err := t.store.Remove(sub.ID); err != nil {
				t.log.Warn("a subscription that is no more is kept", "error", err)
			}
		}
	}})
}

// invite asks somebody to confirm that they want to be told. A browser has asked already.
func (t *teller) invite(w status.Wish) {
	sub, confirm, err := t.store.Ask(string(w.Way), w.Address, w.Page, w.Language.String(), w.Components)
	switch {
	case err != nil:
		t.log.Warn("somebody cannot be told", "error", err)
	case !confirm:
	case w.Way == status.ByPush:
		if _, _, err := t.store.Confirm(sub.Token); err != nil {
			t.log.Warn("somebody cannot be told", "error", err)
		}
	default:
		m := t.room.Invitation(sub.ID, sub.Page, w.Language, sub.Token, sub.Reminded)
		if to, err := t.make.public(sub); err != nil {
			t.log.Warn("somebody cannot be told", "error", err)
		} else if !t.crowd.Offer(notify.Delivery{Key: m.ID, To: to, Message: m}) {
			t.log.Warn("somebody was not asked to confirm: too much is waiting")
		}
	}
}

// Ask notes that somebody asks to be told.
func (t *teller) Ask(w status.Wish) error {
	if ways, _ := t.Ways(); !slices.Contains(ways, w.Way) {
		return fmt.Errorf("nobody is told by %s here", w.Way)
	}
	if w.Way == status.ByPush {
		if _, err := webpush.Parse(w.Address); err != nil {
			return err
		}
	}
	select {
	case t.asks <- w:
		return nil
	default:
		return status.ErrBusy
	}
}

// Confirm notes that the owner of a token wants to be told.
func (t *teller) Confirm(token string) (secret string, ok bool, err error) {
	sub, ok, err := t.store.Confirm(token)
	return sub.Secret, ok, err
}

// Leave forgets the owner of a token.
func (t *teller) Leave(token string) (ok bool, err error) {
	_, ok, err = t.store.Leave(token)
	return ok, err
}

// Choose lets the owner of a token be told of some components only.
func (t *teller) Choose(token string, components []string) (now []string, ok bool, err error) {
	sub, ok, err := t.store.Choose(token, components)
	return sub.Components, ok, err
}

// Ways returns how the public can be told, and what browsers know us by.
func (t *teller) Ways() (ways []status.Way, pushKey string) {
	ways = []status.Way{status.ByWebhook, status.ByPush}
	if t.make.post != nil {
		ways = append(ways, status.ByMail)
	}
	return ways, t.make.keys.Public
}

// receiverState is how one receiver is.
type receiverState struct {
	Name string `json:"name"`
	notify.Counts
}

// state shows what was told to whom. The public is one receiver.
func (t *teller) state(w http.ResponseWriter, _ *http.Request) {
	list := []receiverState{}
	for _, one := range t.team {
		list = append(list, receiverState{one.Name(), one.courier.Counts()})
	}
	if t.store != nil {
		list = append(list, receiverState{"subscribers", t.crowd.Counts()})
	}
	sendJSON(w, http.StatusOK, map[string]any{"receivers": list})
}

// forget takes every subscription of an address out of what is kept.
func (t *teller) forget(w http.ResponseWriter, r *http.Request) {
	if err := t.server.allow(r); err != nil {
		problem(w, http.StatusForbidden, err)
		return
	}
	if t.store == nil {
		problem(w, http.StatusNotFound, errors.New("nobody can subscribe here (fix: write status.url in honderd.yaml)"))
		return
	}
	n, err := t.store.Forget(strings.TrimSpace(r.URL.Query().Get("address")))
	if err != nil {
		problem(w, http.StatusServiceUnavailable, err)
		return
	}
	sendJSON(w, http.StatusOK, map[string]int{"forgotten": n})
}
