package api

import (
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"
)

// promAnswer is an answer in the shape of Prometheus.
//
// Source: prometheus.io/docs/prometheus/latest/querying/api.
type promAnswer struct {
	Status    string    `json:"status"` // success or error
	Data      *promData `json:"data,omitempty"`
	ErrorType string    `json:"errorType,omitempty"`
	Error     string    `json:"error,omitempty"`
}

type promData struct {
	ResultType string       `json:"resultType"`
	Result     []promSeries `json:"result"`
}

type promSeries struct {
	Metric map[string]string `json:"metric"`
	Value  []any             `json:"value,omitempty"`  // a time in seconds, a value as text
	Values [][]any           `json:"values,omitempty"` // of those
}

type promNames struct {
	Status string   `json:"status"`
	Data   []string `json:"data"`
}

// maxPoints is how many points of time one question may have.
const maxPoints = 11_000

// promRefuse says what is wrong with a question, as Prometheus does.
func promRefuse(w http.ResponseWriter, err error) {
	promSend(w, http.StatusBadRequest, promAnswer{Status: "error", ErrorType: "bad_data", Error: err.Error()})
}

func promSend(w http.ResponseWriter, status int, answer any) {
	body, err := json.Marshal(answer)
	if err != nil {
		http.Error(w, "this could not be answered", http.StatusInternalServerError)
		return
	}
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	_, _ = w.Write(body) // who asked has gone: nobody is left to tell
}

func (s *server) world() (world, time.Time) {
	answer, now := s.Answers()
	w := world{answer: answer, open: -1}
	if s.Desk != nil {
		w.open = 0
		for _, one := range s.Desk.Stories() {
			if one.Open {
				w.open++
			}
		}
	}
	return w, now
}

func (s *server) query(w http.ResponseWriter, r *http.Request) {
	r.Body = http.MaxBytesReader(w, r.Body, maxBody)
	all, now := s.world()
	at := now
	e, err := parseQuery(r.FormValue("query"))
	if text := r.FormValue("time"); text != "" && err == nil {
		at, err = when(text, now)
	}
	if err != nil {
		promRefuse(w, err)
		return
	}
	data := promData{ResultType: "vector", Result: []promSeries{}}
	for _, one := range all.eval(e, at) {
		data.Result = append(data.Result, promSeries{Metric: metricOf(e, one), Value: point(at, e.value(one.value))})
	}
	promSend(w, http.StatusOK, promAnswer{Status: "success", Data: &data})
}

func (s *server) queryRange(w http.ResponseWriter, r *http.Request) {
	r.Body = http.MaxBytesReader(w, r.Body, maxBody)
	all, now := s.world()
	e, err := parseQuery(r.FormValue("query"))
	var start, end time.Time
	var step time.Duration
	if err == nil {
		start, err = when(r.FormValue("start"), now)
	}
	if err == nil {
		end, err = when(r.FormValue("end"), now)
	}
	if err == nil {
		step, err = duration(r.FormValue("step"))
	}
	if err == nil && (end.Before(start) || end.Sub(start)/step > maxPoints) {
		err = fmt.Errorf("from start to end must be 0 to %d steps (fix: a longer step)", maxPoints)
	}
	if err != nil {
		promRefuse(w, err)
		return
	}
	series := map[string]*promSeries{}
	for at := start; !at.After(end) && r.Context().Err() == nil; at = at.Add(step) {
		for _, one := range all.eval(e, at) {
			key := fmt.Sprint(one.labels)
			if series[key] == nil {
				series[key] = &promSeries{Metric: metricOf(e, one)}
			}
			series[key].Values = append(series[key].Values, point(at, e.value(one.value)))
		}
	}
	data := promData{ResultType: "matrix", Result: []promSeries{}}
	for _, key := range slices.Sorted(maps.Keys(series)) {
		data.Result = append(data.Result, *series[key])
	}
	promSend(w, http.StatusOK, promAnswer{Status: "success", Data: &data})
}

func point(at time.Time, v float64) []any {
	return []any{float64(at.UnixMilli()) / 1000, strconv.FormatFloat(v, 'f', -1, 64)}
}

