package worst

import (
	"math/rand/v2"
	"testing"
)

// curve returns the worst windows of all sizes.
func curve(s *Series) []Window {
	var list []Window
	for _, w := range Sizes(s.Minutes()) {
		list = append(list, s.Of(w, Support{Time: s.LeastTime(w)}))
	}
	return list
}

// days makes so many days of 100 people, of whom in each minute so many in a thousand
// have a bad time.
func days(n int, bad func(minute int) int64) *Series {
	good, all := make([]int64, n*1440), make([]int64, n*1440)
	for i := range all {
		all[i] = 100 * 60_000
		good[i] = all[i] - all[i]/1000*min(1000, bad(i))
	}
	return New(good, all)
}

func TestShape(t *testing.T) {
	outage := func(minutes int, depth int64) func(int) int64 {
		return func(i int) int64 {
			if i >= 20_000 && i < 20_000+minutes {
				return depth
			}
			return 0
		}
	}
	blips := func(depth int64) func(int) int64 { // one in 500 minutes
		r := rand.New(rand.NewPCG(2, 2))
		return func(int) int64 {
			if r.IntN(500) == 0 {
				return depth
			}
			return 0
		}
	}
	both := func(f, g func(int) int64) func(int) int64 { return func(i int) int64 { return f(i) + g(i) } }
	random := func(to int64) func(int) int64 {
		r := rand.New(rand.NewPCG(3, 3))
		return func(int) int64 { return r.Int64N(to) }
	}
	tests := []struct {
		name string
		bad  func(int) int64
		want Shape
	}{
		{"nothing", outage(0, 0), Shape{Flawless, 0}},
		{"two hours, total", outage(120, 1000), Shape{OneLong, 108}},
		{"two hours, a tenth", outage(120, 100), Shape{OneLong, 108}},
		{"two hours, uneven", both(outage(120, 100), random(20)), Shape{OneLong, 108}},
		{"a day, a half", outage(1440, 500), Shape{OneLong, 1448}},
		{"many minutes", blips(1000), Shape{ManyShort, 1}},
		{"many minutes, half bad", blips(500), Shape{ManyShort, 1}},
		{"both", both(outage(240, 1000), blips(1000)), Shape{OneLong, 215}},
		{"a mild outage among total minutes", both(outage(240, 300), blips(1000)), Shape{ManyShort, 1}},
		{"a deep outage among mild minutes", both(outage(240, 300), blips(100)), Shape{OneLong, 215}},
		{"an outage on constant errors", both(outage(240, 300), func(int) int64 { return 5 }), Shape{OneLong, 215}},
		{"constant errors", func(int) int64 { return 5 }, Shape{Steady, 32_768}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			all := curve(days(30, tt.bad))
			if got := ShapeOf(all); got != tt.want {
				t.Errorf("ShapeOf() = %v, want %v", got, tt.want)
			}
			for k := range all { // every third has no support
				if k%3 == 0 {
					all[k] = Window{Minutes: all[k].Minutes}
				}
			}
			if got := ShapeOf(all); got.Kind != tt.want.Kind {
				t.Errorf("ShapeOf() with holes = %v, want %v", got, tt.want)
			}
		})
	}
}

func TestShapeOfTooLittle(t *testing.T) {
	tests := []struct {
		name string
		give []Window
		want Shape
	}{
		{"no curve", nil, Shape{}},
		{"no support", []Window{{Minutes: 1}, {Minutes: 2}}, Shape{}},
		{"two bad minutes and no more", []Window{{0, 1, 5, 10}, {0, 2, 10, 20}}, Shape{Unknown, 2}},
		{"half an hour of an hour", curve(days(1, func(i int) int64 { return int64(1000 * (i / 720)) })), Shape{OneLong, 724}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if got := ShapeOf(tt.give); got != tt.want {
				t.Errorf("ShapeOf() = %v, want %v", got, tt.want)
			}
		})
	}
}

// The curves of the paper, as far as they can be read off its figures 9, 10 and 20: Drive
// has many short failures, Hangouts one of four hours; and a quarter with an outage
// whose depth changes. Of Drive only the ends are read, the rest is a straight line.
func TestShapeOfThePaper(t *testing.T) {
	read := func(points ...float64) []Window {
		var list []Window
		for i := 0; i < len(points); i += 2 {
			const all = 1_000_000
			list = append(list, Window{0, int(points[i]), int64(all * points[i+1] / 100), all})
		}
		return list
	}
	tests := []struct {
		name string
		give []Window
		want Shape
	}{
		{"Hangouts", read(1, 99.80, 15, 99.81, 60, 99.82, 240, 99.84, 1440, 99.95, 43_200, 99.992), Shape{OneLong, 240}},
		{"Drive", read(1, 99.09, 15, 99.71, 60, 99.84, 240, 99.913, 1440, 99.963, 43_200, 99.992), Shape{ManyShort, 1}},
		{"outage", read(1, 92.7, 15, 92.7, 120, 94.7, 1440, 99.6, 129_600, 99.99), Shape{OneLong, 120}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if got := ShapeOf(tt.give); got != tt.want {
				t.Errorf("ShapeOf() = %v, want %v", got, tt.want)
			}
		})
	}
}
