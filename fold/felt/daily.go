package felt

import "github.com/honderd/honderd/internal/worst"

// A daily is one day of a scope, laid out minute by minute. It does not change, so one is
// shared by all answers that it is true for. nil is a day without anybody.
type daily struct {
	felt         *worst.Day // felt person-time; nil: none
	active, hurt row        // people with a step; of those: with a bad one
	there, sore  crowd      // people who were there; who had a bad time
	sums         tally
}

// tally are the sums of a day, those of minutes outside of the period too.
type tally struct {
	time      sums
	good, bad int64 // steps
}

func (t *tally) add(o *tally) {
	for i, ms := range o.time {
		t.time[i] += ms
	}
	t.good, t.bad = t.good+o.good, t.bad+o.bad
}

// still adds days in which nothing begins or ends.
func (t *tally) still(k *carry, days int64) {
	for i, n := range k.full {
		t.time[i] += n * max(0, days) * msDay
	}
}

// sums are the person-time of each track, in milliseconds.
type sums [tracks]int64

// A carry is what goes on from one minute to the next: the running sums of differences.
type carry struct {
	full          [tracks]int64
	present, sore int32
}

// A draft is a day that is being laid out.
type draft struct {
	up, down     [dayMinutes]int64
	active, hurt [dayMinutes]int32
	there, sore  drawnCrowd
	sums         tally
	some         bool // there was anything at all
	room         [dayMinutes]int32
	all          [dayMinutes]int64
}

// begin makes the draft empty.
func (d *draft) begin() {
	if !d.some {
		return
	}
	clear(d.up[:])
	clear(d.down[:])
	clear(d.active[:])
	clear(d.hurt[:])
	d.there.clear()
	d.sore.clear()
	d.sums, d.some = tally{}, false
}

// lay adds a day of cells, into which k goes on, and out of it.
func (d *draft) lay(c *cells, day int64, k *carry) {
	for hour := day * 24; hour < day*24+24; hour++ {
		at := int(hour-day*24) * 60
		if p := c.pages[hour]; p != nil {
			d.hour(p, at, k)
			d.there.come(p.came, hour)
			d.sore.come(p.hurtAgain, hour)
		} else if *k != (carry{}) {
			d.still(at, k)
		}
	}
}

// hour adds a page from a minute of the day on.
func (d *draft) hour(p *page, at int, k *carry) {
	d.some = true
	for i := range p.cells {
		m := &p.cells[i]
		k.present += m.present
		k.sore += m.sore
		var time sums
		for t := range time {
			k.full[t] += int64(m.full[t])
			time[t] = m.rest[t] + k.full[t]*msMinute
			d.sums.time[t] += time[t]
		}
		j := at + i
		d.up[j] += time[trackUp] - time[trackMoved]
		d.down[j] += time[trackDown] + time[trackWaited]
		d.active[j] += m.active
		d.hurt[j] += m.hurt
		d.there.now[j] += k.present
		d.there.first[j] += m.first
		d.sore.now[j] += k.sore
		d.sore.first[j] += m.struck
		d.sums.good += int64(m.good)
		d.sums.bad += int64(m.bad)
	}
}

// still adds an hour in which nothing begins or ends.
func (d *draft) still(at int, k *carry) {
	d.some = true
	for t, n := range k.full {
		d.sums.time[t] += 60 * n * msMinute
	}
	up, down := (k.full[trackUp]-k.full[trackMoved])*msMinute, (k.full[trackDown]+k.full[trackWaited])*msMinute
	for j := at; j < at+60; j++ {
		d.up[j] += up
		d.down[j] += down
		d.there.now[j] += k.present
		d.sore.now[j] += k.sore
	}
}

// clip forgets the minutes of the day before one and from another on, but not their sums.
func (d *draft) clip(from, to int) {
	for _, list := range []*[dayMinutes]int64{&d.up, &d.down} {
		clear(list[:from])
		clear(list[to:])
	}
	for _, list := range []*[dayMinutes]int32{&d.active, &d.hurt} {
		clear(list[:from])
		clear(list[to:])
	}
	d.there.clip(from, to)
	d.sore.clip(from, to)
}

// daily returns the day that was laid out; nobody is charged in it yet.
func (d *draft) daily() *daily {
	if !d.some {
		return nil
	}
	return &daily{
		felt: d.day(), active: newRow(&d.active), hurt: newRow(&d.hurt),
		there: d.there.crowd(&d.room), sore: d.sore.crowd(&d.room), sums: d.sums,
	}
}

// day returns the felt person-time.
func (d *draft) day() *worst.Day {
	some := false
	for i, up := range d.up {
		d.all[i] = up + d.down[i]
		some = some || d.all[i] != 0
	}
	if !some {
		return nil
	}
	return worst.NewDay(d.up[:], d.all[:])
}

// charged returns the day with some milliseconds more, minute by minute, that were felt as
// down.
func (d *daily) charged(more *[dayMinutes]int64, room *draft) *daily {
	var one daily
	if d != nil {
		one = *d
	}
	for i, ms := range more {
		good, all := one.felt.Minute(i)
		room.up[i], room.all[i] = good, all+ms
	}
	room.some = true
	one.felt = worst.NewDay(room.up[:], room.all[:])
	return &one
}

// differ returns the first minute in which two days are not the same, dayMinutes if there
// is none. Either may be nil.
func (d *daily) differ(o *daily) int {
	if d == o {
		return dayMinutes
	}
	if d == nil {
		d = &daily{}
	}
	if o == nil {
		o = &daily{}
	}
	return min(
		worst.Differ(d.felt, o.felt), d.active.differ(&o.active), d.hurt.differ(&o.hurt),
		d.there.differ(&o.there), d.sore.differ(&o.sore),
	)
}

// minute returns how many people did something in a minute of the day, and for how many of
// those it was bad.
func (d *daily) minute(i int) (active, hurt int32) {
	if d == nil {
		return 0, 0
	}
	return d.active.at(i), d.hurt.at(i)
}
