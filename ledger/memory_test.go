package ledger_test

import (
	"testing"

	"github.com/honderd/honderd/ledger"
	"github.com/honderd/honderd/ledger/ledgertest"
)

func TestMemoryIsALedger(t *testing.T) {
	ledgertest.RunWith(t, ledgertest.Options{Forgets: true}, func(*testing.T, string) ledger.Ledger {
		return ledger.NewMemory()
	})
}

func TestMissingSaysWhich(t *testing.T) {
	tests := []struct {
		give ledger.Missing
		want string
	}{
		{ledger.Missing{From: 7, To: 7}, "record 7 is missing: it was accepted but can no longer be read"},
		{ledger.Missing{From: 7, To: 9}, "records 7 to 9 are missing: they were accepted but can no longer be read"},
	}
	for _, tt := range tests {
		if got := tt.give.Error(); got != tt.want {
			t.Errorf("Error() = %q, want %q", got, tt.want)
		}
	}
}
