// Package subscribers keeps who of the public wants to be told. Their addresses are
// personal: they are sealed in one file, are never in the ledger, and can be taken out.
package subscribers

import (
	"cmp"
	"crypto/rand"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"sync"
	"time"
)

// The ways to be told.
const (
	ByMail    = "mail"
	ByWebhook = "webhook"
	ByPush    = "push"
)

// Subscription is one address that wants to be told.
type Subscription struct {
	ID        string    `json:"id"` // of no meaning
	By        string    `json:"by"`
	Address   string    `json:"address"` // an e-mail address, a URL, or what a browser gave
	Page      string    `json:"page,omitempty"`
	Language  string    `json:"language,omitempty"`
	Token     string    `json:"token"`            // whoever has it may confirm and end it
	Secret    string    `json:"secret,omitempty"` // what webhooks are signed with
	Asked     time.Time `json:"asked"`
	Reminded  time.Time `json:"reminded,omitzero"` // when a confirmation was sent last
	Confirmed time.Time `json:"confirmed,omitzero"`
	Told      []string  `json:"told,omitempty"` // the IDs of the newest messages that it was told

	Components []string `json:"components,omitempty"` // what it is told of; none: everything
	Wanted     []string `json:"wanted,omitempty"`     // what it was asked to be told of since; confirming makes it so
	Changes    bool     `json:"changes,omitempty"`    // Wanted is asked for
}

// Limits of what is kept.
const (
	maxSubscriptions = 100_000
	maxWaiting       = 5000           // that nobody has confirmed
	waitFor          = 48 * time.Hour // a confirmation
	remindAfter      = time.Hour      // at most one confirmation an hour to one address
	maxTold          = 64
)

// ErrFull is the answer when no more can be taken.
var ErrFull = errors.New("no more subscriptions can be taken")

// Store keeps subscriptions in a file.
type Store struct {
	seal seal
	now  func() time.Time

	mu      sync.Mutex
	by      map[string]*Subscription // by ID
	changed bool
}

// Open returns what is kept in a folder. The key is beside it, in a file of its own.
func Open(dir string) (*Store, error) {
	s := &Store{now: time.Now, by: map[string]*Subscription{}}
	var err error
	if s.seal, err = openSeal(dir); err != nil {
		return nil, err
	}
	text, err := s.seal.read()
	if err != nil || text == nil {
		return s, err
	}
	var list []*Subscription
	if err := json.Unmarshal(text, &list); err != nil {
		return nil, fmt.Errorf("subscribers: %w (fix: put back the copy from your backup)", err)
	}
	for _, one := range list {
		s.by[one.ID] = one
	}
	return s, nil
}

// Ask notes that an address asks to be told. It returns the subscription, and whether it
// is to be asked for confirmation now: not when it is confirmed already, nor twice in an
// hour. Whoever asks must not be told which it was. Components are what it wants to be
// told of; none: everything. Of an address that is confirmed they change when that is
// confirmed, too.
func (s *Store) Ask(by, address, page, language string, components []string) (sub Subscription, confirm bool, err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	now := s.now()
	s.expire(now)
	var one *Subscription
	waiting := 0
	for _, other := range s.by {
		if other.By == by && other.Address == address && other.Page == page {
			one = other
		}
		if other.Confirmed.IsZero() {
			waiting++
		}
	}
	if one == nil {
		if len(s.by) >= maxSubscriptions || waiting >= maxWaiting {
			return Subscription{}, false, ErrFull
		}
		one = &Subscription{ID: random(9), By: by, Address: address, Page: page, Language: language, Token: random(24), Asked: now}
		if by == ByWebhook {
			one.Secret = random(24)
		}
		s.by[one.ID] = one
	}
	one.Changes = !slices.Equal(one.Components, components)
	if one.Wanted = components; one.Confirmed.IsZero() {
		one.Components, one.Changes = components, false
	}
	s.changed = true
	if !one.Confirmed.IsZero() && !one.Changes || now.Sub(one.Reminded) < remindAfter {
		return *one, false, s.save()
	}
	one.Language, one.Reminded, s.changed = language, now, true
	return *one, true, s.save()
}

