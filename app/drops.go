package app

import (
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"sync"
	"time"

	"github.com/honderd/honderd/fold/intake"
	"github.com/honderd/honderd/web"
)

// dropsFile is where the counts of drops are kept between starts.
const dropsFile = "drops"

// drops counts what was let fall, by who did it and why. What the folds count themselves,
// lines that could not be read and what came too late, is added when it is shown. The
// zero value counts, and keeps nothing on disk.
type drops struct {
	path string

	mu      sync.Mutex
	counts  map[dropped]*web.Drop
	changed bool
}

// dropped is what drops are counted by.
type dropped struct{ where, what, reason string }

// Words of drops.
const (
	inRequests    = "requests"
	inExperiences = "experiences"
	inRecords     = "records"
	inSteps       = "steps of the clock"
)

// openDrops reads what was counted before. A file that cannot be read costs its counts,
// which is said.
func openDrops(dir string, log *slog.Logger) *drops {
	d := &drops{path: filepath.Join(dir, dropsFile)}
	list, err := readDrops(d.path)
	if err != nil {
		log.Warn("counts of drops are damaged: they begin anew", "error", err)
	}
	for _, one := range list {
		*d.at(dropped{one.Where, one.What, one.Reason}) = one
	}
	return d
}

// readDrops returns what a file of counts says, nothing when there is none.
func readDrops(path string) ([]web.Drop, error) {
	p, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	var list []web.Drop
	if err := json.Unmarshal(p, &list); err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	return list, nil
}

// at returns the count of k.
func (d *drops) at(k dropped) *web.Drop {
	if d.counts == nil {
		d.counts = map[dropped]*web.Drop{}
	}
	if d.counts[k] == nil {
		d.counts[k] = &web.Drop{Where: k.where, What: k.what, Reason: k.reason}
	}
	return d.counts[k]
}

// add counts n of something that where let fall. told says that whoever gave it knows.
func (d *drops) add(where, what, reason string, n int64, told bool) {
	if d == nil || n <= 0 {
		return
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	one := d.at(dropped{where, what, reason})
	one.Count, one.Told, one.Last = one.Count+n, told, time.Now().UTC().Truncate(time.Second)
	d.changed = true
}

// list returns all counts, what was lost without a word first.
func (d *drops) list() []web.Drop {
	d.mu.Lock()
	defer d.mu.Unlock()
	list := []web.Drop{}
	for _, one := range d.counts {
		list = append(list, *one)
	}
	sortDrops(list)
	return list
}

func sortDrops(list []web.Drop) {
	silent := func(d web.Drop) int {
		if d.Told {
			return 1
		}
		return 0
	}
	slices.SortFunc(list, func(a, b web.Drop) int {
		return cmp.Or(silent(a)-silent(b), cmp.Compare(b.Count, a.Count), cmp.Compare(a.Where, b.Where), cmp.Compare(a.Reason, b.Reason))
	})
}

// save writes the counts down, if they have changed.
func (d *drops) save() error {
	d.mu.Lock()
	changed := d.changed
	d.changed = false
	d.mu.Unlock()
	if !changed || d.path == "" {
		return nil
	}
	p, err := json.MarshalIndent(d.list(), "", " ")
	if err == nil {
		err = writeWhole(d.path, append(p, '\n'))
	}
	if err != nil {
		d.mu.Lock()
		d.changed = true
		d.mu.Unlock()
		return fmt.Errorf("write the counts of drops: %w", err)
	}
	return nil
}

// withFolds adds what the folds count themselves.
func withFolds(list []web.Drop, in intake.Answer, late int64) []web.Drop {
	for reason, r := range in.Total.Rejects {
		list = append(list, web.Drop{Where: "sources", What: "lines", Reason: reason, Count: r.Count})
	}
	if late > 0 {
		list = append(list, web.Drop{Where: "folds", What: inExperiences, Reason: tooLate, Count: late})
	}
	sortDrops(list)
	return list
}

// tooLate is why the folds have not counted something.
const tooLate = "came too late to be placed"
