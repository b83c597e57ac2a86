package view

import (
	"testing"
	"time"

	"github.com/honderd/honderd/fold/foresight"
	"github.com/honderd/honderd/warning"
)

func TestWhatIsComingIsInTheOrderOfTime(t *testing.T) {
	now := time.Date(2026, 11, 27, 9, 0, 0, 0, time.UTC)
	in := func(d time.Duration) int64 { return now.Add(d).Unix() }
	a := foresight.Answer{
		Newest: now,
		Warnings: []foresight.Warning{
			{Key: "queue\x00queue=mail", Said: foresight.Said{Kind: warning.Queue, Of: map[string]string{"queue": "mail"}, Since: in(-time.Hour), Sure: 0.9}, Left: 4000, Last: now},
			{Key: "disk\x00mountpoint=/data", Said: foresight.Said{Kind: warning.Disk, Of: map[string]string{"mountpoint": "/data", "service": "db"}, At: in(5 * time.Hour), Early: in(4 * time.Hour), Late: in(6 * time.Hour), Since: in(-time.Hour), Sure: 1}, Left: 20, Total: 100, Last: now.Add(-time.Hour)},
		},
		Past: []foresight.Said{{Kind: warning.Disk, Of: map[string]string{"mountpoint": "/"}, Since: in(-9 * time.Hour), First: in(-7 * time.Hour), End: &foresight.End{At: in(-8 * time.Hour), Came: true}}},
	}
	ends := now.Add(3 * 24 * time.Hour)
	p := Probes{Probes: []Probe{{Target: "shop", Asked: true, CertEnds: &ends}, {Target: "old", CertEnds: &ends}}}
	w := NewWarnings(a, p, now, func(labels map[string]string) Whose {
		if labels["service"] == "db" {
			return Whose{Service: "db", Owner: "data team", Contact: "#data", Reach: new(0.5)}
		}
		return Whose{}
	})
	if len(w.Warnings) != 3 {
		t.Fatalf("%d warnings, want a disk, a certificate and a queue: %+v", len(w.Warnings), w.Warnings)
	}
	disk, cert, queue := w.Warnings[0], w.Warnings[1], w.Warnings[2]
	if disk.What != "/data · db" || disk.Owner != "data team" || *disk.LeftPart != 0.2 || !disk.Silent || *disk.Reach != 0.5 {
		t.Errorf("the disk is %+v", disk)
	}
	if cert.Kind != warning.Certificate || cert.What != "shop" || cert.Silent || !cert.At.Equal(ends) {
		t.Errorf("the certificate is %+v", cert)
	}
	if queue.At != nil || *queue.Left != 4000 || queue.Total != nil {
		t.Errorf("the queue is %+v", queue)
	}
	if len(w.Past) != 1 || !w.Past[0].Came || !w.Past[0].Said.Equal(now.Add(-7*time.Hour)) {
		t.Errorf("past: %+v", w.Past)
	}
}
