package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/honderd/honderd/app"
	"github.com/honderd/honderd/gateway"
)

// drillFlags are what drill can be asked.
type drillFlags struct {
	admin, backend, fault string
	share                 string
	length, wait          time.Duration
	json                  bool
}

func newDrill(c *console) *cobra.Command {
	var f drillFlags
	cmd := &cobra.Command{
		Use:   "drill --backend HOST:PORT",
		Short: "Break a backend of a gateway on purpose, and say what people felt",
		Long: `Break a backend of a gateway on purpose, and say what people felt: nothing, one hopes.

The gateway sees the backend fail; the backend itself knows nothing of it. A drill
begins only in a quiet time: all other backends of the pool are well, nothing failed
and nobody felt anything for 10 s. It ends itself when anybody feels it. What may not
be asked twice is only ever refused, so no order is lost.

Exit codes: 0 nobody felt it; 1 somebody did, and it was ended; 2 it could not begin;
3 nobody was there, so nothing can be said.`,
		Example: `  honderd drill --backend 10.0.0.1:80
  honderd drill --backend 10.0.0.1:80 --fault silent --share 20% --for 2m --wait 1h`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error { return f.run(cmd.Context(), c) },
	}
	flags := cmd.Flags()
	flags.StringVar(&f.admin, "admin", "http://127.0.0.1:8101", "the `ADDRESS` of the gateway's --admin, or of honderd serve")
	flags.StringVar(&f.backend, "backend", "", "the backend to break, as `HOST:PORT`")
	flags.StringVar(&f.fault, "fault", gateway.Refused, "how: "+strings.Join(gateway.DrillFaults(), ", "))
	flags.StringVar(&f.share, "share", "100%", "how much of what it is asked fails, in `PERCENT`")
	flags.DurationVar(&f.length, "for", 30*time.Second, "how long")
	flags.DurationVar(&f.wait, "wait", 0, "how long to wait for a quiet time")
	flags.BoolVar(&f.json, "json", false, "report in JSON")
	return cmd
}

func (f *drillFlags) run(ctx context.Context, c *console) error {
	var percent float64
	if _, err := fmt.Sscanf(strings.TrimSuffix(f.share, "%")+" ", "%g ", &percent); err != nil {
		return fmt.Errorf("share %q: is no percentage (fix: write 20%%)", f.share)
	}
	d := gateway.Drill{Backend: f.backend, Fault: f.fault, Share: percent / 100, For: f.length}
	if err := d.Validate(); err != nil {
		return err
	}
	last := ""
	s, err := app.RunDrill(ctx, app.DrillOptions{Admin: f.admin, Drill: d, Every: 200 * time.Millisecond, Wait: f.wait, Says: func(message string) {
		if message != last {
			fmt.Fprintln(c.stderr, "waiting: "+message)
			last = message
		}
	}})
	if err != nil {
		if errors.Is(err, app.ErrDrillRefused) {
			return exit{exitUsage, err.Error()}
		}
		return err
	}
	if f.json {
		e := json.NewEncoder(c.stdout)
		e.SetIndent("", "  ")
		if err := e.Encode(s); err != nil {
			return err
		}
	} else {
		sayDrill(c, s)
	}
	switch {
	case s.Felt > 0:
		return exit{code: exitBad}
	case s.Requests == 0:
		return exit{exitFew, "nobody was sent to that backend meanwhile: nothing can be said (fix: drill longer, or when people are there)"}
	}
	return nil
}

// sayDrill says how a drill was.
func sayDrill(c *console, s app.DrillState) {
	fmt.Fprintf(c.stdout, "%s was broken (%s, %g%% of what it was asked) for %v.\n", s.Backend, s.Fault, s.Share*100, s.To.Sub(s.From).Round(100*time.Millisecond))
	if s.Stopped != "" {
		fmt.Fprintf(c.stdout, "It ended early: %s.\n", s.Stopped)
	}
	if s.Requests == 0 {
		return
	}
	fmt.Fprintf(c.stdout, "%d requests met the fault: %d were answered well all the same, %d were felt.\n", s.Requests, s.Masked, s.Felt)
	for _, how := range slices.Sorted(maps.Keys(s.By)) {
		fmt.Fprintf(c.stdout, "  %-8s %d\n", how, s.By[how])
	}
	if s.Masked > 0 {
		fmt.Fprintf(c.stdout, "Hiding it cost %d ms each, %d ms at worst.\n", s.CostMS/s.Masked, s.WorstMS)
	}
}
