package app

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"path/filepath"

	"github.com/honderd/honderd/config"
	"github.com/honderd/honderd/experience"
	"github.com/honderd/honderd/internal/who"
	"github.com/honderd/honderd/ledger"
	"github.com/honderd/honderd/ledger/jetstream"
)

// Who is a person as the sources saw them. What is empty is not known.
type Who struct {
	Address string // of the client, as it stands in the log
	Agent   string // the whole user agent
	Value   string // what stands in the header or the field that people are recognised by
}

// pseudonyms returns all that w can be known by, in each period whose salt is there.
func (w Who) pseudonyms(salts *who.Salts) []experience.Person {
	var list []experience.Person
	n := who.NewNamer(salts)
	add := func(way, one, two string) {
		for _, name := range n.Every(way, []byte(one), []byte(two)) {
			list = append(list, experience.Person(name))
		}
	}
	if w.Address != "" {
		add(who.ByAddress, w.Address, "")
		add(who.ByAddressAndAgent, w.Address, w.Agent)
	}
	if w.Value != "" {
		add(who.ByField, w.Value, "")
		add(who.ByConsent, w.Value, "")
	}
	return list
}

// check returns what is wrong with w for a configuration that recognises people so.
func (w Who) check(r config.Recognise) error {
	switch {
	case w == (Who{}):
		return errors.New("nobody is named (fix: give --address and --agent, or --value)")
	case w.Agent != "" && w.Address == "":
		return errors.New("a user agent alone is many people (fix: give --address too)")
	case w.Address != "" && w.Agent == "" && w.Value == "" && r.By() != who.ByAddress:
		return errors.New("people are recognised by address and user agent together (fix: give --agent too, all of it)")
	}
	return nil
}

// Forget takes all experiences of a person out of all that is kept, and makes every number
// anew without them. No server may run on the folder. It returns how many there were. When
// it was cut off it is run again: nothing else is lost by it.
func Forget(ctx context.Context, c config.Config, person Who, log *slog.Logger, progress func(read, total int64)) (gone int64, err error) {
	if err := errors.Join(person.check(c.People.Recognise), CheckData(c)); err != nil {
		return 0, err
	}
	salts, err := loadSalts(filepath.Join(c.Data, "salt"), c, log)
	if err != nil {
		return 0, err
	}
	l, err := jetstream.Open(ctx, ledgerOptions(c, log))
	if err != nil {
		return 0, err
	}
	defer func() { err = errors.Join(err, l.Close()) }()
	k, err := newArchiver(ctx, c, l, log, &troubles{})
	if err != nil {
		return 0, err
	}
	if k == nil {
		return 0, errors.New("there is no archive, and a ledger is never changed: nobody can be forgotten (fix: take archive.where: off out of honderd.yaml)")
	}
	if err := k.moveAll(ctx); err != nil {
		return 0, err
	}
	if gone, err = k.archive.Forget(ctx, person.pseudonyms(salts)...); err != nil {
		return gone, err
	}
	waiting, err := forgetHeld(c, log, person.pseudonyms(salts))
	if gone += waiting; err != nil {
		return gone, err
	}
	_, err = rebuildFrom(ctx, c, l, k, false, progress)
	return gone, err
}

// forgetHeld takes people out of what waits until its time comes.
func forgetHeld(c config.Config, log *slog.Logger, people []experience.Person) (int64, error) {
	h, err := openHeld(c.Data, log, &drops{})
	if err != nil {
		return 0, err
	}
	return h.forget(people...)
}

// moveAll moves all experiences from the ledger to the archive, which can forget.
func (a *archiver) moveAll(ctx context.Context) error {
	err := a.ledger.Read(ctx, a.archive.UpTo(), func(r ledger.Record) error { return archiveRecord(ctx, a.archive, r) })
	if err == nil {
		_, err = a.archive.Flush(ctx)
	}
	if err != nil {
		return fmt.Errorf("move all to the archive: %w", err)
	}
	trimmer, ok := a.ledger.(ledger.Trimmer)
	if !ok {
		return errors.New("this ledger cannot be trimmed")
	}
	return trimmer.Trim(ctx, a.archive.UpTo())
}
