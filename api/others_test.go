package api

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"regexp"
	"strconv"
	"strings"
	"testing"
)

// queriesOf returns the queries in an example: after query:, on that line or in the block
// below it.
func queriesOf(text string) (list []string) {
	lines := strings.Split(text, "\n")
	for i, line := range lines {
		_, rest, found := strings.Cut(line, "query: ")
		if !found || strings.Contains(line, "#") {
			continue
		}
		if rest != "|" {
			list = append(list, rest)
			continue
		}
		indent := len(line) - len(strings.TrimLeft(line, " "))
		block := ""
		for _, next := range lines[i+1:] {
			if len(next)-len(strings.TrimLeft(next, " ")) <= indent {
				break
			}
			block += " " + strings.TrimSpace(next)
		}
		list = append(list, strings.TrimSpace(block))
	}
	return list
}

// asPrometheus asks a query, and reads the answer as strictly as those who ask
// Prometheus do. It returns how many series there are.
func asPrometheus(t *testing.T, query, at string) int {
	t.Helper()
	w := httptest.NewRecorder()
	serve(&desk{}, "").ServeHTTP(w, httptest.NewRequest(http.MethodGet, "/api/v1/query?query="+url.QueryEscape(query)+"&time="+at, nil))
	var answer struct {
		Status string `json:"status"`
		Data   struct {
			ResultType string `json:"resultType"`
			Result     []struct {
				Metric map[string]string  `json:"metric"`
				Value  [2]json.RawMessage `json:"value"`
			} `json:"result"`
		} `json:"data"`
	}
	d := json.NewDecoder(w.Body)
	d.DisallowUnknownFields()
	if err := d.Decode(&answer); err != nil || w.Code != 200 || answer.Status != "success" || answer.Data.ResultType != "vector" {
		t.Fatalf("%s: %d %v %+v", query, w.Code, err, answer)
	}
	for _, one := range answer.Data.Result {
		var value string
		var when float64
		if err := json.Unmarshal(one.Value[0], &when); err != nil || when <= 0 {
			t.Errorf("%s: the time is %s", query, one.Value[0])
		}
		if err := json.Unmarshal(one.Value[1], &value); err != nil {
			t.Errorf("%s: the value is %s, not a text", query, one.Value[1])
		}
		if _, err := strconv.ParseFloat(value, 64); err != nil {
			t.Errorf("%s: %v", query, err)
		}
	}
	return len(answer.Data.Result)
}

// What the examples for Flagger and KEDA ask is one number, as both need it; what that for
// Grafana asks is answered.
func TestWhatOthersAskIsAnsweredAsPrometheusDoes(t *testing.T) {
	const at = "1795721200" // when people are there
	for path, want := range map[string]int{"../docs/flagger/honderd.yaml": 1, "../docs/keda/honderd.yaml": 1} {
		text, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		list := queriesOf(string(text))
		if len(list) != want {
			t.Fatalf("%s: queries %q", path, list)
		}
		for _, query := range list {
			query = strings.ReplaceAll(query, "{{ interval }}", "5m")
			if rest := regexp.MustCompile(`\{\{.*?\}\}`).FindString(query); rest != "" {
				t.Errorf("%s: %s is not known", path, rest)
			}
			if n := asPrometheus(t, query, at); n != 1 {
				t.Errorf("%s: %s has %d values, want 1", path, query, n)
			}
		}
	}
	board, err := os.ReadFile("../docs/grafana/honderd.json")
	if err != nil {
		t.Fatal(err)
	}
	asked := regexp.MustCompile(`"expr": "((?:[^"\\]|\\.)*)"`).FindAllStringSubmatch(string(board), -1)
	for _, m := range asked {
		if query := strings.ReplaceAll(m[1], `\"`, `"`); asPrometheus(t, query, at) == 0 {
			t.Errorf("the dashboard for Grafana asks %s, and is told nothing", query)
		}
	}
	if len(asked) < 5 {
		t.Errorf("%d queries in the dashboard for Grafana", len(asked))
	}
	if asPrometheus(t, "vector(1)", at) != 1 { // what Flagger asks first
		t.Error("Flagger does not find us")
	}
}
