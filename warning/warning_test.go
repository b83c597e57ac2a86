package warning

import (
	"math"
	"strings"
	"testing"
	"time"
)

func TestMetricsThatRunOut(t *testing.T) {
	at := time.Date(2026, 11, 26, 20, 0, 0, 0, time.UTC)
	own := NewKnown([]Watch{{Metric: "open_orders", Limit: 100}, {Metric: "licences_left", Limit: 5, Floor: true}, {Metric: "mails_waiting"}})
	for _, tt := range []struct {
		metric string
		labels map[string]string
		value  float64
		want   string // kind, side and value; "" when it is none
	}{
		{"node_filesystem_avail_bytes", map[string]string{"mountpoint": "/data", "fstype": "ext4", "device": "/dev/sda"}, 7, "disk mountpoint=/data free 7"},
		{"node_filesystem_avail_bytes", map[string]string{"mountpoint": "/run", "fstype": "tmpfs"}, 7, ""},
		{"kubelet_volume_stats_inodes_free", map[string]string{"persistentvolumeclaim": "data-db-0"}, 7, "inodes persistentvolumeclaim=data-db-0 free 7"},
		{"probe_ssl_earliest_cert_expiry", map[string]string{"instance": "https://shop.example"}, 1.8e9, "certificate instance=https://shop.example ends 1.8e+09"},
		{"system.filesystem.usage", map[string]string{"system.filesystem.state": "free", "system.filesystem.mountpoint": "/"}, 7, "disk system.filesystem.mountpoint=/ free 7"},
		{"system.filesystem.usage", map[string]string{"state": "used"}, 7, ""},
		{"db.client.connection.count", map[string]string{"state": "used", "db.client.connection.pool.name": "orders"}, 7, "connections db.client.connection.pool.name=orders used 7"},
		{"rabbitmq_queue_messages", map[string]string{"queue": "mail"}, 7, "queue queue=mail used 7"},
		{"open_orders", nil, 70, "limit metric=open_orders free 30"},
		{"licences_left", nil, 70, "limit metric=licences_left free 65"},
		{"mails_waiting", nil, 70, "queue metric=mails_waiting used 70"},
		{"http_requests_total", nil, 7, ""},
		{"node_filesystem_avail_bytes", map[string]string{"mountpoint": "/data"}, math.NaN(), ""},
		{"process_max_fds", nil, math.MaxUint64, ""}, // no limit is no limit
	} {
		r, ok := own.Reading(tt.metric, tt.labels, tt.value, at)
		got := ""
		if ok {
			got = strings.ReplaceAll(r.Of(), "\x00", " ") + " " + string(r.Side) + " " + number(r.Value)
		}
		if got != tt.want {
			t.Errorf("%s%v = %q, want %q", tt.metric, tt.labels, got, tt.want)
		}
	}
}

func number(f float64) string {
	if f > 1e6 {
		return "1.8e+09"
	}
	return string([]byte{byte('0' + int(f)/10), byte('0' + int(f)%10)}[map[bool]int{true: 0, false: 1}[f >= 10]:])
}

func TestLabelsOfStrangersAreShort(t *testing.T) {
	labels := map[string]string{"queue": strings.Repeat("é", 200) + "\x00<script>", "__name__": "x"}
	for i := range 40 {
		labels[string(rune('a'+i%26))+string(rune('a'+i/26))] = "x"
	}
	r, ok := NewKnown([]Watch{{Metric: "m"}}).Reading("m", labels, 1, time.Unix(1.7e9, 0))
	if !ok || len(r.Labels) > MaxLabels || r.Labels["metric"] != "m" {
		t.Errorf("%v, %v", r, ok)
	}
	r, ok = NewKnown(nil).Reading("rabbitmq_queue_messages", labels, 1, time.Unix(1.7e9, 0))
	if !ok || len(r.Labels) != 1 || len(r.Labels["queue"]) > MaxText || strings.Contains(r.Labels["queue"], "\x00") {
		t.Errorf("%v, %v", r, ok)
	}
}

// line that loses slope a second, every step seconds.
func sinks(n int, from, slope float64, step int64, noise func(i int) float64) []Point {
	list := make([]Point, n)
	for i := range list {
		list[i] = Point{At: 1.7e9 + int64(i)*step, Left: from - slope*float64(int64(i)*step) + noise(i)}
	}
	return list
}

func TestWhenItRunsOut(t *testing.T) {
	none := func(int) float64 { return 0 }
	f, ok := NewForecast(sinks(31, 1000, 0.1, 240, none)) // 7200 s in which 720 went: 2800 s are left
	last := time.Unix(1.7e9+7200, 0)
	if !ok || !f.At.Equal(f.Earliest) || f.At.Sub(last) < 2799*time.Second || f.At.Sub(last) > 2801*time.Second || f.Sure != 1 {
		t.Errorf("a straight line: %+v, %v", f, ok)
	}
	noisy := func(i int) float64 { return 40 * math.Sin(float64(i)*2.4) }
	f, ok = NewForecast(sinks(31, 1000, 0.1, 240, noisy))
	if !ok || !f.Earliest.Before(f.At) || !f.Latest.After(f.At) || f.Sure < 0.7 || f.Sure == 1 {
		t.Errorf("a line with noise: %+v, %v", f, ok)
	}
	spike := func(i int) float64 { return map[bool]float64{true: 500}[i == 12] }
	g, ok := NewForecast(sinks(31, 1000, 0.1, 240, spike))
	if straight, _ := NewForecast(sinks(31, 1000, 0.1, 240, none)); !ok || g.At.Sub(straight.At).Abs() > time.Second {
		t.Errorf("one strange point moves it to %v", g.At)
	}
}

func TestNothingRunsOut(t *testing.T) {
	for name, noise := range map[string]func(int) float64{
		"level": func(int) float64 { return 0 },
		"noise": func(i int) float64 { return 300 * math.Sin(float64(i)*2.4) },
		"turned": func(i int) float64 {
			return map[bool]float64{true: -30 * float64(i), false: -30*20 + 60*float64(i-20)}[i < 20]
		},
		"far away": func(i int) float64 { return -0.5 * float64(i) },
	} {
		if f, ok := NewForecast(sinks(31, 1000, 0, 240, noise)); ok {
			t.Errorf("%s: %+v", name, f)
		}
	}
	if _, ok := NewForecast(sinks(4, 1000, 0.9, 240, func(int) float64 { return 0 })); ok {
		t.Error("four points are too few")
	}
}
