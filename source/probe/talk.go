package probe

import (
	"errors"
	"fmt"
	"io"
	"net"
	"regexp"
	"strconv"

	"github.com/honderd/honderd/experience"
)

// maxTalk is how many bytes may come before they match.
const maxTalk = 64 << 10

// turn is a Turn that is ready.
type turn struct {
	send     template
	expect   *regexp.Regexp // nil: nothing
	pattern  string
	startTLS bool
}

// prepareTalk makes turns ready. A group that no turn before it has stands for nothing.
func prepareTalk(turns []Turn) (ready []turn, err error) {
	if len(turns) > MaxTurns {
		return nil, fmt.Errorf("a talk of %d turns (fix: give it %d at most)", len(turns), MaxTurns)
	}
	var errs []error
	for i, t := range turns {
		one := turn{startTLS: t.StartTLS, pattern: t.Expect}
		if one.send, err = parseTemplate(t.Send); err != nil {
			errs = append(errs, fmt.Errorf("turn %d: %w", i+1, err))
		}
		for _, name := range one.send.names() {
			if _, no := strconv.ParseUint(name, 10, 8); no != nil {
				errs = append(errs, fmt.Errorf("turn %d: ${%s} is no group (fix: write ${1}, or $${ for ${ itself)", i+1, name))
			}
		}
		if t.Expect != "" {
			if _, err = compile(t.Expect); err == nil {
				one.expect, err = compile("(?m:" + t.Expect + ")")
			}
			if err != nil {
				errs = append(errs, fmt.Errorf("turn %d: %w", i+1, err))
			}
		}
		ready = append(ready, one)
	}
	return ready, errors.Join(errs...)
}

// groups are what the last Expect found, by number.
type groups map[string]string

// find looks for the answer to t in what came; end is where it ends. ok is false when it
// is not there yet.
func (t *turn) find(came []byte) (found groups, end int, ok bool) {
	at := t.expect.FindSubmatchIndex(came)
	if at == nil {
		return nil, 0, false
	}
	found = groups{}
	for i := 0; i < len(at); i += 2 {
		if at[i] >= 0 {
			found[strconv.Itoa(i/2)] = string(came[at[i]:at[i+1]])
		}
	}
	return found, at[1], true
}

// missed is the fault that what was awaited did not come.
func (t *turn) missed(came []byte) error {
	why := fmt.Sprintf("want an answer that matches %s, got ", quote(t.pattern))
	if len(came) == 0 {
		return &fault{cause: experience.ServerError, why: why + "none"}
	}
	return &fault{cause: experience.ServerError, why: why + quote(string(came))}
}

// line is a connection on which is talked.
type line struct {
	conn   net.Conn
	unread []byte
	said   groups
}

// say makes one turn.
func (l *line) say(t *turn, watch *stopwatch) error {
	if len(t.send) > 1 || t.send[0] != "" {
		if _, err := io.WriteString(l.conn, t.send.expand(l.said, asItIs)); err != nil {
			return err
		}
	}
	if t.expect == nil {
		return nil
	}
	watch.asked()
	buffer := make([]byte, 4096)
	for {
		if said, end, ok := t.find(l.unread); ok {
			l.said, l.unread = said, l.unread[end:]
			return nil
		}
		if len(l.unread) > maxTalk {
			return t.missed(l.unread)
		}
		n, err := l.conn.Read(buffer)
		if n > 0 {
			watch.answered()
		}
		l.unread = append(l.unread, buffer[:n]...)
		if errors.Is(err, io.EOF) {
			if _, _, ok := t.find(l.unread); !ok {
				return t.missed(l.unread)
			}
		} else if err != nil {
			return err
		}
	}
}
