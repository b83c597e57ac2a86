package app

import (
	"fmt"
	"log/slog"
	"os"
	"path/filepath"

	"github.com/honderd/honderd/config"
)

// examineDrops looks at what was not counted, and at what waits until its time comes, as
// the folder tells: a server that runs writes it down every 20 seconds.
func examineDrops(c config.Config) []Finding {
	log := slog.New(slog.DiscardHandler)
	counted, err := readDrops(filepath.Join(c.Data, dropsFile))
	if err != nil {
		return []Finding{{What: "drops", Says: err.Error() + ": they are counted anew"}}
	}
	if state, err := os.ReadFile(filepath.Join(c.Data, checkpointName)); err == nil {
		f := newFolds(feltOptions(c))
		if _, err := decodeCheckpoint(state, f); err == nil {
			counted = withFolds(counted, f.intake.Answer(), f.felt.Late())
		}
	}
	var list []Finding
	for _, one := range counted {
		f := Finding{What: "drops", Says: fmt.Sprintf("%s: %d %s: %s", one.Where, one.Count, one.What, one.Reason)}
		if one.Told {
			f.Says += " (whoever gave it was told)"
		}
		if !one.Last.IsZero() {
			f.Says += ", last on " + one.Last.Format("2006-01-02 15:04 MST")
		}
		list = append(list, f)
	}
	if len(list) == 0 {
		list = append(list, Finding{What: "drops", Says: "nothing was dropped"})
	}
	h, err := openHeld(c.Data, log, nil)
	if err != nil {
		return append(list, Finding{What: "held", Says: err.Error(), Bad: true, Fix: "put back a backup of the folder held"})
	}
	if n, first := h.waiting(); n > 0 {
		list = append(list, Finding{What: "held", Says: fmt.Sprintf("%d experiences from the future wait until their time comes, the first on %s", n, first)})
	}
	return list
}
