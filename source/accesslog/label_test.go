package accesslog

import (
	"strings"
	"testing"

	"github.com/honderd/honderd/experience"
)

func TestLabelsComeFromFields(t *testing.T) {
	p, err := NewParser(Options{
		Rules:  experience.DefaultRules(),
		Format: `$remote_addr [$time_local] "$request" $status $geoip_country "$http_x_release"`,
		Labels: []LabelField{{"region", "field:geoip_country"}, {"release", "header:X-Release"}},
		Steps:  true,
	})
	if err != nil {
		t.Fatal(err)
	}
	w := p.NewWorker(p.c.given)
	const log = `1.2.3.4 [23/Nov/2026:20:01:09 +0000] "GET /a HTTP/1.1" 200 NL "v2"
1.2.3.5 [23/Nov/2026:20:01:10 +0000] "GET /a HTTP/1.1" 200 NL "-"
1.2.3.6 [23/Nov/2026:20:01:11 +0000] "GET /b HTTP/1.1" 200 - ""
1.2.3.7 [23/Nov/2026:20:01:12 +0000] "GET /a HTTP/1.1" 200 NL "v2"
`
	var b experience.Batch
	w.Parse([]byte(log), &b)
	var got []string
	for _, e := range b.Items {
		text := b.Steps[e.Step]
		for _, l := range b.Labels[e.Labels] {
			text += " " + l.Name + "=" + l.Value
		}
		got = append(got, text)
	}
	want := "GET /a region=NL release=v2; GET /a region=NL; GET /b; GET /a region=NL release=v2"
	if strings.Join(got, "; ") != want || len(b.Labels) != 3 {
		t.Errorf("%v in %d sets, want %s in 3", got, len(b.Labels), want)
	}
	w.Parse([]byte(log), &b) // goes on in the same batch
	if len(b.Labels) != 3 || b.Items[7].Labels != b.Items[0].Labels {
		t.Errorf("%d sets after going on, want 3", len(b.Labels))
	}
	b.Reset()
	w.Parse([]byte(log), &b)
	if len(b.Labels) != 3 {
		t.Errorf("%d sets in a new batch, want 3", len(b.Labels))
	}
}

func TestLabelsSayTheWayOut(t *testing.T) {
	_, err := NewParser(Options{Labels: []LabelField{{"step", "field:a"}, {"region", "geoip"}, {"region", "field:b"}}})
	for _, want := range []string{`label "step": not a name`, `"geoip" is not a field`, `label "region" stands there twice`} {
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("error %v lacks %q", err, want)
		}
	}
}

func TestCriticalSteps(t *testing.T) {
	r := experience.Rules{Critical: []string{"POST /checkout", "/pay"}}
	for step, want := range map[string]bool{
		"POST /checkout": true, "GET /checkout": false, "POST /checkout/now": true, "POST /checkouts": false, "GET /pay": true, "PUT /pay/1": true, "GET /": false,
	} {
		method, path, _ := strings.Cut(step, " ")
		if got := r.IsCritical(method, path); got != want {
			t.Errorf("IsCritical(%s) = %v, want %v", step, got, want)
		}
	}
	if err := (experience.Rules{Critical: []string{"checkout", "post /x"}}).Validate(); err == nil {
		t.Error("mistakes were accepted")
	}
}
