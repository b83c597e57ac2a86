package app

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/honderd/honderd/experience"
)

// heldName is the source that gives what was held, and the folder it waits in.
const heldName = "held"

// Limits of what is held. What is further ahead than maxAhead, or does not fit, is
// counted and dropped. Both are guesses: a year and a month, and a few million.
const (
	maxAhead = 400 * 24 * time.Hour
	maxHeld  = 64 << 20 // bytes
)

// heldEvery is how often is looked whether the time of something has come.
const heldEvery = time.Minute

// Reasons why something from the future is not held.
const (
	tooFarAhead = "from the future: a clock was wrong"
	heldIsFull  = "from the future, and too much waits already"
)

// held is experiences from the future, which wait until their time comes: a file for each
// of their days, of records that are on the disk before their batch is accepted. A record
// is the room it takes, the length and the sum of a batch, and the batch, whose position
// is the name of what it was taken from: the same is never held twice.
type held struct {
	dir   string
	log   *slog.Logger
	drops *drops
	limit int64 // bytes

	mu    sync.Mutex
	files map[string]*heldFile // by day
	ids   map[string]bool      // of what waits
	bytes int64
	waits int64 // experiences
}

// heldFile is what waits for one day.
type heldFile struct {
	name   string // day-token: a name is never used again
	size   int64
	counts int64 // experiences in it
	ids    []string
}

// heldHead is room, length and CRC-32C of a batch.
const heldHead = 12

// openHeld opens what is held in a data folder. Without drops it is only looked at.
func openHeld(dir string, log *slog.Logger, d *drops) (*held, error) {
	h := &held{dir: filepath.Join(dir, heldName), log: log, drops: d, limit: maxHeld, files: map[string]*heldFile{}, ids: map[string]bool{}}
	list, err := os.ReadDir(h.dir)
	if errors.Is(err, fs.ErrNotExist) {
		return h, nil
	}
	if err != nil {
		return nil, fmt.Errorf("open what is held: %w", err)
	}
	for _, e := range list {
		day, _, ok := strings.Cut(e.Name(), "_")
		if _, err := time.Parse(time.DateOnly, day); err != nil || !ok || !e.Type().IsRegular() {
			continue
		}
		if err := h.load(day, e.Name()); err != nil {
			return nil, fmt.Errorf("open what is held: %w", err)
		}
	}
	return h, nil
}

// load takes in one file. What a crash cut off at its end was never accepted.
func (h *held) load(day, name string) error {
	f := &heldFile{name: name}
	end, err := readHeld(filepath.Join(h.dir, name), 0, func(b *experience.Batch, _ int64) error {
		f.counts += int64(len(b.Items))
		f.ids = append(f.ids, b.Position)
		h.ids[b.Position] = true
		return nil
	})
	if err != nil && !errors.Is(err, errHeldEnd) {
		return err
	}
	if err != nil && h.drops != nil {
		info, statErr := os.Stat(filepath.Join(h.dir, name))
		if statErr != nil {
			return statErr
		}
		h.log.Error("what is held is damaged: the rest of the file is lost", "file", name, "bytes", info.Size()-end)
		h.drops.add(heldName, "bytes", "damaged on the disk", info.Size()-end, false)
		if err := os.Truncate(filepath.Join(h.dir, name), end); err != nil {
			return err
		}
	}
	f.size = end
	h.files[day] = f
	h.bytes, h.waits = h.bytes+end, h.waits+f.counts
	return nil
}

// take takes what is from the future out of b, and returns when it is on the disk. When it
// fails b is as it was, and must not be accepted.
func (h *held) take(b *experience.Batch, now time.Time) error {
	horizon, last := now.Add(future).UnixMilli(), now.Add(maxAhead).UnixMilli()
	if !slices.ContainsFunc(b.Items, func(e experience.Experience) bool { return e.At > horizon }) {
		return nil
	}
	days := map[string][]experience.Experience{}
	var far, full []experience.Experience
	for _, e := range b.Items {
		switch {
		case e.At <= horizon:
		case e.At > last:
			far = append(far, e)
		default:
			day := e.Time().UTC().Format(time.DateOnly)
			days[day] = append(days[day], e)
		}
	}
	name := b.Source + "\x00" + b.Position
	for day, list := range days {
		err := h.keep(day, name, b, list)
		if errors.Is(err, errHeldFull) {
			full = append(full, list...)
			continue
		}
		if err != nil {
			return fmt.Errorf("hold what is from the future: %w", err)
		}
	}
	b.Items = slices.DeleteFunc(b.Items, func(e experience.Experience) bool { return e.At > horizon })
	reject(b, tooFarAhead, far)
	reject(b, heldIsFull, full)
	return nil
}

