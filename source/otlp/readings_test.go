package otlp

import (
	"context"
	"net/http"
	"strings"
	"testing"
	"time"

	"go.opentelemetry.io/collector/pdata/pcommon"
	"go.opentelemetry.io/collector/pdata/pmetric"

	"github.com/honderd/honderd/warning"
)

// What a collector's host metrics and a pool of connections tell of that runs out.
func TestMetricsThatRunOutAreReadings(t *testing.T) {
	now := time.Now()
	md := pmetric.NewMetrics()
	rm := md.ResourceMetrics().AppendEmpty()
	rm.Resource().Attributes().PutStr("service.name", "shop")
	rm.Resource().Attributes().PutStr("host.name", "db1")
	list := rm.ScopeMetrics().AppendEmpty().Metrics()
	add := func(name, state string, value int64, at time.Time) {
		m := list.AppendEmpty()
		m.SetName(name)
		p := m.SetEmptySum().DataPoints().AppendEmpty()
		p.SetIntValue(value)
		p.SetTimestamp(pcommon.NewTimestampFromTime(at))
		p.Attributes().PutStr("state", state)
		p.Attributes().PutStr("system.filesystem.mountpoint", "/data")
		p.Attributes().PutStr("system.filesystem.type", "ext4")
	}
	add("system.filesystem.usage", "free", 70, now)
	add("system.filesystem.usage", "used", 30, now)
	add("system.filesystem.usage", "free", 60, now.Add(time.Hour)) // of the future
	add("http.server.request.duration", "", 1, now)
	got := Readings{Known: warning.NewKnown(nil)}.of(md, now)
	if len(got) != 1 || got[0].Kind != warning.Disk || got[0].Value != 70 || got[0].Labels["service.name"] != "shop" || got[0].Labels["system.filesystem.mountpoint"] != "/data" {
		t.Errorf("readings %+v", got)
	}
	if (Readings{}).of(md, now) != nil {
		t.Error("nobody wants them, and they are read")
	}
}

// Who cannot keep readings answers that it is to be sent again.
func TestReadingsThatCannotBeKeptAreSentAgain(t *testing.T) {
	s := &shelf{}
	r := openReceiver(t, t.TempDir(), s)
	t.Cleanup(func() { _ = r.Close() })
	var kept []warning.Reading
	fail := true
	d := NewDoor(r, DoorOptions{Metrics: Readings{Known: warning.NewKnown(nil), Keep: func(_ context.Context, list []warning.Reading) error {
		if fail {
			return ErrBusy
		}
		kept = append(kept, list...)
		return nil
	}}})
	_, address := serveDoor(t, d)
	body := `{"resourceMetrics":[{"scopeMetrics":[{"metrics":[{"name":"k8s.volume.available","gauge":{"dataPoints":[{"asDouble":5,"timeUnixNano":"1795726560000000000"}]}}]}]}]}`
	for i, want := range []int{http.StatusServiceUnavailable, http.StatusOK} {
		resp, err := http.Post("http://"+address+"/v1/metrics", "application/json", strings.NewReader(body))
		if err != nil {
			t.Fatal(err)
		}
		_ = resp.Body.Close()
		if resp.StatusCode != want && (i == 1 || resp.StatusCode < 429) {
			t.Errorf("time %d: %d", i, resp.StatusCode)
		}
		fail = false
	}
	if len(kept) != 1 || kept[0].Value != 5 {
		t.Errorf("kept %+v", kept)
	}
}
