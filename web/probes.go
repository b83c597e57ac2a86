package web

import (
	"bytes"
	"fmt"
	"net/http"
	"time"

	"github.com/honderd/honderd/look"
	"github.com/honderd/honderd/view"
)

// shownProbes is how many probes a page shows: more take a browser long.
const shownProbes = 500

// laneHours are how many hours of what was found a page shows: the fewest that have all of
// it, so that a first hour is no thin line.
func laneHours() []int { return []int{1, 3, 6, 12, 24} }

// probeSheet is what the page of probes shows.
type probeSheet struct {
	sheet
	P     view.Probes
	Shown []view.Probe
	Hours int // that lanes show
}

// probes shows how the targets of the probes are.
func (d dashboard) probes(w http.ResponseWriter, r *http.Request) {
	s := probeSheet{sheet: d.bare(w, r), P: d.Probes()}
	s.Here, s.AsOf = "probes", s.P.AsOf
	s.Shown = s.P.Probes[:min(len(s.P.Probes), shownProbes)]
	s.Hours = hoursOf(s.Shown, s.AsOf)
	d.show(w, r, "probes", s)
}

// hoursOf returns how many hours lanes show.
func hoursOf(list []view.Probe, now time.Time) int {
	oldest := now
	for _, p := range list {
		p.EachMinute(func(m view.ProbeMinute) {
			if m.At.Before(oldest) {
				oldest = m.At
			}
		})
	}
	hours := 0
	for _, hours = range laneHours() {
		if now.Sub(oldest) <= time.Duration(hours)*time.Hour {
			break
		}
	}
	return hours
}

// probesJSON tells programs the same, and with ?target= all that is kept of one.
func (d dashboard) probesJSON(w http.ResponseWriter, r *http.Request) {
	p := d.Probes()
	var v any = p
	if target := r.URL.Query().Get("target"); target != "" {
		all := p.Of(target)
		if len(all) == 0 {
			http.Error(w, "no such target (fix: take one that /api/v1/probes names)", http.StatusNotFound)
			return
		}
		v = all
	}
	var b bytes.Buffer
	if err := view.WriteProbes(&b, v); err != nil {
		d.Log.Error("probes not told", "err", err)
		http.Error(w, "The probes could not be told. The log of honderd says why.", http.StatusInternalServerError)
		return
	}
	w.Header().Set("Cache-Control", "no-store")
	send(w, r, http.StatusOK, "application/json", b.Bytes())
}

// picture sends a picture of a step that failed.
func (d dashboard) picture(w http.ResponseWriter, r *http.Request) {
	body, ok := d.Picture(r.PathValue("name"))
	if !ok {
		d.lost(w, r)
		return
	}
	w.Header().Set("Cache-Control", "private, max-age=86400")
	send(w, r, http.StatusOK, "image/png", body)
}

// Lane draws the last hours of a probe.
func (s probeSheet) Lane(i int, p view.Probe) any {
	to := s.P.AsOf
	from := to.Add(-time.Duration(s.Hours) * time.Hour)
	var list []look.Stretch
	p.EachMinute(func(m view.ProbeMinute) {
		one := look.Stretch{From: m.At, To: m.At.Add(time.Minute), Bad: m.Bad > 0, Unknown: m.Bad == 0 && m.Unknown == m.Checks}
		if !one.To.After(from) {
			return
		}
		last := len(list) - 1
		if last >= 0 && list[last].Bad == one.Bad && list[last].Unknown == one.Unknown && one.From.Sub(list[last].To) <= gap(p) {
			list[last].To = one.To
			return
		}
		list = append(list, one)
	})
	return s.R.Lane(fmt.Sprintf("lane-%d", i), from, to, list)
}

// gap is how long nothing may be known between two minutes that are drawn as one: a target
// that is asked every five minutes has no check in four of them.
func gap(p view.Probe) time.Duration { return max(p.Every, time.Minute) + time.Minute }

// Bad reports whether p needs looking at.
func (s probeSheet) Bad() (n int64) {
	for _, p := range s.P.Probes {
		if p.Asked && p.State == view.ProbeBad {
			n++
		}
	}
	return n
}

// Known returns how many targets are known to be good or bad.
func (s probeSheet) Known() (n int64) {
	for _, p := range s.P.Probes {
		if p.Asked && (p.State == view.ProbeBad || p.State == view.ProbeGood) {
			n++
		}
	}
	return n
}

// State says in words how a target is.
func (s probeSheet) State(p view.Probe) string {
	if !p.Asked {
		return s.R.T("no longer asked")
	}
	switch p.State {
	case view.ProbeGood:
		return s.R.T("good")
	case view.ProbeBad:
		return s.R.T("bad")
	case view.ProbeSilent:
		return s.R.T("not measured")
	case view.ProbeFirst:
		return s.R.T("not asked yet")
	}
	return s.R.T("unknown")
}

// Since says how long a target is as it is.
func (s probeSheet) Since(p view.Probe) string {
	if p.Since == nil {
		return ""
	}
	return s.R.T("since %s", s.R.Stamp(*p.Since))
}

// Certificate says when the certificate of a target ends, "" when none was seen.
func (s probeSheet) Certificate(p view.Probe) string {
	switch {
	case p.CertDays == nil:
		return ""
	case *p.CertDays < 0:
		return s.R.T("certificate ended on %s", s.R.Day(*p.CertEnds))
	}
	return s.R.T("certificate until %s, %s days", s.R.Day(*p.CertEnds), s.R.Count(int64(*p.CertDays)))
}

// CertSoon reports whether a certificate ends within two weeks.
func (s probeSheet) CertSoon(p view.Probe) bool { return p.CertDays != nil && *p.CertDays < 14 }
