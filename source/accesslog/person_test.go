package accesslog

import (
	"fmt"
	"strings"
	"testing"

	"github.com/honderd/honderd/experience"
	"github.com/honderd/honderd/internal/who"
	"pgregory.net/rapid"
)

// persons numbers the people of b in order of their first step: 0 1 0.
func persons(b *experience.Batch) string {
	seen := map[experience.Person]int{}
	var s []string
	for _, e := range b.Items {
		if _, ok := seen[e.Person]; !ok {
			seen[e.Person] = len(seen)
		}
		s = append(s, fmt.Sprint(seen[e.Person]))
	}
	return strings.Join(s, " ")
}

func TestPersons(t *testing.T) {
	const format = `$remote_addr $msec $status "$http_user_agent" "$http_x_user" "$cookie_id" "$http_x_forwarded_for"`
	line := func(address, agent, user, cookie, forwarded string) string {
		return fmt.Sprintf(`%s 1795464069.000 200 "Mozilla (%s) x y" "%s" "%s" "%s"`, address, agent, user, cookie, forwarded)
	}
	lines := []string{
		line("192.0.2.1", "a", "jan", "1", "-"),
		line("192.0.2.1", "b", "jan", "2", "-"),
		line("192.0.2.2", "a", "piet", "1", "-"),
		line("192.0.2.1", "a", "-", "", "-"),
		line("10.0.0.9", "a", "", "", "192.0.2.1"),
		line("10.0.0.9", "a", "", "", "203.0.113.5, 192.0.2.1, 10.0.0.1"),
	}
	tests := []struct{ person, want string }{
		{"", "0 1 2 0 0 0"},
		{"address+agent", "0 1 2 0 0 0"},
		{"address", "0 0 1 0 0 0"},
		{"header:X-User", "0 0 1 2 2 2"},
		{"field:cookie_id", "0 1 0 2 2 2"},
	}
	for _, tt := range tests {
		if got := persons(parse(t, Options{Person: tt.person, Format: format, Robots: true}, lines...)); got != tt.want {
			t.Errorf("person %q: %s, want %s", tt.person, got, tt.want)
		}
	}
}

func TestForwarded(t *testing.T) {
	tests := []struct{ give, want string }{
		{"192.0.2.1", "192.0.2.1"},
		{"203.0.113.5, 192.0.2.1", "192.0.2.1"},
		{"192.0.2.1,10.0.0.1,  127.0.0.1", "192.0.2.1"},
		{"10.0.0.2, 10.0.0.1", "10.0.0.2"},
		{"192.0.2.1:4711", "192.0.2.1"},
		{"[2001:db8::1]:4711, fd00::1", "2001:db8::1"},
		{"2001:db8::1, ::ffff:10.0.0.1, fe80::1%eth0, 100.64.0.1", "2001:db8::1"},
		{"unknown", ""},
		{"192.0.2.1, unknown", ""},
		{"", ""},
		{",", ""},
	}
	p := mustParser(t, Options{})
	for _, tt := range tests {
		from, to := who.Client(tt.give, p.c.trusted)
		if got := tt.give[from:to]; got != tt.want {
			t.Errorf("client(%q) = %q, want %q", tt.give, got, tt.want)
		}
	}
	own := mustParser(t, Options{Trusted: []string{"192.0.2.0/24"}})
	if from, to := who.Client("10.0.0.1, 192.0.2.1", own.c.trusted); from != 0 || to != 8 {
		t.Errorf("with a trusted range of its own, the client stands at %d to %d, want 0 to 8", from, to)
	}
}

func TestAddressesAreCounted(t *testing.T) {
	var lines []string
	for i := range 20 {
		for range i + 1 {
			lines = append(lines, fmt.Sprintf(`192.0.2.%d - - [%s] "GET /a HTTP/1.1" 200 12`, i, minute))
		}
	}
	b := parse(t, Options{}, lines...)
	if len(b.Tally.Addresses) != topAddresses {
		t.Fatalf("%d addresses, want %d", len(b.Tally.Addresses), topAddresses)
	}
	p := mustParser(t, Options{})
	for i, a := range b.Tally.Addresses {
		if want := p.addressHash(fmt.Appendf(nil, "192.0.2.%d", 19-i)); a.Count != int64(20-i) || a.Hash != want {
			t.Errorf("address %d = %+v, want %x %d times", i, a, want, 20-i)
		}
	}
}

// Another salt gives other pseudonyms to the same people, and a parser made anew with
// the same salt the same ones.
func TestSaltKeepsPeopleApart(t *testing.T) {
	p1, p2, p3 := mustParser(t, Options{Salts: who.Fixed([]byte("one")), Raw: true}), mustParser(t, Options{Salts: who.Fixed([]byte("two")), Raw: true}), mustParser(t, Options{Salts: who.Fixed([]byte("one")), Raw: true})
	rapid.Check(t, func(t *rapid.T) {
		var lines []string
		for range rapid.IntRange(1, 40).Draw(t, "lines") {
			lines = append(lines, fmt.Sprintf(`192.0.2.%d - - [%s] "GET /a HTTP/1.1" 200 12 "-" "Mozilla (%d) x y"`,
				rapid.IntRange(0, 5).Draw(t, "address"), minute, rapid.IntRange(0, 3).Draw(t, "agent")))
		}
		log := []byte(strings.Join(lines, "\n"))
		never := func(int) bool { return false }
		one, two, again := &whole(p1, nil, log, never)[0], &whole(p2, nil, log, never)[0], &whole(p3, nil, log, never)[0]
		if persons(one) != persons(two) {
			t.Errorf("people with salt one are %s, with salt two %s", persons(one), persons(two))
		}
		for i := range one.Items {
			if one.Items[i].Person == two.Items[i].Person || one.Items[i].Person != again.Items[i].Person {
				t.Errorf("line %d: pseudonyms %x, %x with another salt, %x with the same", i, one.Items[i].Person, two.Items[i].Person, again.Items[i].Person)
			}
		}
	})
}
