package app

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"time"

	"github.com/honderd/honderd/config"
	"github.com/honderd/honderd/internal/who"
)

// saltFormat begins the file of salts; after it comes the sum of the rest.
const saltFormat = "honderd salts 1 "

// saltSize is how many bytes the one salt had that older folders have.
const saltSize = 32

// loadSalts returns the keys of all pseudonyms, which are made when they are needed and
// kept in one file. Beside it stands a fingerprint: a lost file is noticed, for without it
// everybody would be somebody new.
func loadSalts(path string, c config.Config, log *slog.Logger) (*who.Salts, error) {
	zone, err := c.Location()
	if err != nil {
		return nil, err
	}
	kept, err := readSalts(path, zone)
	if err != nil {
		return nil, err
	}
	var failed error
	o := saltOptions(c, zone)
	o.Keep = func(now who.Sealed) {
		if err := writeSalts(path, now); err != nil {
			failed = err
			log.Error("the salts are not kept: after a crash, people may be somebody new", "error", err)
		}
	}
	salts := who.NewSalts(o, kept)
	if failed != nil {
		return nil, fmt.Errorf("keep the salts: %w", failed)
	}
	return salts, checkMark(path, salts.Mark())
}

// saltOptions returns how long c recognises people.
func saltOptions(c config.Config, zone *time.Location) who.Options {
	return who.Options{Days: c.People.Recognise.Kept().Days(), Zone: zone, Names: c.People.Names == "keep"}
}

// reportSalts returns the salts of a report, which keeps nothing: nil, for as long as the
// logs are, unless somebody says how long people are recognised.
func reportSalts(c config.Config) (*who.Salts, error) {
	if c.People.Recognise.Days() == 0 {
		return nil, nil //nolint:nilnil // none is none
	}
	zone, err := c.Location()
	if err != nil {
		return nil, err
	}
	return who.NewSalts(saltOptions(c, zone), who.Sealed{}), nil
}

// readSalts reads what was kept. An older folder has one salt: it is that of the time now,
// and of all before.
func readSalts(path string, zone *time.Location) (kept who.Sealed, err error) {
	text, err := os.ReadFile(path)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		if _, err := os.Stat(fingerprintOf(path)); err == nil {
			return kept, fmt.Errorf("the salts in %s are gone (fix: put back the copy from your backup; to go on without it, with everybody somebody new, remove %s)", path, fingerprintOf(path))
		}
		return kept, nil
	case err != nil:
		return kept, fmt.Errorf("read the salts: %w", err)
	case len(text) == saltSize && !bytes.HasPrefix(text, []byte(saltFormat)):
		mark := fingerprint(text)
		return who.OneSalt(text, mark, zone), checkMark(path, mark)
	}
	sum, body, found := bytes.Cut(bytes.TrimPrefix(text, []byte(saltFormat)), []byte("\n"))
	if !found || !bytes.HasPrefix(text, []byte(saltFormat)) || string(sum) != sumOf(body) || json.Unmarshal(body, &kept) != nil {
		return kept, fmt.Errorf("%s is damaged (fix: put back the copy from your backup; without it everybody is somebody new)", path)
	}
	return kept, checkMark(path, kept.Mark)
}

func writeSalts(path string, kept who.Sealed) error {
	body, err := json.Marshal(kept)
	if err != nil {
		return err
	}
	return writeWhole(path, fmt.Appendf(nil, "%s%s\n%s", saltFormat, sumOf(body), body))
}

// sumOf returns the sum of a file of salts.
func sumOf(body []byte) string {
	sum := sha256.Sum256(body)
	return hex.EncodeToString(sum[:])
}

// checkMark compares the mark of salts with the one beside their file, which is made when
// there is none: the folder is new, older or restored.
func checkMark(path, mark string) error {
	want := []byte(mark + "\n")
	have, err := os.ReadFile(fingerprintOf(path))
	switch {
	case errors.Is(err, fs.ErrNotExist):
		if err := writeWhole(fingerprintOf(path), want); err != nil {
			return fmt.Errorf("keep the mark of the salts: %w", err)
		}
	case err != nil:
		return fmt.Errorf("read the mark of the salts: %w", err)
	case string(have) != string(want):
		return fmt.Errorf("%s and its fingerprint in %s do not belong together: one of them is damaged (fix: put back the salts from your backup; if they are the same there, remove the fingerprint)", path, fingerprintOf(path))
	}
	return nil
}

// fingerprintOf returns where the fingerprint of salts is.
func fingerprintOf(path string) string { return path + ".check" }

// fingerprint returns the mark of the one salt of an older folder. It tells nothing of the
// salt, which is too long to be guessed.
func fingerprint(salt []byte) string {
	sum := sha256.Sum256(append([]byte("honderd salt\x00"), salt...))
	return hex.EncodeToString(sum[:])
}

// examinePeople says how long people are recognised, and how far back that goes.
func examinePeople(c config.Config) Finding {
	f := Finding{What: "people"}
	r := c.People.Recognise.Kept()
	f.Says = fmt.Sprintf("recognised by %s for %d days, then by another salt", r.By(), r.Days())
	if r.Days() == config.StrictDays {
		f.Says = "recognised by " + r.By() + " for 24 hours, the strict mode: whether they come back after a bad time is not measured"
	}
	if c.People.Names == "keep" {
		f.Says += "; names that an application gives last"
	}
	zone, err := c.Location()
	if err == nil {
		var kept who.Sealed
		if kept, err = readSalts(filepath.Join(c.Data, "salt"), zone); err == nil && len(kept.Periods) > 0 {
			f.Says += fmt.Sprintf("; salts that live: %d", len(kept.Periods))
		}
	}
	if err != nil {
		f.Says, f.Bad = err.Error(), true
	}
	return f
}
