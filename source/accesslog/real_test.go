package accesslog

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/honderd/honderd/experience"
)

// The numbers of lines that can be read in logs of others.
func TestRealLogs(t *testing.T) {
	tests := []struct {
		glob          string
		lines, parsed int64
	}{
		{"accesslogs/elastic/*/*/apache_logs", 10000, 9999},
		{"accesslogs/nasa/*/*", 35272, 35272},
		{"formats/crowdsec/.tests/nginx-bad-user-agent/*.log", 3, 3},
		{"formats/crowdsec/.tests/nginx-http-malformed/*.log", 12, 12},
		{"formats/crowdsec/.tests/nginx_http-logs/*.log", 9, 9},
		{"formats/crowdsec/.tests/nginx-proxy-manager-logs/*.log", 14, 14},
		{"formats/lnav/test/logfile_access_log.0", 3, 3},
	}
	for _, tt := range tests {
		t.Run(tt.glob, func(t *testing.T) {
			files, _ := filepath.Glob("../../../shared/data/" + tt.glob)
			if len(files) == 0 {
				t.Skip("no shared data here")
			}
			for _, file := range files {
				log, err := os.ReadFile(file)
				if err != nil || len(log) < 100 {
					t.Skip(file, err)
				}
				p := mustParser(t, Options{Rules: experience.DefaultRules()})
				g, err := p.Detect(log[:min(len(log), 64<<10)])
				if err != nil {
					t.Fatal(file, err)
				}
				var all experience.Tally
				var b experience.Batch
				for w := p.NewWorker(g); len(log) > 0; all.Add(&b.Tally) {
					b.Reset()
					log = w.Parse(log, &b)
				}
				t.Logf("%s: %s lines %d parsed %d robots %d formats %v rejects %v", file, g.Name(), all.Lines, all.Parsed, all.Robots, all.Formats, all.Rejects)
				if all.Lines != tt.lines || all.Parsed != tt.parsed {
					t.Errorf("%s: %d of %d lines read, want %d of %d", file, all.Parsed, all.Lines, tt.parsed, tt.lines)
				}
			}
		})
	}
}