// reject counts what is dropped of b.
func reject(b *experience.Batch, why string, list []experience.Experience) {
	for _, e := range list {
		b.Tally.Parsed--
		b.Tally.Reject(why, e.Time().UTC().Format(time.RFC3339))
	}
}

// errHeldFull is the answer to what does not fit.
var errHeldFull = errors.New("too much is held already")

// keep makes some experiences of b durable under their day.
func (h *held) keep(day, name string, b *experience.Batch, list []experience.Experience) error {
	mine := only(b, list)
	mine.Source = b.Source
	content, err := mine.AppendBinary([]byte(name))
	if err != nil {
		return err
	}
	sum := sha256.Sum256(content)
	mine.Position = fmt.Sprintf("%x", sum[:16])
	record, err := heldRecord(mine, 0)
	if err != nil {
		return err
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.ids[mine.Position] {
		return nil
	}
	if h.bytes+int64(len(record)) > h.limit {
		return errHeldFull
	}
	f := h.files[day]
	if f == nil {
		if err := os.MkdirAll(h.dir, 0o700); err != nil {
			return err
		}
		f = &heldFile{name: day + "_" + rand.Text()}
	}
	if err := appendSynced(filepath.Join(h.dir, f.name), f.size, record); err != nil {
		return err
	}
	h.files[day] = f
	f.size, f.counts, f.ids = f.size+int64(len(record)), f.counts+int64(len(list)), append(f.ids, mine.Position)
	h.ids[mine.Position] = true
	h.bytes, h.waits = h.bytes+int64(len(record)), h.waits+int64(len(list))
	return nil
}

// due returns the names of the files whose day has begun, the oldest first.
func (h *held) due(now time.Time) []string {
	h.mu.Lock()
	defer h.mu.Unlock()
	var list []string
	for day, f := range h.files {
		if day <= now.UTC().Format(time.DateOnly) {
			list = append(list, f.name)
		}
	}
	slices.Sort(list)
	return list
}

// release gives what is in a file to keep, from behind the position that this source was
// at, and removes the file. It is a source like a log: its position is in each batch.
func (h *held) release(ctx context.Context, name, position string, keep func(context.Context, *experience.Batch) error) error {
	from := int64(0)
	if at, ok := strings.CutPrefix(position, name+" "); ok {
		n, err := strconv.ParseInt(at, 10, 64)
		if err != nil {
			return fmt.Errorf("position %q of what is held: %w", position, err)
		}
		from = n
	}
	for {
		end, err := readHeld(filepath.Join(h.dir, name), from, func(b *experience.Batch, end int64) error {
			b.Source, b.Position = heldName, name+" "+strconv.FormatInt(end, 10)
			return keep(ctx, b)
		})
		if err != nil {
			return fmt.Errorf("give what was held in %s: %w", name, err)
		}
		if gone, err := h.remove(name, end); gone || err != nil {
			return err
		}
		from = end
	}
}

// remove removes a file, unless there is more in it than was given.
func (h *held) remove(name string, given int64) (bool, error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	day, _, _ := strings.Cut(name, "_")
	f := h.files[day]
	if f == nil || f.name != name {
		return true, nil
	}
	if f.size > given {
		return false, nil
	}
	if err := os.Remove(filepath.Join(h.dir, name)); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return false, err
	}
	delete(h.files, day)
	for _, id := range f.ids {
		delete(h.ids, id)
	}
	h.bytes, h.waits = h.bytes-f.size, h.waits-f.counts
	return true, syncFolder(h.dir)
}

// waiting returns how many experiences wait, and for which day the first of them.
func (h *held) waiting() (n int64, first string) {
	h.mu.Lock()
	defer h.mu.Unlock()
	for day := range h.files {
		if first == "" || day < first {
			first = day
		}
	}
	return h.waits, first
}

// forget takes people out of what is held, and returns how many experiences that were.
// Records keep their place, so that positions in the files hold.
func (h *held) forget(people ...experience.Person) (gone int64, err error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	for _, f := range h.files {
		var whole []byte
		from, before := int64(0), gone
		_, err := readHeld(filepath.Join(h.dir, f.name), 0, func(b *experience.Batch, end int64) error {
			rest := slices.DeleteFunc(b.Items, func(e experience.Experience) bool { return slices.Contains(people, e.Person) })
			gone += int64(len(b.Items) - len(rest))
			b.Items = rest
			record, err := heldRecord(b, int(end-from-heldHead))
			whole, from = append(whole, record...), end
			return err
		})
		if err == nil && gone > before {
			err = writeWhole(filepath.Join(h.dir, f.name), whole)
		}
		if err != nil {
			return gone, fmt.Errorf("forget in what is held: %w", err)
		}
		f.counts -= gone - before
		h.waits -= gone - before
	}
	return gone, nil
}
