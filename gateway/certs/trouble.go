package certs

import (
	"context"
	"crypto/x509"
	"encoding/json"
	"encoding/pem"
	"errors"
	"fmt"
	"maps"
	"net"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/mholt/acmez/v3/acme"
)

// Trouble is why there is no certificate, or no new one.
type Trouble struct {
	Says  string    `json:"says"`
	At    time.Time `json:"at"`    // the last try
	Tries int       `json:"tries"` // since the last success
}

// State is how the certificate of one domain is.
type State struct {
	Domain  string     `json:"domain"`
	From    *time.Time `json:"from,omitempty"` // nil: there is none
	Until   *time.Time `json:"until,omitempty"`
	Issuer  string     `json:"issuer,omitempty"`
	Trouble *Trouble   `json:"trouble,omitempty"` // with the next one
}

// Of returns the State of a certificate that is not kept by a Keeper.
func Of(leaf *x509.Certificate) State {
	s := State{Domain: leaf.Subject.CommonName, From: &leaf.NotBefore, Until: &leaf.NotAfter, Issuer: leaf.Issuer.CommonName}
	if len(leaf.DNSNames) > 0 {
		s.Domain = leaf.DNSNames[0]
	} else if len(leaf.IPAddresses) > 0 {
		s.Domain = leaf.IPAddresses[0].String()
	}
	return s
}

// soon is at most how long before its end a certificate is something to be said.
const soon = 14 * 24 * time.Hour

// Says returns what is wrong in a sentence, "" for nothing.
func (s State) Says(now time.Time) string {
	why := ""
	if s.Trouble != nil {
		why = ": " + s.Trouble.Says
	}
	switch {
	case s.Until == nil && s.Trouble == nil:
		return "" // it is just being asked for
	case s.Until == nil:
		return "there is no certificate for " + s.Domain + why
	case !now.Before(*s.Until):
		return fmt.Sprintf("the certificate for %s ended at %s%s", s.Domain, s.Until.UTC().Format(time.RFC3339), why)
	case s.Trouble != nil || s.Until.Sub(now) < min(soon, s.Until.Sub(*s.From)/6):
		if why == "" {
			why = " (fix: renew it)"
		}
		return fmt.Sprintf("the certificate for %s ends at %s, and there is no other yet%s", s.Domain, s.Until.UTC().Format(time.RFC3339), why)
	}
	return ""
}

// State returns how the certificates are, in the order of the domains.
func (k *Keeper) State() []State {
	var list []State
	for _, d := range k.options.Domains {
		s := State{Domain: d}
		for _, c := range k.cache.AllMatchingCertificates(d) {
			if c.Leaf != nil && (s.Until == nil || c.Leaf.NotAfter.After(*s.Until)) {
				s = Of(c.Leaf)
				s.Domain = d
			}
		}
		k.mu.Lock()
		if t, has := k.troubles[d]; has {
			s.Trouble = &t
		}
		k.mu.Unlock()
		list = append(list, s)
	}
	return list
}

// hear is told by the library what happens.
func (k *Keeper) hear(_ context.Context, event string, data map[string]any) error {
	domain, _ := data["identifier"].(string)
	switch event {
	case "cert_obtained":
		k.mu.Lock()
		delete(k.troubles, domain)
		k.save()
		k.mu.Unlock()
		k.options.Log.Info("a certificate was given", "domain", domain, "renewal", data["renewal"])
	case "cert_failed":
		err, _ := data["error"].(error)
		if err == nil || errors.Is(err, context.Canceled) {
			return nil
		}
		k.mu.Lock()
		t := Trouble{Says: k.explain(domain, err), At: time.Now(), Tries: k.troubles[domain].Tries + 1}
		k.troubles[domain] = t
		k.save()
		k.mu.Unlock()
		if len(k.cache.AllMatchingCertificates(domain)) > 0 {
			k.options.Log.Warn("no new certificate: the old one is served, and the CA is asked again", "domain", domain, "why", t.Says)
		} else {
			k.options.Log.Error("no certificate: people who come over TLS are refused, and the CA is asked again", "domain", domain, "why", t.Says)
		}
	}
	return nil
}

