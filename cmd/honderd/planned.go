package main

import (
	"archive/zip"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/honderd/honderd/app"
	"github.com/honderd/honderd/config"
	"github.com/honderd/honderd/incident"
)

// askFlags say which server a command asks.
type askFlags struct {
	settings
	server, data string
}

func (f *askFlags) add(cmd *cobra.Command) {
	cmd.PersistentFlags().StringVar(&f.file, "config", "", "configuration in `FILE` (default: honderd.yaml in this folder, if there is one)")
	cmd.PersistentFlags().StringVar(&f.data, "data", "", "the `FOLDER` that holds everything (default ./honderd-data)")
	cmd.PersistentFlags().StringVar(&f.server, "server", "", "the `ADDRESS` of the running server (default: as in the configuration)")
}

// ask asks the running server, and returns its answer.
func (f *askFlags) ask(ctx context.Context, method, path string, body any) ([]byte, config.Config, error) {
	c, err := f.config(configFile)
	if err != nil {
		return nil, c, err
	}
	if f.data != "" {
		c.Data = f.data
	}
	address := f.server
	if address == "" {
		address = c.Listen
	}
	if !strings.Contains(address, "://") {
		address = "http://" + strings.Replace("/"+address, "/:", "localhost:", 1)
		address = strings.Replace(address, "http:///", "http://", 1)
	}
	var out io.Reader = http.NoBody
	if body != nil {
		text, err := json.Marshal(body)
		if err != nil {
			return nil, c, err
		}
		out = bytes.NewReader(text)
	}
	r, err := http.NewRequestWithContext(ctx, method, strings.TrimSuffix(address, "/")+path, out)
	if err != nil {
		return nil, c, err
	}
	r.Header.Set("Content-Type", "application/json")
	if key, err := app.ControlKey(c.Data); err == nil { // else the server says what to do
		r.Header.Set("Authorization", "Bearer "+key)
	}
	answer, err := (&http.Client{Timeout: 30 * time.Second}).Do(r)
	if err != nil {
		return nil, c, fmt.Errorf("ask the server: %w (fix: start it with honderd serve, or name it with --server)", err)
	}
	defer answer.Body.Close()
	text, err := io.ReadAll(io.LimitReader(answer.Body, 256<<20))
	if err == nil && answer.StatusCode >= 300 {
		var p struct{ Detail string }
		if json.Unmarshal(text, &p) != nil || p.Detail == "" {
			p.Detail = fmt.Sprintf("%s at %s (fix: look whether that is the server of honderd)", answer.Status, address)
		}
		err = errors.New(p.Detail)
	}
	return text, c, err
}

func newPlanned(c *console) *cobra.Command {
	var f askFlags
	cmd := &cobra.Command{
		Use:   "planned",
		Short: "Announce planned work on the public page",
		Long: `Announce planned work on the public page of the running server. It is shown, and told
to those who want to be told; nothing is taken off what people feel while it goes on.`,
		Example: `  honderd planned add --from "2026-11-28 22:00" --to "2026-11-28 23:00" "A new database"
  honderd planned list
  honderd planned cancel 5b0c1a2d3e4f`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	f.add(cmd)
	cmd.AddCommand(newPlannedAdd(c, &f), newPlannedList(c, &f), newPlannedCancel(c, &f))
	return cmd
}

func newPlannedAdd(c *console, f *askFlags) *cobra.Command {
	var from, to, text string
	var journeys []string
	cmd := &cobra.Command{
		Use:   "add TITLE",
		Short: "Announce work",
		Args:  oneFolder("the work needs a title", `honderd planned add --from "2026-11-28 22:00" --to "2026-11-28 23:00" "A new database"`),
		RunE: func(cmd *cobra.Command, args []string) error {
			conf, err := f.config(configFile)
			if err != nil {
				return err
			}
			zone, err := conf.Location()
			if err != nil {
				return err
			}
			p := incident.Planned{Title: args[0], Text: text, Journeys: journeys}
			var err1, err2 error
			p.From, err1 = readWhen("--from", from, zone)
			p.To, err2 = readWhen("--to", to, zone)
			if err := errors.Join(err1, err2); err != nil {
				return err
			}
			if err := p.Validate(); err != nil {
				return err
			}
			body := map[string]any{"title": p.Title, "text": p.Text, "from": p.From, "to": p.To, "journeys": p.Journeys}
			answer, _, err := f.ask(cmd.Context(), http.MethodPost, "/api/v1/planned", body)
			if err != nil {
				return err
			}
			if err := json.Unmarshal(answer, &p); err != nil {
				return fmt.Errorf("the server's answer cannot be read: %w", err)
			}
			fmt.Fprintf(c.stdout, "%s is announced\n", p.ID)
			return nil
		},
	}
	cmd.Flags().StringVar(&from, "from", "", "when it begins, as `TIME` 2026-11-28 22:00 in the time zone of the pages, or with an offset")
	cmd.Flags().StringVar(&to, "to", "", "when it ends, as `TIME`")
	cmd.Flags().StringVar(&text, "text", "", "what people may notice")
	cmd.Flags().StringSliceVar(&journeys, "journey", nil, "a `JOURNEY` that it may touch; may be given again; none is any")
	return cmd
}

// readWhen reads a time as people write it.
func readWhen(flag, text string, zone *time.Location) (time.Time, error) {
	for _, layout := range []string{"2006-01-02 15:04", "2006-01-02T15:04", "2006-01-02T15:04:05", time.RFC3339} {
		if t, err := time.ParseInLocation(layout, text, zone); err == nil {
			return t, nil
		}
	}
	return time.Time{}, fmt.Errorf("%s %q is not a time (fix: write it as 2026-11-28 22:00)", flag, text)
}

func newPlannedList(c *console, f *askFlags) *cobra.Command {
	return &cobra.Command{
		Use:   "list",
		Short: "List what was announced",
		Args:  cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			answer, conf, err := f.ask(cmd.Context(), http.MethodGet, "/api/v1/planned", nil)
			if err != nil {
				return err
			}
			zone, err := conf.Location()
			if err != nil {
				return err
			}
			var list struct{ Planned []incident.Planned }
			if err := json.Unmarshal(answer, &list); err != nil {
				return fmt.Errorf("the server's answer cannot be read: %w", err)
			}
			for _, p := range list.Planned {
				state := ""
				if p.Cancelled {
					state = " (cancelled)"
				}
				fmt.Fprintf(c.stdout, "%s  %s – %s  %s%s\n", p.ID, p.From.In(zone).Format("2006-01-02 15:04"), p.To.In(zone).Format("2006-01-02 15:04"), p.Title, state)
			}
			if len(list.Planned) == 0 {
				fmt.Fprintln(c.stdout, "no work is planned")
			}
			return nil
		},
	}
}