func metricOf(e expression, one sample) map[string]string {
	m := map[string]string{}
	if e.metric != "" && len(e.changes) == 0 {
		m["__name__"] = e.metric
	}
	for _, l := range one.labels {
		m[l.name] = l.value
	}
	return m
}

// eval returns the samples of e at a time. A metric without a window is known for now only.
func (w world) eval(e expression, at time.Time) []sample {
	if e.number != nil {
		return []sample{{value: *e.number}}
	}
	for _, f := range w.plain() {
		if f.name == e.metric {
			return slices.DeleteFunc(f.samples, func(s sample) bool { return !fits(e.match, s.labels) })
		}
	}
	for _, prefix := range []string{ofJourney, ofLabel, ofAll} {
		name, ok := strings.CutPrefix(e.metric, prefix)
		for _, m := range measures() {
			if ok && m.name == name {
				return w.at(prefix, m, e.window, e.long, at, e.match)
			}
		}
	}
	return nil
}

// names returns the names of all metrics.
func names() []string {
	var list []string
	for _, f := range (world{}).plain() {
		list = append(list, f.name)
	}
	for _, prefix := range []string{ofAll, ofJourney, ofLabel} {
		for _, m := range measures() {
			list = append(list, prefix+m.name)
		}
	}
	slices.Sort(list)
	return list
}

func (s *server) labelNames(w http.ResponseWriter, _ *http.Request) {
	promSend(w, http.StatusOK, promNames{Status: "success", Data: []string{"__name__", "journey", "label", "value", "window"}})
}

func (s *server) labelValues(w http.ResponseWriter, r *http.Request) {
	answer, _ := s.Answers()
	values := []string{}
	switch r.PathValue("name") {
	case "__name__":
		values = names()
	case "window":
		values = usualWindows()
	case "journey":
		values = append(values, answer.Names()["journey"]...)
	case "label", "value":
		for by, of := range answer.Names() {
			switch {
			case by == "journey":
			case r.PathValue("name") == "label":
				values = append(values, by)
			default:
				values = append(values, of...)
			}
		}
	}
	slices.Sort(values)
	promSend(w, http.StatusOK, promNames{Status: "success", Data: slices.Compact(values)})
}

func (s *server) buildInfo(w http.ResponseWriter, _ *http.Request) {
	promSend(w, http.StatusOK, map[string]any{"status": "success", "data": map[string]string{"version": "2.24.0", "application": "honderd", "revision": s.Version}})
}

// metrics writes all there is in the text format of Prometheus.
//
// Source: prometheus.io/docs/instrumenting/exposition_formats.
func (s *server) metrics(w http.ResponseWriter, _ *http.Request) {
	all, now := s.world()
	var b strings.Builder
	write := func(f family) {
		fmt.Fprintf(&b, "# HELP %s %s\n# TYPE %s %s\n", f.name, f.help, f.name, f.kind)
		for _, one := range f.samples {
			fmt.Fprintf(&b, "%s%s %s\n", f.name, labelText(one.labels), strconv.FormatFloat(one.value, 'f', -1, 64))
		}
	}
	for _, f := range all.plain() {
		write(f)
	}
	if s.Dropped != nil {
		write(drops(s.Dropped()))
	}
	for _, prefix := range []string{ofAll, ofJourney} { // labels are asked for with a query
		for _, m := range measures() {
			f := family{name: prefix + m.name, kind: "gauge", help: m.help}
			for _, window := range usualWindows() {
				long, _ := duration(window) // it is ours
				f.samples = append(f.samples, all.at(prefix, m, window, long, now, nil)...)
			}
			write(f)
		}
	}
	w.Header().Set("Content-Type", "text/plain; version=0.0.4; charset=utf-8")
	_, _ = w.Write([]byte(b.String())) // who asked has gone: nobody is left to tell
}

func labelText(list []label) string {
	if len(list) == 0 {
		return ""
	}
	parts := make([]string, 0, len(list))
	for _, l := range list {
		parts = append(parts, l.name+`="`+strings.NewReplacer(`\`, `\\`, "\n", `\n`, `"`, `\"`).Replace(l.value)+`"`)
	}
	return "{" + strings.Join(parts, ",") + "}"
}