// Confirm notes that whoever has the token wants it, and reports whether there is such a
// subscription.
func (s *Store) Confirm(token string) (Subscription, bool, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.expire(s.now())
	one := s.find(token)
	if one == nil {
		return Subscription{}, false, nil
	}
	if one.Confirmed.IsZero() {
		one.Confirmed, s.changed = s.now(), true
	}
	if one.Changes {
		one.Components, one.Wanted, one.Changes, s.changed = one.Wanted, nil, false, true
	}
	return *one, true, s.save()
}

// Choose lets the subscription of a token be told of these components only; nil leaves it
// as it is. It returns the subscription as it is then.
func (s *Store) Choose(token string, components []string) (Subscription, bool, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	one := s.find(token)
	if one == nil {
		return Subscription{}, false, nil
	}
	if len(components) > 0 {
		one.Components, one.Wanted, one.Changes, s.changed = components, nil, false, true
	}
	return *one, true, s.save()
}

// Leave takes out the subscription of a token. Nothing of it stays.
func (s *Store) Leave(token string) (Subscription, bool, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	one := s.find(token)
	if one == nil {
		return Subscription{}, false, nil
	}
	delete(s.by, one.ID)
	s.changed = true
	return *one, true, s.save()
}

// Remove takes out the subscription with that ID: its receiver is no more.
func (s *Store) Remove(id string) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.by[id] != nil {
		delete(s.by, id)
		s.changed = true
	}
	return s.save()
}

// Forget takes out every subscription of an address, and returns how many there were.
func (s *Store) Forget(address string) (n int, err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	before := len(s.by)
	maps.DeleteFunc(s.by, func(_ string, one *Subscription) bool { return one.Address == address })
	n = before - len(s.by)
	s.changed = s.changed || n > 0
	return n, s.save()
}

// Confirmed returns the confirmed subscriptions, the oldest first.
func (s *Store) Confirmed() []Subscription {
	s.mu.Lock()
	defer s.mu.Unlock()
	var list []Subscription
	for _, one := range s.by {
		if !one.Confirmed.IsZero() {
			list = append(list, *one)
		}
	}
	slices.SortFunc(list, func(a, b Subscription) int {
		return cmp.Or(a.Confirmed.Compare(b.Confirmed), cmp.Compare(a.ID, b.ID))
	})
	return list
}

// Told notes that a subscription was told a message. It is on disk after the next Save.
func (s *Store) Told(id, message string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if one := s.by[id]; one != nil && !slices.Contains(one.Told, message) {
		one.Told = append(slices.Clone(one.Told[max(0, len(one.Told)-maxTold+1):]), message)
		s.changed = true
	}
}

// Save writes what has changed to the disk.
func (s *Store) Save() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.save()
}

func (s *Store) save() error {
	if !s.changed {
		return nil
	}
	list := make([]*Subscription, 0, len(s.by))
	for _, id := range slices.Sorted(maps.Keys(s.by)) {
		list = append(list, s.by[id])
	}
	text, err := json.Marshal(list)
	if err == nil {
		err = s.seal.write(text)
	}
	if err != nil {
		return fmt.Errorf("keep subscribers: %w", err)
	}
	s.changed = false
	return nil
}

func (s *Store) find(token string) *Subscription {
	for _, one := range s.by {
		if token != "" && same(one.Token, token) {
			return one
		}
	}
	return nil
}

// expire takes out what nobody confirmed.
func (s *Store) expire(now time.Time) {
	maps.DeleteFunc(s.by, func(_ string, one *Subscription) bool {
		old := one.Confirmed.IsZero() && now.Sub(one.Asked) > waitFor
		s.changed = s.changed || old
		return old
	})
}

// random returns so many random bytes as letters and digits.
func random(n int) string {
	b := make([]byte, n)
	rand.Read(b)
	return base64.RawURLEncoding.EncodeToString(b)
}
