// Command honderd measures and protects what people experience of a service.
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"runtime/debug"
	"syscall"

	"github.com/spf13/cobra"
	"golang.org/x/term"

	"github.com/honderd/honderd/internal/diag"
)

// Exit codes, the same for every command.
const (
	exitGood  = 0
	exitBad   = 1 // something bad was found
	exitUsage = 2 // it was asked or configured wrongly, or could not be done
	exitFew   = 3 // not enough data
)

// An exit is an error that says with which code to end. Without text, all was said.
type exit struct {
	code int
	text string
}

// Error returns what to say.
func (e exit) Error() string { return e.text }

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	code := run(ctx, os.Args[1:], os.Stdin, os.Stdout, os.Stderr)
	stop()
	os.Exit(code)
}

// run runs the program with its arguments and returns its exit code.
func run(ctx context.Context, args []string, stdin io.Reader, stdout, stderr io.Writer) int {
	// Folds live in large tables without pointers: collecting often costs little,
	// and keeps what is resident near what is needed.
	debug.SetGCPercent(20)
	root := newRoot(&console{stdin: stdin, stdout: stdout, stderr: stderr})
	root.SetArgs(args)
	root.SetIn(stdin)
	root.SetOut(stdout)
	root.SetErr(stderr)
	err := root.ExecuteContext(ctx)
	if ctx.Err() != nil && errors.Is(err, context.Canceled) {
		return exitUsage
	}
	return explain(stderr, err)
}

// explain says what went wrong and returns the exit code.
func explain(stderr io.Writer, err error) int {
	if err == nil {
		return exitGood
	}
	if e, ok := errors.AsType[exit](err); ok {
		if e.text != "" {
			fmt.Fprintln(stderr, "honderd: "+e.text)
		}
		return e.code
	}
	if problems, ok := errors.AsType[diag.Problems](err); ok {
		if problems.Render(stderr, isTerminal(stderr)) == nil {
			return exitUsage
		}
	}
	fmt.Fprintf(stderr, "honderd: %v\n", err)
	return exitUsage
}

func newRoot(c *console) *cobra.Command {
	root := &cobra.Command{
		Use:   "honderd",
		Short: "Measure and protect what people experience of a service",
		Long: `Honderd measures and protects what people experience of a service.

100% uptime is not what the machines did but what people felt: a customer who
notices nothing of a fault had 100%. Every step of every person is good or bad;
the headline is the share of people whose time was flawless.`,
		Example: `  honderd report /var/log/nginx/access.log     how was it?
  honderd serve /var/log/nginx/access.log      how is it now? (http://127.0.0.1:8100)
  honderd demo                                 the same with a simulated town`,
		Version:       version(),
		SilenceErrors: true,
		SilenceUsage:  true,
		Args:          cobra.NoArgs,
		RunE:          func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	root.AddCommand(newReport(c), newMoments(c), newServe(c), newDemo(c), newCheck(c), newBackup(c), newRestore(c), newRebuild(c), newForget(c), newDoctor(c), newGateway(c), newProbe(c), newPlanned(c), newStatus(c))
	root.AddCommand(newDrill(c), newAccount(c), newToken(c), newTenants(c))
	return root
}

func version() string {
	if info, ok := debug.ReadBuildInfo(); ok && info.Main.Version != "" {
		return info.Main.Version
	}
	return "(devel)"
}

// A console is where the program reads and writes.
type console struct {
	stdin          io.Reader
	stdout, stderr io.Writer
}

func isTerminal(w any) bool {
	f, ok := w.(*os.File)
	return ok && term.IsTerminal(int(f.Fd()))
}

// width returns how many characters fit in a line of w.
func width(w any) int {
	if f, ok := w.(*os.File); ok {
		if columns, _, err := term.GetSize(int(f.Fd())); err == nil {
			return columns
		}
	}
	return 80
}
