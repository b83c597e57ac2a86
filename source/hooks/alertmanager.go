package hooks

import (
	"fmt"
	"time"
)

// readAlertmanager reads a webhook of Alertmanager, version 4.
func readAlertmanager(m message) (n News, err error) {
	var w struct {
		Version string `json:"version"`
		Alerts  []struct {
			Status       string            `json:"status"`
			Labels       map[string]string `json:"labels"`
			Annotations  map[string]string `json:"annotations"`
			StartsAt     time.Time         `json:"startsAt"`
			EndsAt       time.Time         `json:"endsAt"`
			GeneratorURL string            `json:"generatorURL"`
			Fingerprint  string            `json:"fingerprint"`
		} `json:"alerts"`
	}
	if err := decode(m.body, &w); err != nil {
		return n, err
	}
	if len(w.Alerts) > maxNews {
		return n, fmt.Errorf("it tells more than %d alerts (fix: set max_alerts)", maxNews)
	}
	for _, a := range w.Alerts {
		one := Alert{
			ID: a.Fingerprint, Name: a.Labels["alertname"], Severity: a.Labels["severity"], Summary: first(a.Annotations["summary"], a.Annotations["description"]),
			Service: first(a.Labels["service"], a.Labels["app"], a.Labels["job"]), URL: first(a.Annotations["runbook_url"], a.GeneratorURL),
			From: a.StartsAt, Labels: a.Labels, Source: "alertmanager",
		}
		if one.ID == "" {
			return n, fmt.Errorf("an alert has no fingerprint (fix: this is Alertmanager's webhook of version 4)")
		}
		if a.Status == "resolved" {
			if one.To = a.EndsAt; one.To.IsZero() {
				one.To = m.now
			}
		}
		n.Alerts = append(n.Alerts, one)
	}
	if n.Empty() {
		return n, errNothing
	}
	return n, nil
}
