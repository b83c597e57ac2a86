package monitor

import (
	"bytes"
	"fmt"

	"github.com/honderd/honderd/internal/diag"
	"github.com/honderd/honderd/source/probe"
)

// File is one text that is read.
type File struct {
	Name string
	Text []byte
}

// ReadAll reads several texts. What a configuration of Prometheus lets a blackbox exporter
// ask goes to those of the exporter.
func ReadAll(files []File, o Options) (targets []probe.Target, problems diag.Problems) {
	var rest []File
	for _, f := range files {
		o.File = f.Name
		if !bytes.Contains(f.Text, []byte("scrape_configs")) {
			rest = append(rest, f)
			continue
		}
		asked, wrong := ReadScrapes(f.Text, o)
		o.Asked = append(o.Asked, asked...)
		problems = append(problems, wrong...)
		if len(asked) == 0 && len(wrong) == 0 {
			problems = append(problems, diag.NewFile(f.Name, nil).Whole("no job in it asks a blackbox exporter", "give the one whose jobs have metrics_path: /probe and a module"))
		}
	}
	names := map[string]bool{}
	for _, f := range rest {
		o.File = f.Name
		more, wrong := Read(f.Text, o)
		problems = append(problems, wrong...)
		for _, t := range more {
			name := t.Name
			for i := 2; names[t.Name]; i++ {
				t.Name = fmt.Sprintf("%s (%d)", name, i)
			}
			if t.Name != name {
				problems = append(problems, diag.NewFile(f.Name, nil).Whole(fmt.Sprintf("another file has a %q too: this one is called %q", name, t.Name), "rename one"))
			}
			names[t.Name] = true
			targets = append(targets, t)
		}
	}
	return targets, problems
}
