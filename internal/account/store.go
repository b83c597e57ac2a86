package account

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"sync"
	"time"
)

// Dir is the folder in the data folder that all of this is in.
const Dir = "accounts"

const (
	storeFile    = "accounts.json"
	storeVersion = 2                      // 1 had passwords only
	lockWait     = 5 * time.Second        // for somebody else who changes it
	lockStale    = 30 * time.Second       // after which who locked it is dead: a change takes milliseconds
	lockPoll     = 20 * time.Millisecond  // between two looks at the lock
	lockName     = "accounts.json.lk.tmp" // no backup keeps what ends in .tmp
)

// Errors of who asks for what there is not.
var (
	ErrMissing = errors.New("there is none of that name")
	ErrTaken   = errors.New("there is one of that name already")
)

// Event is something that was done to accounts while nobody kept an audit trail.
type Event struct {
	ID   string    `json:"id"`
	At   time.Time `json:"at"`
	What string    `json:"what"` // account added, token removed, ...
	Of   string    `json:"of"`   // the name
	By   string    `json:"by,omitempty"`
}

// content is what the file holds.
type content struct {
	Version  int       `json:"version"`
	Accounts []Account `json:"accounts"`
	Tokens   []Token   `json:"tokens"`
	Events   []Event   `json:"events,omitempty"`

	by string // who changes it
}

// Store is the accounts and tokens of one data folder, which the server and commands
// share: who changes them locks the file, who reads them looks whether it changed.
type Store struct {
	dir string
	by  string // who changes it, for the audit trail; "" for a command
	*known
}

// known is the file as it was read last.
type known struct {
	mu   sync.Mutex
	info os.FileInfo // of the file that now is from; nil: there was none
	now  content
}

// By returns the same accounts, with what is done to them told as done by somebody.
func (s *Store) By(who string) *Store { return &Store{dir: s.dir, by: who, known: s.known} }

// Open returns the accounts in a data folder; there may be none yet. A file that cannot be
// read is an error: it must not look like nobody.
func Open(data string) (*Store, error) {
	s := &Store{dir: filepath.Join(data, Dir), known: &known{}}
	_, err := s.read()
	return s, err
}

func (s *Store) path() string { return filepath.Join(s.dir, storeFile) }

// read returns what there is now. Nobody changes what it returns.
func (s *Store) read() (content, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	info, err := os.Stat(s.path())
	if errors.Is(err, fs.ErrNotExist) {
		s.info, s.now = nil, content{}
		return s.now, nil
	}
	if err != nil {
		return content{}, fmt.Errorf("read accounts: %w", err)
	}
	if s.info != nil && os.SameFile(info, s.info) && info.ModTime().Equal(s.info.ModTime()) && info.Size() == s.info.Size() {
		return s.now, nil
	}
	c, err := load(s.path())
	if err != nil {
		return content{}, err
	}
	s.info, s.now = info, c
	return c, nil
}

func load(path string) (c content, err error) {
	text, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		return content{}, nil
	}
	if err != nil {
		return content{}, fmt.Errorf("read accounts: %w", err)
	}
	if err := json.Unmarshal(text, &c); err != nil {
		return content{}, fmt.Errorf("the accounts in %s are damaged: %w (fix: put the file back from your backup; nobody gets in from elsewhere before)", path, err)
	}
	if c.Version < 1 || c.Version > storeVersion {
		return content{}, fmt.Errorf("the accounts in %s are of version %d, which this program does not know (fix: start the newer program)", path, c.Version)
	}
	return c, nil
}

// change changes what there is, alone.
func (s *Store) change(do func(c *content) error) error {
	if err := os.MkdirAll(s.dir, 0o700); err != nil {
		return fmt.Errorf("change accounts: %w", err)
	}
	unlock, err := lock(filepath.Join(s.dir, lockName))
	if err != nil {
		return err
	}
	defer unlock()
	c, err := load(s.path())
	if err != nil {
		return err
	}
	c.Version, c.by = storeVersion, s.by
	if err := do(&c); err != nil {
		return err
	}
	return save(s.path(), c)
}

// lock waits until nobody else changes the file.
func lock(path string) (unlock func(), err error) {
	for begin := time.Now(); ; time.Sleep(lockPoll) {
		f, err := os.OpenFile(path, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600)
		if err == nil {
			_ = f.Close()                              // it holds nothing
			return func() { _ = os.Remove(path) }, nil // who finds it later sees that it is stale
		}
		if !errors.Is(err, fs.ErrExist) {
			return nil, fmt.Errorf("lock accounts: %w", err)
		}
		if info, err := os.Stat(path); err == nil && time.Since(info.ModTime()) > lockStale {
			_ = os.Remove(path) // somebody else may have been quicker
			continue
		}
		if time.Since(begin) > lockWait {
			return nil, fmt.Errorf("somebody else changes the accounts (fix: wait half a minute; if it lasts, remove %s)", path)
		}
	}
}

// save writes v whole or not at all, for nobody else to read.
func save(path string, v any) error {
	text, err := json.MarshalIndent(v, "", " ")
	if err != nil {
		return fmt.Errorf("keep %s: %w", path, err)
	}
	f, err := os.CreateTemp(filepath.Dir(path), "*.tmp")
	if err != nil {
		return fmt.Errorf("keep %s: %w", path, err)
	}
	_, err = f.Write(text)
	if err = errors.Join(err, f.Chmod(0o600), f.Sync(), f.Close()); err == nil {
		err = os.Rename(f.Name(), path)
	}
	if err != nil {
		return fmt.Errorf("keep %s: %w", path, errors.Join(err, os.Remove(f.Name())))
	}
	return nil
}

// tell adds to what the audit trail will be told.
func (c *content) tell(what, of string) {
	c.Events = append(c.Events, Event{ID: secret()[:16], At: time.Now().UTC(), What: what, Of: of, By: c.by})
}

func (c *content) account(name string) int {
	return slices.IndexFunc(c.Accounts, func(a Account) bool { return a.Name == name })
}

func (c *content) token(name string) int {
	return slices.IndexFunc(c.Tokens, func(t Token) bool { return t.Name == name })
}

// Events returns what the audit trail was not told yet.
func (s *Store) Events() []Event {
	c, err := s.read()
	if err != nil {
		return nil
	}
	return c.Events
}

// Told forgets events of which the audit trail was told.
func (s *Store) Told(ids []string) error {
	return s.change(func(c *content) error {
		c.Events = slices.DeleteFunc(c.Events, func(e Event) bool { return slices.Contains(ids, e.ID) })
		return nil
	})
}
