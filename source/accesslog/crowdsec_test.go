package accesslog

import (
	"bufio"
	"bytes"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/honderd/honderd/experience"
)

// expected is what another program read in one line.
type expected map[string]string

// readAsserts reads the expectations that crowdsec has for its parsers, by line.
func readAsserts(t *testing.T, path string) map[string]expected {
	t.Helper()
	f, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = f.Close() }()
	one := regexp.MustCompile(`^results\["s02-enrich"\]\["crowdsecurity/dateparse-enrich"\]\[(\d+)\]\.Evt\.(Parsed|Meta|Enriched)\["([^"]+)"\] == (".*")$`)
	byNumber := map[string]expected{}
	lines := bufio.NewScanner(f)
	lines.Buffer(nil, 1<<20)
	for lines.Scan() {
		m := one.FindStringSubmatch(lines.Text())
		if m == nil {
			continue
		}
		value, err := strconv.Unquote(m[4])
		if err != nil {
			continue
		}
		if byNumber[m[1]] == nil {
			byNumber[m[1]] = expected{}
		}
		byNumber[m[1]][m[2]+"."+m[3]] = value
	}
	byLine := map[string]expected{}
	for _, e := range byNumber {
		if line := e["Parsed.message"]; line != "" {
			byLine[line] = e
		}
	}
	return byLine
}

// seen is what we read in one line.
func seen(p *Parser, line []byte) (expected, bool) {
	w := p.NewWorker(nil)
	line = unwrapped(line)
	g, ms, why := w.recognise(line)
	if why != "" {
		inside := w.wrapped.inside(line)
		if g, ms, why = w.recognise(inside); why != "" {
			return nil, false
		}
		line = inside
	}
	line = w.m.line(line)
	method, target := w.request(g, line)
	status := string(w.m.value(g, slotStatus, line))
	return expected{
		"Meta.source_ip": string(w.address(g, line)), "Meta.http_status": status, "Meta.http_verb": string(method),
		"Meta.http_path": string(target), "Meta.http_user_agent": string(w.m.value(g, slotAgent, line)),
		"Enriched.MarshaledTime": time.UnixMilli(ms).UTC().Format(time.RFC3339Nano), "format": g.name,
	}, true
}

// same reports whether what we read is what they expect, in whatever notation.
func same(field, want, got string) bool {
	switch field {
	case "Enriched.MarshaledTime":
		a, err1 := time.Parse(time.RFC3339Nano, want)
		b, err2 := time.Parse(time.RFC3339Nano, got)
		return err1 == nil && err2 == nil && a.UnixMilli()/1000 == b.UnixMilli()/1000
	case "Meta.http_path": // they leave out the host, the query or both
		got, want = strings.TrimSuffix(got, " "), strings.TrimSuffix(want, " ")
		if _, path, ok := strings.Cut(got, "://"); ok {
			if n := strings.IndexByte(path, '/'); n >= 0 {
				got = path[n:]
			}
		}
		path, _, _ := strings.Cut(got, "?")
		stem, _, _ := strings.Cut(want, "?")
		return got == want || path == stem
	case "Meta.http_user_agent":
		return got == want || strings.ReplaceAll(got, "+", " ") == strings.ReplaceAll(want, "+", " ")
	}
	return got == want
}

// differs tells why we read a field otherwise on purpose; "" when we do not.
func differs(format, field, want, got string) string {
	switch {
	case format == "aws-alb" && field == "Enriched.MarshaledTime":
		return "they take when the request came, we when it was answered"
	case field == "Meta.http_path" && got == "" && !strings.HasPrefix(want, "/"):
		return "what asks for no path is no request of a person"
	case format == "envoy-json" && field == "Meta.source_ip":
		return "they take the proxy that connected, we whom it forwards for"
	case format == "traefik-json" && field == "Meta.source_ip" && want == "10.0.0.50":
		return "of a list of proxies they take the last, we the first"
	}
	return ""
}

// What we read in each line of others is what another program reads in it, field by field.
func TestFieldsAreThoseThatOthersRead(t *testing.T) {
	files, _ := filepath.Glob(filepath.Join(sharedData(t), "formats/crowdsec/.tests/*/parser.assert"))
	compared := map[string]int{}
	p := mustParser(t, Options{Rules: experience.DefaultRules()})
	for _, file := range files {
		asserts := readAsserts(t, file)
		for _, line := range slices.Sorted(maps.Keys(asserts)) {
			want := asserts[line]
			if want["Meta.http_status"] == "" {
				continue // no request: their errors are counted as notes by us
			}
			got, ok := seen(p, bytes.TrimRight([]byte(line), "\n"))
			if !ok && strings.Contains(file, "catch-npm") {
				continue // a log_format of somebody's own: it must be given
			}
			if !ok {
				t.Errorf("%s: not read: %s", filepath.Base(filepath.Dir(file)), line)
				continue
			}
			for field, value := range got {
				if expect, there := want[field]; there && field != "format" {
					compared[got["format"]]++
					if !same(field, expect, value) && differs(got["format"], field, expect, value) == "" {
						t.Errorf("%s: %s is %q, want %q: %s", filepath.Base(filepath.Dir(file)), field, value, expect, line)
					}
				}
			}
		}
	}
	t.Logf("fields compared: %v", compared)
	if len(files) > 0 && len(compared) == 0 {
		t.Error("nothing was compared")
	}
}
