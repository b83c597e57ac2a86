package monitor

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"
)

// box is a node with fields that is read field by field. What nobody read is reported.
type box struct {
	r    *reading
	n    *node
	what string // how problems call it
	read map[string]bool
}

// box returns the box of n. One without fields is empty, which is said unless n is
// nothing.
func (r *reading) box(n *node, what string) *box {
	b := &box{r: r, n: n, what: what, read: map[string]bool{}}
	if n == nil {
		b.n = &node{}
		return b
	}
	if n.fields == nil && (n.scalar || n.list != nil) {
		r.say(n, what+" wants keys with values", "")
	}
	return b
}

// get returns a field, nil when it is not there or says nothing.
func (b *box) get(key string) *node {
	b.read[key] = true
	n := b.n.fields[key]
	if n == nil || !n.scalar && n.list == nil && n.fields == nil {
		return nil
	}
	return n
}

func (b *box) has(key string) bool { return b.get(key) != nil }

// text returns a text or a number as it is written, "" when it is not there.
func (b *box) text(key string) string {
	n := b.get(key)
	if n == nil {
		return ""
	}
	if !n.scalar {
		b.wrong(n, key, "a text")
		return ""
	}
	return b.r.expand(n, n.text)
}

func (b *box) wrong(n *node, key, noun string) {
	b.r.say(n, fmt.Sprintf("%s: %s wants %s: it is left out", b.what, key, noun), "")
}

// truth returns a yes or no.
func (b *box) truth(key string) bool {
	switch s := strings.ToLower(b.text(key)); s {
	case "true", "yes", "on", "1":
		return true
	case "", "false", "no", "off", "0":
	default:
		b.wrong(b.n.fields[key], key, "true or false")
	}
	return false
}

// span returns a length of time such as 30s.
func (b *box) span(key string) time.Duration {
	s := b.text(key)
	if s == "" {
		return 0
	}
	d, err := time.ParseDuration(s)
	if err != nil || d < 0 {
		b.wrong(b.n.fields[key], key, "a length of time such as 30s")
		return 0
	}
	return d
}

// maxSeconds is more than any probe waits; a larger number would overflow.
const maxSeconds = 1e8

// seconds returns a length of time that is a number of seconds.
func (b *box) seconds(key string) time.Duration {
	s := b.text(key)
	if s == "" {
		return 0
	}
	n, err := strconv.ParseFloat(s, 64)
	if err != nil || !(n >= 0 && n < maxSeconds) {
		b.wrong(b.n.fields[key], key, "a number of seconds")
		return 0
	}
	return time.Duration(n * float64(time.Second)).Round(time.Millisecond)
}

// list returns the items of a list.
func (b *box) list(key string) []*node {
	n := b.get(key)
	if n == nil {
		return nil
	}
	if n.list == nil {
		b.wrong(n, key, "a list")
	}
	return n.list
}

// texts returns the items of a list of texts. One text is a list too.
func (b *box) texts(key string) (all []string) {
	for _, n := range b.scalars(key) {
		all = append(all, b.r.expand(n, n.text))
	}
	return all
}

// scalars returns the items of a list of texts.
func (b *box) scalars(key string) (all []*node) {
	n := b.get(key)
	if n == nil {
		return nil
	}
	if n.scalar {
		return []*node{n}
	}
	for _, item := range b.list(key) {
		if !item.scalar {
			b.wrong(item, key, "a list of texts")
			continue
		}
		all = append(all, item)
	}
	return all
}

// pairs returns names with texts.
func (b *box) pairs(key string) map[string]string {
	n := b.get(key)
	if n == nil {
		return nil
	}
	all := map[string]string{}
	inner := b.r.box(n, b.what+": "+key)
	for _, name := range n.keys {
		all[name] = inner.text(name)
	}
	return all
}

// box returns a field with fields of its own; an empty box when it is not there.
func (b *box) box(key string) *box { return b.r.box(b.get(key), b.what+": "+key) }

// idle notes fields that have nothing to do with what is probed.
func (b *box) idle(keys ...string) {
	for _, key := range keys {
		b.read[key] = true
	}
}

// leave reports those of the fields that say something, which cannot be taken over.
func (b *box) leave(why, fix string, keys ...string) {
	for _, key := range keys {
		n := b.get(key)
		if n == nil || n.scalar && slices.Contains([]string{"", "false", "0"}, n.text) || n.list != nil && len(n.list) == 0 || n.fields != nil && len(n.fields) == 0 {
			continue
		}
		b.r.sayOnce(n, fmt.Sprintf("%s is left out: %s", key, why), fix)
	}
}

// rest reports what nobody read.
func (b *box) rest() {
	for _, key := range b.n.keys {
		if !b.read[key] {
			b.r.say(b.n.fields[key], fmt.Sprintf("%s: nobody here knows what %q is: it is left out", b.what, key), "")
		}
	}
}