// explain says in a sentence why the CA gave none, and the way out.
func (k *Keeper) explain(domain string, err error) string {
	if p, is := errors.AsType[acme.Problem](err); is {
		said := ""
		if p.Detail != "" {
			said = fmt.Sprintf(" (it said: %s)", strings.TrimSpace(p.Detail))
		}
		return k.options.CA + " " + refusal(domain, p.Type) + said
	}
	if _, is := errors.AsType[x509.UnknownAuthorityError](err); is {
		return fmt.Sprintf("%s shows a certificate that is not trusted here (fix: name the file with its root as ca_root)", k.options.CA)
	}
	if op, is := errors.AsType[*net.OpError](err); is {
		return fmt.Sprintf("%s cannot be reached: %v (fix: let this machine reach it, or name another CA)", k.options.CA, op)
	}
	return err.Error()
}

// refusal says what a kind of problem means.
//
// Source: RFC 8555, 6.7.
func refusal(domain, kind string) string {
	switch kind {
	case acme.ProblemTypeDNS:
		return fmt.Sprintf("finds no address of %s in DNS (fix: let its name point at this gateway)", domain)
	case acme.ProblemTypeConnection, acme.ProblemTypeTLS:
		return fmt.Sprintf("could not reach %s (fix: let its name point at this gateway, and let everybody reach it on port 443, or 80 for plain)", domain)
	case acme.ProblemTypeUnauthorized, acme.ProblemTypeIncorrectResponse:
		return fmt.Sprintf("reached another server than this gateway by the name %s (fix: let its name point here)", domain)
	case acme.ProblemTypeCAA:
		return fmt.Sprintf("may not give certificates for %s: its CAA record in DNS names others (fix: add this CA to the record, or name another)", domain)
	case acme.ProblemTypeRateLimited:
		return fmt.Sprintf("was asked too often for %s (fix: wait; it is asked again by itself)", domain)
	case acme.ProblemTypeRejectedIdentifier, acme.ProblemTypeUnsupportedIdentifier:
		return fmt.Sprintf("gives no certificates for %s (fix: take it out of domains, or name another CA)", domain)
	case acme.ProblemTypeExternalAccountRequired:
		return "wants an account that is made elsewhere first (fix: name another CA)"
	case acme.ProblemTypeInvalidContact, acme.ProblemTypeUnsupportedContact:
		return "does not take the address in email (fix: write another, or take it out)"
	case acme.ProblemTypeUserActionRequired:
		return "wants a person to agree to its terms anew"
	case acme.ProblemTypeServerInternal:
		return "has trouble of its own; it is asked again"
	}
	return fmt.Sprintf("refused a certificate for %s: %s", domain, strings.TrimPrefix(kind, acme.ProblemTypeNamespace))
}

// troubleFile is where troubles are kept for who looks from outside.
const troubleFile = "trouble.json"

func readTroubles(folder string) map[string]Trouble {
	list := map[string]Trouble{}
	if text, err := os.ReadFile(filepath.Join(folder, troubleFile)); err == nil {
		_ = json.Unmarshal(text, &list) // it is only said
	}
	return list
}

// save is called with the lock.
func (k *Keeper) save() {
	text, err := json.MarshalIndent(k.troubles, "", "  ")
	path := filepath.Join(k.options.Folder, troubleFile)
	if err == nil {
		if err = os.WriteFile(path+".new", text, 0o600); err == nil {
			err = os.Rename(path+".new", path)
		}
	}
	if err != nil {
		k.options.Log.Warn("troubles with certificates are not kept", "error", err)
	}
}

// Stored returns how what is kept in a folder is, without asking anybody.
func Stored(folder string) []State {
	byDomain := map[string]State{}
	for d, t := range readTroubles(folder) {
		byDomain[d] = State{Domain: d, Trouble: &t}
	}
	files, _ := filepath.Glob(filepath.Join(folder, "certificates", "*", "*", "*.crt"))
	for _, path := range files {
		text, err := os.ReadFile(path)
		block, _ := pem.Decode(text)
		if err != nil || block == nil {
			continue
		}
		leaf, err := x509.ParseCertificate(block.Bytes)
		if err != nil {
			continue
		}
		s := Of(leaf)
		old := byDomain[s.Domain]
		if old.Until != nil && old.Until.After(*s.Until) {
			continue
		}
		s.Trouble = old.Trouble
		byDomain[s.Domain] = s
	}
	return slices.SortedFunc(maps.Values(byDomain), func(a, b State) int { return strings.Compare(a.Domain, b.Domain) })
}
