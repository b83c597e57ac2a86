package probe

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/url"
	"os"
	"strings"
	"syscall"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/honderd/honderd/experience"
)

// maxWhy is the longest reason in bytes. Some of it comes from the target.
const maxWhy = 240

// clean returns s as one short line that can be printed anywhere. It may still have
// markup in it, which pages escape.
func clean(s string) string {
	var b strings.Builder
	for _, c := range s {
		if c == utf8.RuneError || !unicode.IsPrint(c) {
			c = '?'
		}
		if b.Len()+utf8.RuneLen(c) > maxWhy-len("...") {
			b.WriteString("...")
			break
		}
		b.WriteRune(c)
	}
	return b.String()
}

// quote shows a value that came from the target.
func quote(s string) string {
	const most = 60
	if len(s) > most {
		s = strings.ToValidUTF8(s[:most], "") + "..."
	}
	return fmt.Sprintf("%q", s)
}

// fault is a reason that we found ourselves, with its cause.
type fault struct {
	cause experience.Cause
	why   string
	ends  time.Time // of the certificate, when that is the reason
}

// Error says why.
func (f *fault) Error() string { return f.why }

// broke fills o from err: what kept a try from being judged at all.
func (o *outcome) broke(ctx context.Context, err error, watch *stopwatch) {
	o.phases, o.wait = watch.end()
	o.silent = watch.nobody() && isSilent(err)
	var own *fault
	slow, isNet := errors.AsType[net.Error](err)
	switch {
	case errors.As(err, &own):
		o.cause, o.why, o.ends = own.cause, own.why, own.ends
	case ctx.Err() != nil || errors.Is(err, os.ErrDeadlineExceeded) || isNet && slow.Timeout():
		o.cause = experience.TimedOut
		o.why = fmt.Sprintf("it took longer than %v: time was up %s", round(o.wait), watch.doing())
	case ours(err):
		o.unknown, o.why = true, "this machine could not probe: "+reason(err)
	default:
		o.cause, o.why = experience.Unreachable, reason(err)
	}
}

// isSilent reports whether err may as well come from a network that is gone: nobody said no.
func isSilent(err error) bool {
	if dns, found := errors.AsType[*net.DNSError](err); found {
		return !dns.IsNotFound
	}
	slow, isNet := errors.AsType[net.Error](err)
	return isNet && slow.Timeout() || errors.Is(err, context.DeadlineExceeded) || errors.Is(err, os.ErrDeadlineExceeded) ||
		errors.Is(err, syscall.EHOSTUNREACH) || errors.Is(err, syscall.ETIMEDOUT) || errors.Is(err, syscall.EHOSTDOWN)
}

// ours reports whether err is the fault of the machine that probes: it has no more
// files, ports or memory, may not, or has no way into that network.
func ours(err error) bool {
	for _, e := range []error{
		syscall.EMFILE, syscall.ENFILE, syscall.EADDRNOTAVAIL, syscall.ENOBUFS, syscall.ENOMEM,
		syscall.EACCES, syscall.EPERM, syscall.ENETUNREACH, syscall.ENETDOWN, syscall.EAFNOSUPPORT,
	} {
		if errors.Is(err, e) {
			return true
		}
	}
	return false
}

// reason says err in words, without addresses that may have secrets in them.
func reason(err error) string {
	if asked, ok := errors.AsType[*url.Error](err); ok {
		err = asked.Err
	}
	var dns *net.DNSError
	var op *net.OpError
	switch {
	case errors.As(err, &dns) && dns.IsNotFound:
		return "its name " + dns.Name + " is not known"
	case errors.As(err, &dns):
		return "its name " + dns.Name + " could not be looked up: " + dns.Err
	case errors.Is(err, syscall.ECONNREFUSED):
		return "the connection was refused"
	case errors.Is(err, syscall.ECONNRESET), errors.Is(err, syscall.EPIPE):
		return "it broke the connection off"
	case errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF):
		return "it closed the connection in the middle"
	case errors.As(err, &op):
		return op.Op + ": " + op.Err.Error()
	}
	return err.Error()
}
