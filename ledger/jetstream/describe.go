package jetstream

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/nats-io/nats.go/jetstream"
)

// Stream is one stream of a ledger as it is on the servers.
type Stream struct {
	Name     string
	Subjects []string          // that it takes
	Records  map[string]uint64 // that are in it, by kind: the first words of their subjects
	Bytes    uint64
	Copies   int
	Remember time.Duration // how long an id is known
	Made     time.Time
	Format   string // the number of its format
	Kept     string // how long records are kept, in words
	AsItIs   bool   // it is as this program makes it
}

// String says s in one line.
func (s Stream) String() string {
	var kinds []string
	for kind, n := range s.Records {
		kinds = append(kinds, fmt.Sprintf("%d %s", n, kind))
	}
	slices.Sort(kinds)
	text := fmt.Sprintf("%s takes %s; %s; %d copies, ids known for %v, format %s, made on %s; holds %s, %.1f MB",
		s.Name, strings.Join(s.Subjects, ", "), s.Kept, s.Copies, s.Remember, s.Format, s.Made.Format(time.DateOnly), strings.Join(kinds, ", "), float64(s.Bytes)/1e6)
	if len(kinds) == 0 {
		text = strings.Replace(text, "; holds ,", "; holds nothing,", 1)
	}
	return text
}

// Streams returns the streams of the ledger: that of the records, and that of what is
// known beside them once there is something.
func (l *Ledger) Streams(ctx context.Context) (list []Stream, err error) {
	err = l.withEngine(ctx, func(e *engine) error {
		list = nil
		for _, want := range []jetstream.StreamConfig{streamConfig(l.options), sideConfig(l.options)} {
			s, err := e.describe(ctx, want)
			if errors.Is(err, jetstream.ErrStreamNotFound) && want.Name == sideName {
				continue
			}
			if err != nil {
				return err
			}
			list = append(list, s)
		}
		return nil
	})
	return list, err
}

// describe returns how a stream is.
func (e *engine) describe(ctx context.Context, want jetstream.StreamConfig) (Stream, error) {
	stream, err := e.lookUp(ctx, want.Name)
	if err != nil {
		return Stream{}, err
	}
	ctx, cancel := context.WithTimeout(ctx, e.patience())
	defer cancel()
	info, err := stream.Info(ctx, jetstream.WithSubjectFilter(">"))
	if err != nil {
		return Stream{}, err
	}
	c := info.Config
	s := Stream{
		Name: c.Name, Subjects: c.Subjects, Records: map[string]uint64{}, Bytes: info.State.Bytes, Copies: max(c.Replicas, 1),
		Remember: c.Duplicates, Made: info.Created.UTC(), Format: c.Metadata[ownKey], AsItIs: serves(c, want), Kept: "every record is kept until it is trimmed",
	}
	if want.MaxMsgsPerSubject == 1 {
		s.Kept = "the newest record of each subject is kept"
	}
	for subject, n := range info.State.Subjects {
		switch {
		case strings.HasPrefix(subject, healedWord):
			s.Records["healed"] += n
		case strings.HasPrefix(subject, trimmedWord):
			s.Records["notes of what was trimmed"] += n
		default:
			s.Records[public(subject)] += n
		}
	}
	return s, nil
}
