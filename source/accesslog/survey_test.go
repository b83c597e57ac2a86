package accesslog

import (
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/honderd/honderd/experience"
	"github.com/honderd/honderd/internal/logfile"
)

// sharedData is where logs of others are, which are no part of the project: the folder that
// HONDERD_SHARED names, or one beside the project.
func sharedData(t *testing.T) string {
	t.Helper()
	dir := os.Getenv("HONDERD_SHARED")
	if dir == "" {
		dir = "../../../shared/data"
	}
	if _, err := os.Stat(dir); err != nil {
		t.Skip("no logs of others here: HONDERD_SHARED names the folder with formats/, logs/ and accesslogs/")
	}
	return dir
}

// Every file of others is read without a crash, and each line of it is counted once.
func TestEveryFileOfOthersIsRead(t *testing.T) {
	dir := sharedData(t)
	p := mustParser(t, Options{Rules: experience.DefaultRules()})
	for _, part := range []string{"formats", "logs", "accesslogs"} {
		err := filepath.WalkDir(filepath.Join(dir, part), func(path string, d fs.DirEntry, err error) error {
			if err != nil || d.IsDir() || strings.HasSuffix(path, ".assert") || strings.HasSuffix(path, ".csv") {
				return err
			}
			f, err := logfile.Open(path, nil)
			if err != nil {
				t.Logf("%s: %v", path, err)
				return nil
			}
			defer func() { _ = f.Close() }()
			log, err := io.ReadAll(f)
			if err != nil {
				t.Logf("%s: %v", path, err)
			}
			g, err := p.Detect(log[:min(len(log), 256<<10)])
			name := "none"
			if err == nil {
				name = g.name
			}
			var all experience.Tally
			var b experience.Batch
			items := 0
			for w := p.NewWorker(g); len(log) > 0; all.Add(&b.Tally) {
				b.Reset()
				log = w.Parse(log, &b)
				items += len(b.Items)
			}
			if all.Lines != all.Parsed+all.Rejected() || int64(items)+all.Robots+all.Probes+all.NoRequest != all.Parsed {
				t.Errorf("%s: %d experiences of %+v", path, items, all)
			}
			short, _ := filepath.Rel(dir, path)
			t.Logf("%s: %s, %d of %d lines, %d experiences, %v %v", short, name, all.Parsed, all.Lines, items, all.Formats, rejectsOf(all))
			return nil
		})
		if err != nil {
			t.Error(err)
		}
	}
}

// rejectsOf returns an example of what was rejected for each reason.
func rejectsOf(t experience.Tally) []string {
	var list []string
	for why, r := range t.Rejects {
		list = append(list, why+": "+r.Examples[0])
	}
	return list
}
