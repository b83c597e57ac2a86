package otlp

import (
	"context"
	"time"

	"go.opentelemetry.io/collector/pdata/pcommon"
	"go.opentelemetry.io/collector/pdata/pmetric"

	"github.com/honderd/honderd/warning"
)

// Readings is what a Door does with metrics that tell of something that runs out. The zero
// value lets them go: then all metrics are counted only.
type Readings struct {
	Known *warning.Known
	// Keep makes readings durable before it returns nil. It is called by many at once.
	Keep func(ctx context.Context, list []warning.Reading) error
}

// maxReadings is how many readings of one request are kept.
const maxReadings = 20_000

// of returns the readings in md.
func (k Readings) of(md pmetric.Metrics, now time.Time) (list []warning.Reading) {
	if k.Known == nil {
		return nil
	}
	future := now.Add(10 * time.Minute)
	for _, rm := range md.ResourceMetrics().All() {
		for _, sm := range rm.ScopeMetrics().All() {
			for _, m := range sm.Metrics().All() {
				if !k.Known.Knows(m.Name()) {
					continue
				}
				points := m.Gauge().DataPoints
				switch m.Type() {
				case pmetric.MetricTypeGauge:
				case pmetric.MetricTypeSum:
					points = m.Sum().DataPoints
				default:
					continue
				}
				for _, p := range points().All() {
					at := p.Timestamp().AsTime()
					if len(list) >= maxReadings || at.After(future) {
						continue
					}
					if r, ok := k.Known.Reading(m.Name(), labelsOf(rm.Resource().Attributes(), p.Attributes()), valueOf(p), at); ok {
						list = append(list, r)
					}
				}
			}
		}
	}
	return list
}

// labelsOf returns the attributes of a resource and of a point together.
func labelsOf(resource, point pcommon.Map) map[string]string {
	labels := make(map[string]string, resource.Len()+point.Len())
	for _, m := range []pcommon.Map{resource, point} {
		for name, value := range m.All() {
			labels[name] = value.AsString()
		}
	}
	return labels
}

// valueOf returns the value of a point.
func valueOf(p pmetric.NumberDataPoint) float64 {
	if p.ValueType() == pmetric.NumberDataPointValueTypeInt {
		return float64(p.IntValue())
	}
	return p.DoubleValue()
}
