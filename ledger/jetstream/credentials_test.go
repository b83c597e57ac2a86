package jetstream_test

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/nats-io/nats-server/v2/server"
	"github.com/nats-io/nkeys"

	"github.com/honderd/honderd/ledger/jetstream"
)

// TestDamagedCredentialsAreNamed damages each file by which a server elsewhere knows us:
// the ledger is not opened, and the sentence says which file it was.
func TestDamagedCredentialsAreNamed(t *testing.T) {
	user, err := nkeys.CreateUser()
	if err != nil {
		t.Fatal(err)
	}
	public, err1 := user.PublicKey()
	seed, err2 := user.Seed()
	if err1 != nil || err2 != nil {
		t.Fatal(err1, err2)
	}
	s := natsd(t, t.TempDir(), func(o *server.Options) { o.Nkeys = []*server.NkeyUser{{Nkey: public}} })
	cert, key := certificate(t)
	dir := t.TempDir()
	nkey, credentials := filepath.Join(dir, "user.nk"), filepath.Join(dir, "user.creds")
	overwrite(t, nkey, seed)
	overwrite(t, credentials, append([]byte("-----BEGIN NATS USER JWT-----\neyJ0eXAi.e30.sig\n------END NATS USER JWT------\n\n-----BEGIN USER NKEY SEED-----\n"), append(seed, []byte("\n------END USER NKEY SEED------\n")...)...))
	tests := []struct {
		file   string
		change func(o *jetstream.Options)
	}{
		{nkey, func(o *jetstream.Options) { o.External.NKey = nkey }},
		{credentials, func(o *jetstream.Options) { o.External.Credentials = credentials }},
		{cert, func(o *jetstream.Options) { o.External.NKey, o.External.TLS.CA = nkey, cert }},
		{key, func(o *jetstream.Options) {
			o.External.NKey, o.External.TLS = nkey, jetstream.TLS{CA: cert, Cert: cert, Key: key}
		}},
	}
	for _, tt := range tests {
		whole, err := os.ReadFile(tt.file)
		if err != nil {
			t.Fatal(err)
		}
		for what, damaged := range map[string][]byte{
			"empty": nil, "garbage": bytes.Repeat([]byte{0xff, 0}, 200), "half": whole[:len(whole)/2], "one bit": flipped(whole, len(whole)*3/4),
		} {
			t.Run(filepath.Base(tt.file)+" "+what, func(t *testing.T) {
				overwrite(t, tt.file, damaged)
				o := elsewhere(t, s)
				tt.change(&o)
				l, err := jetstream.Open(t.Context(), o)
				if err == nil {
					_ = l.Close()
					t.Fatal("it is opened")
				}
				if says := err.Error(); strings.Contains(says, "\n") || !strings.Contains(says, tt.file) || strings.Contains(says, string(seed)) {
					t.Errorf("Open() = %q, want one line that names %s", says, tt.file)
				}
			})
		}
		overwrite(t, tt.file, whole)
	}
}

// flipped returns p with one bit of a byte changed.
func flipped(p []byte, at int) []byte {
	p = bytes.Clone(p)
	p[at] ^= 1
	return p
}
