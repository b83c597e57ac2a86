package app

import (
	"bytes"
	"fmt"
	"sync"

	"github.com/honderd/honderd/experience"
	"github.com/honderd/honderd/ledger"
)

// aheadBy is how many records are read and decoded while one is folded.
const aheadBy = 4

// ahead folds records in a goroutine of its own, in order, while the next are read and
// decoded. finish ends it.
type ahead struct {
	projector *projector
	ready     chan decoded
	free      chan *experience.Batch // for reuse
	folding   sync.WaitGroup
}

// decoded is a record that is ready to be folded.
type decoded struct {
	seq     ledger.Sequence
	subject string
	batch   *experience.Batch // nil: it is of another kind
	data    []byte            // of another kind
}

func (p *projector) ahead() *ahead {
	a := &ahead{projector: p, ready: make(chan decoded, aheadBy), free: make(chan *experience.Batch, aheadBy+2)}
	a.folding.Go(func() {
		for one := range a.ready {
			p.fold(one)
			if one.batch == nil {
				continue
			}
			select {
			case a.free <- one.batch:
			default:
			}
		}
	})
	return a
}

// take decodes a record and hands it on.
func (a *ahead) take(r ledger.Record) error {
	one := decoded{seq: r.Sequence, subject: r.Subject}
	if r.Subject != subject {
		one.data = bytes.Clone(r.Data)
		a.ready <- one
		return nil
	}
	select {
	case one.batch = <-a.free:
	default:
		one.batch = &experience.Batch{}
	}
	if err := one.batch.UnmarshalBinary(r.Data); err != nil {
		return fmt.Errorf("record %d of the ledger: %w", r.Sequence, err)
	}
	a.ready <- one
	return nil
}

// finish returns when all that was taken is folded.
func (a *ahead) finish() {
	close(a.ready)
	a.folding.Wait()
}

// fold applies one record to the folds.
func (p *projector) fold(one decoded) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if one.batch != nil {
		p.folds.apply(one.batch)
		p.unsaved += int64(len(one.batch.Items))
	} else if err := p.say(one); err != nil { // all else is still true
		p.missing = fmt.Sprintf("record %d of the ledger cannot be read: %v", one.seq, err)
		p.log.Error("a record is passed over", "record", one.seq, "subject", one.subject, "error", err)
	}
	p.seq = one.seq
	if p.unsaved >= saveAfter {
		select {
		case p.full <- struct{}{}:
		default:
		}
	}
	p.tellChange()
}

// say applies a record that is no experiences.
func (p *projector) say(one decoded) error {
	p.saying.Lock()
	defer p.saying.Unlock()
	p.composed.said.Add(1)
	return p.folds.take(one.subject, one.data)
}
