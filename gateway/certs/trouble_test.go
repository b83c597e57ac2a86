package certs

import (
	"crypto/x509"
	"errors"
	"fmt"
	"net"
	"strings"
	"testing"
	"time"

	"github.com/mholt/acmez/v3/acme"
)

func TestWhyTheCAGaveNone(t *testing.T) {
	k := &Keeper{options: Options{CA: "https://ca.example"}}
	for _, tt := range []struct {
		give error
		want string
	}{
		{acme.Problem{Type: acme.ProblemTypeDNS, Detail: "NXDOMAIN"}, "https://ca.example finds no address of a.example in DNS (fix: let its name point at this gateway) (it said: NXDOMAIN)"},
		{acme.Problem{Type: acme.ProblemTypeRateLimited}, "https://ca.example was asked too often for a.example (fix: wait; it is asked again by itself)"},
		{acme.Problem{Type: acme.ProblemTypeConnection}, "could not reach a.example"},
		{acme.Problem{Type: acme.ProblemTypeUnauthorized}, "reached another server than this gateway"},
		{acme.Problem{Type: acme.ProblemTypeCAA}, "its CAA record in DNS names others"},
		{acme.Problem{Type: acme.ProblemTypeExternalAccountRequired}, "wants an account that is made elsewhere first"},
		{acme.Problem{Type: acme.ProblemTypeNamespace + "other"}, "refused a certificate for a.example: other"},
		{fmt.Errorf("get: %w", x509.UnknownAuthorityError{}), "fix: name the file with its root as ca_root"},
		{fmt.Errorf("get: %w", &net.OpError{Op: "dial", Net: "tcp", Err: errors.New("connection refused")}), "https://ca.example cannot be reached"},
		{errors.New("whatever"), "whatever"},
	} {
		if got := k.explain("a.example", fmt.Errorf("obtain: %w", tt.give)); !strings.Contains(got, tt.want) {
			t.Errorf("%v: %q", tt.give, got)
		}
	}
}

func TestOnlyWhatIsWrongIsSaid(t *testing.T) {
	now := time.Date(2026, 11, 27, 0, 0, 0, 0, time.UTC)
	lasting := func(past, future time.Duration, says string) State {
		from, until := now.Add(-past), now.Add(future)
		s := State{Domain: "a.example", From: &from, Until: &until}
		if says != "" {
			s.Trouble = &Trouble{Says: says}
		}
		return s
	}
	const day = 24 * time.Hour
	for _, tt := range []struct {
		give State
		want string
	}{
		{State{Domain: "a.example"}, ""},
		{State{Domain: "a.example", Trouble: &Trouble{Says: "no"}}, "there is no certificate for a.example: no"},
		{lasting(60*day, 30*day, ""), ""},
		{lasting(80*day, 10*day, ""), "ends at 2026-12-07T00:00:00Z, and there is no other yet (fix: renew it)"},
		{lasting(5*day, day, ""), ""}, // it lives for six days
		{lasting(60*day, 30*day, "no"), "and there is no other yet: no"},
		{lasting(90*day, -day, "no"), "the certificate for a.example ended at 2026-11-26T00:00:00Z: no"},
		{lasting(350*day, 20*day, ""), ""},
		{lasting(360*day, 10*day, ""), "(fix: renew it)"},
	} {
		if got := tt.give.Says(now); !strings.Contains(got, tt.want) || (tt.want == "") != (got == "") {
			t.Errorf("%+v: %q, want %q", tt.give, got, tt.want)
		}
	}
}