func newPlannedCancel(c *console, f *askFlags) *cobra.Command {
	return &cobra.Command{
		Use:   "cancel ID",
		Short: "Say that announced work does not take place",
		Args:  oneFolder("it needs the id of the work", "honderd planned cancel 5b0c1a2d3e4f"),
		RunE: func(cmd *cobra.Command, args []string) error {
			if strings.ContainsAny(args[0], "/?# ") {
				return fmt.Errorf("%q is not the id of planned work (fix: take one of honderd planned list)", args[0])
			}
			if _, _, err := f.ask(cmd.Context(), http.MethodDelete, "/api/v1/planned/"+args[0], nil); err != nil {
				return err
			}
			fmt.Fprintf(c.stdout, "%s is cancelled\n", args[0])
			return nil
		},
	}
}

func newStatus(c *console) *cobra.Command {
	var f askFlags
	cmd := &cobra.Command{
		Use:   "status",
		Short: "Copy the public page, or forget who subscribed to it",
		Args:  cobra.NoArgs,
		RunE:  func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	f.add(cmd)
	cmd.AddCommand(&cobra.Command{
		Use:   "export FOLDER",
		Short: "Write the pages of the running server to a folder, as files that any web server can give",
		Long: `Write the pages of the running server to a folder, as files that any web server can
give. Every page says as of when it is. To write them again and again, name the folder in
honderd.yaml as status.copy.`,
		Example: `  honderd status export /var/www/status`,
		Args:    oneFolder("it needs the folder to write to", "honderd status export /var/www/status"),
		RunE: func(cmd *cobra.Command, args []string) error {
			body, _, err := f.ask(cmd.Context(), http.MethodGet, "/api/v1/status/copy.zip", nil)
			if err != nil {
				return err
			}
			n, err := unpack(body, args[0])
			if err == nil {
				fmt.Fprintf(c.stdout, "%d files are in %s\n", n, args[0])
			}
			return err
		},
	})
	cmd.AddCommand(&cobra.Command{
		Use:   "forget ADDRESS",
		Short: "Forget the subscriptions of an e-mail address or a webhook",
		Args:  oneFolder("it needs the address to forget", "honderd status forget anna@example.com"),
		RunE: func(cmd *cobra.Command, args []string) error {
			answer, _, err := f.ask(cmd.Context(), http.MethodDelete, "/api/v1/subscribers?address="+url.QueryEscape(args[0]), nil)
			if err != nil {
				return err
			}
			var said struct{ Forgotten int }
			if err := json.Unmarshal(answer, &said); err != nil {
				return fmt.Errorf("the server's answer cannot be read: %w", err)
			}
			fmt.Fprintf(c.stdout, "%d subscriptions are forgotten\n", said.Forgotten)
			return nil
		},
	})
	return cmd
}

// unpack writes the files of a zip to a folder.
func unpack(body []byte, dir string) (int, error) {
	z, err := zip.NewReader(bytes.NewReader(body), int64(len(body)))
	if err != nil {
		return 0, fmt.Errorf("the server's answer cannot be read: %w", err)
	}
	for _, f := range z.File {
		if !filepath.IsLocal(f.Name) {
			return 0, fmt.Errorf("the server names the file %q, which lies elsewhere", f.Name)
		}
		in, err := f.Open()
		if err != nil {
			return 0, err
		}
		text, err := io.ReadAll(in)
		name := filepath.Join(dir, f.Name)
		if err = errors.Join(err, in.Close(), os.MkdirAll(filepath.Dir(name), 0o755)); err == nil {
			err = os.WriteFile(name, text, 0o644)
		}
		if err != nil {
			return 0, err
		}
	}
	return len(z.File), nil
}
