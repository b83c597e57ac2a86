package jetstream

import (
	"context"
	"errors"
	"fmt"
	"os"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
)

const (
	streamName    = "HONDERD"
	subjectPrefix = "honderd."

	// ownKey is the key in the metadata of a stream that says that it is ours; the
	// value is the number of its format.
	ownKey = "honderd"

	// format is the number of the format that this program writes.
	format = 2
)

// Answers of the server that its client has no name for.
const (
	codeNoPeers     jetstream.ErrorCode = 10005 // too few servers for that many replicas
	codeOverlap     jetstream.ErrorCode = 10065 // another stream has the subjects
	codeNoReplicas  jetstream.ErrorCode = 10074 // one server, and more than one replica
	codeStoreFailed jetstream.ErrorCode = 10077
	codeInProcess   jetstream.ErrorCode = 10158 // the same id is on its way
)

// connect connects to servers elsewhere, and again for ever when they are gone.
func (e *engine) connect(x External) error {
	o := []nats.Option{
		nats.Name("honderd"), nats.Timeout(5 * time.Second),
		nats.MaxReconnects(-1), nats.ReconnectWait(200 * time.Millisecond), nats.ReconnectJitter(50*time.Millisecond, 200*time.Millisecond),
		nats.IgnoreAuthErrorAbort(),                                     // a password that is changed there may be changed back
		nats.ReconnectBufSize(-1),                                       // an error at once: we ask again ourselves, with the same id
		nats.PingInterval(2 * time.Second), nats.MaxPingsOutstanding(2), // a server whose machine is gone says nothing
	}
	switch {
	case x.Credentials != "":
		if _, err := os.Stat(x.Credentials); err != nil {
			return fmt.Errorf("credentials: %w", err)
		}
		o = append(o, nats.UserCredentials(x.Credentials))
	case x.User != "":
		o = append(o, nats.UserInfo(x.User, x.Password))
	case x.Token != "":
		o = append(o, nats.Token(x.Token))
	case x.NKey != "":
		key, err := nats.NkeyOptionFromSeed(x.NKey)
		if err != nil {
			return fmt.Errorf("nkey %s: %w", x.NKey, err)
		}
		o = append(o, key)
	}
	if x.TLS.CA != "" {
		o = append(o, nats.RootCAs(x.TLS.CA))
	}
	if x.TLS.Cert != "" {
		o = append(o, nats.ClientCert(x.TLS.Cert, x.TLS.Key))
	}
	err := e.dial(strings.Join(x.URLs, ","), o)
	if files := x.files(); err != nil && files != "" && !isAway(err) {
		return fmt.Errorf("%w (fix: look whether %s is whole, and is what the servers know)", err, files)
	}
	return err
}

// files names the files by which servers know us and we know them.
func (x External) files() string {
	return strings.Join(slices.DeleteFunc([]string{x.Credentials, x.NKey, x.TLS.CA, x.TLS.Cert, x.TLS.Key}, func(s string) bool { return s == "" }), ", ")
}

// streamConfig returns how the stream has to be.
func streamConfig(o Options) jetstream.StreamConfig {
	return jetstream.StreamConfig{
		Name:        streamName,
		Description: "what people experienced, and what was said of it; kept by honderd",
		Subjects:    []string{subjectPrefix + ">"},
		Storage:     jetstream.FileStorage,
		Retention:   jetstream.LimitsPolicy,
		Discard:     jetstream.DiscardNew,
		Duplicates:  o.Remember,
		Replicas:    o.Replicas,
		AllowDirect: true,
		DenyDelete:  true,
		Metadata:    map[string]string{ownKey: strconv.Itoa(format)},
	}
}

// open opens the stream. In a cluster it waits for the other nodes, or a leader.
func (e *engine) open(ctx context.Context, o Options) error {
	d := startPatience
	if o.external() {
		d = patience // longer than a change of leaders
	}
	for deadline := time.Now().Add(d); ; {
		err := e.openStream(ctx, streamConfig(o))
		if err == nil || !e.shared || ctx.Err() != nil {
			return err
		}
		said, ok := errors.AsType[*jetstream.APIError](err)
		starting := isAway(err) || ok && !o.external() && (said.ErrorCode == codeNoPeers || said.ErrorCode == codeNoReplicas)
		if !starting || time.Now().After(deadline) {
			if o.external() {
				return err
			}
			return fmt.Errorf("%w (fix: start the other nodes of cluster %s, and check that they reach each other)", err, o.Cluster.Name)
		}
		if err := pause(ctx); err != nil {
			return err
		}
	}
}

// openStream opens the stream, and makes it when it is not there. It changes one that
// is there only when it must: changing it writes, and the disk may be full.
func (e *engine) openStream(ctx context.Context, want jetstream.StreamConfig) error {
	s, err := e.lookUp(ctx, want.Name)
	ctx, cancel := context.WithTimeout(ctx, e.patience())
	defer cancel()
	if errors.Is(err, jetstream.ErrStreamNotFound) {
		s, err = e.lookups.CreateStream(ctx, want)
	} else if err == nil {
		have := s.CachedInfo().Config
		if err := owned(have, want); err != nil {
			return err
		}
		if !serves(have, want) {
			want.DenyPurge = have.DenyPurge // it cannot be taken back
			want.Placement, want.Compression = have.Placement, have.Compression
			s, err = e.lookups.UpdateStream(ctx, want)
		}
	}
	if err != nil {
		return refusal(err, want)
	}
	if want.Name == streamName {
		e.answers = s
	}
	return nil
}

// lookUp looks for a stream. A cluster that has no leader yet gives no answer, so there
// it is asked in short intervals.
func (e *engine) lookUp(ctx context.Context, name string) (jetstream.Stream, error) {
	d := patience
	if e.shared {
		d = 5 * again
	}
	ctx, cancel := context.WithTimeout(ctx, d)
	defer cancel()
	return e.lookups.Stream(ctx, name)
}

// owned says why a stream that is there cannot be ours, nil when it can.
func owned(have, want jetstream.StreamConfig) error {
	mark := have.Metadata[ownKey]
	number, err := strconv.Atoi(mark)
	switch {
	case mark == "" && !slices.Equal(have.Subjects, want.Subjects):
		return fmt.Errorf("stream %s is of somebody else: it has the subjects %q (fix: rename it, or use another account)", have.Name, have.Subjects)
	case mark != "" && err != nil:
		return fmt.Errorf("stream %s has the format %q, which is no number (fix: use the honderd that made it)", have.Name, mark)
	case number > format:
		return newer(fmt.Sprintf("stream %s", have.Name), number)
	case have.Storage != want.Storage || have.Retention != want.Retention || have.Mirror != nil || len(have.Sources) > 0 || have.Sealed:
		return fmt.Errorf("stream %s does not keep every record on disk by itself: it is in memory, a queue, a copy or sealed (fix: remove it, or use another account)", have.Name)
	}
	return nil
}

// newer is the error of a ledger that a newer program wrote.
func newer(what string, number int) error {
	return fmt.Errorf("%s has format %d, and this honderd knows %d: a newer one wrote it (fix: use that one, or put back a backup from before)", what, number, format)
}

// serves reports whether the stream is as it has to be.
func serves(have, want jetstream.StreamConfig) bool {
	return slices.Equal(have.Subjects, want.Subjects) && have.Duplicates == want.Duplicates && max(have.Replicas, 1) == want.Replicas &&
		have.AllowDirect && have.Discard == want.Discard && have.Metadata[ownKey] == want.Metadata[ownKey] &&
		have.MaxAge == 0 && have.MaxMsgs <= 0 && have.MaxBytes <= 0 && max(have.MaxMsgsPerSubject, 0) == want.MaxMsgsPerSubject
}

// refusal says in one sentence why the servers refused the stream.
func refusal(err error, want jetstream.StreamConfig) error {
	said, ok := errors.AsType[*jetstream.APIError](err)
	if !ok {
		return fmt.Errorf("stream %s: %w", want.Name, err)
	}
	var fix string
	switch said.ErrorCode {
	case codeOverlap:
		fix = fmt.Sprintf("remove the stream that has subjects below %q, or use another account", strings.Join(want.Subjects, ","))
	case codeNoPeers, codeNoReplicas:
		fix = fmt.Sprintf("run %d servers with JetStream, or ask for fewer replicas", want.Replicas)
	case jetstream.JSErrCodeJetStreamNotEnabled, jetstream.JSErrCodeJetStreamNotEnabledForAccount:
		fix = "switch JetStream on for this account"
	default:
		return fmt.Errorf("stream %s: %w", want.Name, err)
	}
	return fmt.Errorf("stream %s: %w (fix: %s)", want.Name, err, fix)
}

// pause waits before servers are asked again, or returns why ctx ended before.
func pause(ctx context.Context) error {
	t := time.NewTimer(again)
	defer t.Stop()
	select {
	case <-t.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}
