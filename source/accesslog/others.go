package accesslog

import (
	"bytes"
	"math"

	"github.com/honderd/honderd/experience"
)

// otherField returns what a variable means that nginx does not have; the formats of
// others are spelled with them below.
func otherField(f field) field {
	switch f.name {
	case "client":
		f.slot, f.fit = slotAddress, fitAddress
	case "when":
		f.slot, f.shape, f.fit = slotWhen, word, fitTime
	case "code":
		f.slot, f.shape, f.fit = slotStatus, word, fitCode
	case "millis":
		f.slot, f.shape, f.fit = slotMillis, word, fitSigned
	case "seconds":
		f.slot, f.shape, f.fit = slotSeconds, word, fitSigned
	case "seconds_more":
		f.slot, f.shape, f.fit = slotMore, word, fitSigned
	case "seconds_more2":
		f.slot, f.shape, f.fit = slotMore2, word, fitSigned
	case "retries":
		f.slot, f.shape, f.fit = slotRetries, word, fitSigned
	case "attempts":
		f.slot, f.shape, f.fit = slotAttempts, word, fitDigits
	case "flags":
		f.slot, f.shape = slotFlags, word
	case "n":
		f.shape, f.fit = word, fitSigned
	case "port":
		f.shape, f.fit = word, fitDigits
	case "w":
		f.shape = word
	}
	return f
}

// otherGrammars returns the formats of other servers than nginx and Apache that are read
// without being told.
//
// Sources: HAProxy configuration manual, section 8.2.3; Envoy, "Access logging", default
// format; Istio, "Envoy Access Logs"; Traefik, "Access logs"; AWS, "Access logs for your
// Application Load Balancer" and "... Classic Load Balancer".
func otherGrammars(want wanted) []*Grammar {
	const (
		haproxy = `%ci:%cp [%tr] %ft %b/%s %TR/%Tw/%Tc/%Tr/%Ta %ST %B %CC %CS %tsc %ac/%fc/%bc/%sc/%rc %sq/%bq %hr %hs %{+Q}r`
		squid   = `%ts.%03tu %6tr %>a %Ss/%03>Hs %<st %rm %ru %[un %Sh/%<a %mt`
		envoy   = `[$when] "$request" $code $flags $n $n $millis $w "$http_x_forwarded_for" "$http_user_agent" "$w" "$w" "$w"`
		istio   = `[$when] "$request" $code $flags $w $w "$reason" $n $n $millis $w "$http_x_forwarded_for" "$http_user_agent" "$w" "$w" "$w" $rest`
		elb     = `$when $w $client:$port $w $seconds $seconds_more $seconds_more2 $code $w $n $n "$request"`
		traefik = `$remote_addr $ident $remote_user [$time_local] "$request" $code $bytes "$http_referer" "$http_user_agent" $port "$router" "$server" ${millis}ms`
		uwsgi   = `[pid: %P|app: %{app}n|req: %{req}n] %h (%u) {%{vars}n vars in %{size}n bytes} [%{%a %b %e %H:%M:%S %Y}t] %m %U => generated %B bytes in %{ms}T msecs (%H %>s) %{rest}n`
		iis     = `%h, %u, %{%m/%d/%y, %H:%M:%S}t, %{service}n, %{name}n, %{ip}n, %{ms}T, %{received}n, %{sent}n, %>s, %{win32}n, %m, %U, %{rest}n`
	)
	var all []*Grammar
	add := func(name, format string, f flags) {
		g := known(name, format, want, word)
		g.flags, g.starts = f, g.starts || f == haproxyFlags || f == envoyFlags
		all = append(all, g)
	}
	add("haproxy", haproxy, haproxyFlags)
	add("haproxy", haproxy+` %sslv %sslc`, haproxyFlags)
	for _, g := range all {
		g.httplog = g.key == slotNone && len(g.labels) == 0
	}
	add("squid", squid, squidFlags)
	add("envoy", envoy+` $attempts $rest`, envoyFlags)
	add("envoy", envoy+` $attempts`, envoyFlags)
	add("envoy", envoy+`$rest`, envoyFlags)
	add("istio", istio, envoyFlags)
	add("aws-alb", `$w `+elb+` "$http_user_agent" $rest`, awsFlags)
	add("aws-elb", elb+` "$http_user_agent" $rest`, awsFlags)
	add("aws-elb", elb, awsFlags)
	add("traefik", traefik, noFlags)
	add("uwsgi", uwsgi, noFlags)
	add("iis", iis, noFlags)
	for i := range all[len(all)-1].pieces { // it writes 7:05:09
		if p := &all[len(all)-1].pieces[i]; p.shape == fixed {
			p.shape, p.fit = word, fitDigits
		}
	}
	all[len(all)-1].hasten()
	return all
}

// flags says whose words tell how a request ended.
type flags uint8

const (
	noFlags      flags = iota
	honderdFlags       // how our gateway hid a fault
	haproxyFlags
	envoyFlags
	awsFlags
	gcpFlags
	caddyFlags
	iisFlags
	cloudfrontFlags
	edgeFlags // false: another edge sent it here, and has logged it too
	squidFlags
	httpsysFlags
)

// ending is how a request ended, beside its status.
type ending uint8

const (
	byStatus ending = iota // as its status says
	left                   // the person left
	broken                 // the answer broke off
	nobodys                // nobody asked anything
	fine                   // well, though no status was written
)

// status returns the status that means the same.
func (e ending) status(status int) int {
	switch {
	case e == left:
		return 499
	case e == broken && status < 500:
		return 502
	case e == fine:
		return 200
	default:
		return status
	}
}

// ended tells how a request ended. An answer without a status is none.
func (w *Worker) ended(g *Grammar, line []byte) ending {
	code := w.m.value(g, slotStatus, line)
	told := g.flags.read(w.m.value(g, slotFlags, line), code)
	if told == byStatus && statusOf(code) < 100 {
		return broken
	}
	return told
}

// read reads the flags v of a request with this status.
func (f flags) read(v, code []byte) ending {
	switch f {
	case haproxyFlags:
		return haproxyEnding(v, code)
	case envoyFlags:
		return envoyEnding(v)
	case awsFlags:
		switch string(code) {
		case "460":
			return left
		case "-", "000", "0":
			return nobodys
		}
	case gcpFlags:
		if bytes.HasPrefix(v, []byte("client_disconnected")) {
			return left
		}
	case caddyFlags:
		if string(code) == "0" { // its server says 200 when nothing wrote a status
			return fine
		}
	case iisFlags: // the network name is gone, the connection or the request was aborted
		if s := string(v); s == "64" || s == "1236" || s == "995" {
			return left
		}
	case cloudfrontFlags:
		if string(code) == "000" {
			return left
		}
	case edgeFlags:
		if string(v) == "false" {
			return nobodys
		}
	case squidFlags:
		return squidEnding(v, code)
	case httpsysFlags:
		return httpsysEnding(v, code)
	}
	return byStatus
}

// haproxyEnding reads the termination state: who ended it, and when.
func haproxyEnding(v, code []byte) ending {
	if len(v) < 2 {
		return byStatus
	}
	who, when := v[0], v[1]
	switch {
	case who == 'C' && (when == 'C' || when == 'H' || when == 'D' || when == 'Q'):
		return left
	case who == 'L' && when == 'R', (who == 'c' || who == 'C') && when == 'R':
		return nobodys
	case (who == 'S' || who == 's' || who == 'P' || who == 'R' || who == 'I' || who == 'D' || who == 'K') && when == 'D' && string(code) < "400":
		return broken
	}
	return byStatus
}

// envoyEnding reads response flags: UF,URX.
func envoyEnding(v []byte) ending {
	end := byStatus
	for len(v) > 0 {
		flag, rest, _ := bytes.Cut(v, []byte(","))
		switch string(flag) {
		case "DC", "DR":
			return left
		case "UC", "UR", "UT", "UPE", "LR", "SI", "UMSDR", "UDO":
			end = broken
		}
		v = rest
	}
	return end
}

// told returns how a fault was hidden that the proxy counts or names itself.
func (w *Worker) told(g *Grammar, line []byte, status int) experience.Mask {
	if status >= 400 {
		return experience.Unmasked
	}
	if g.flags == honderdFlags {
		return maskOf(w.m.value(g, slotFlags, line))
	}
	if v := w.m.value(g, slotRetries, line); len(v) > 0 && (v[0] == '+' || number(v) > 0) {
		return experience.Retry
	}
	if v := w.m.value(g, slotAttempts, line); number(v) > 1 {
		return experience.Retry
	}
	if bytes.IndexByte(w.m.value(g, slotHosts, line), ',') > 0 {
		return experience.Retry
	}
	if f := w.m.value(g, slotFlags, line); g.flags == squidFlags && isOldCopy(f) {
		return experience.Stale
	}
	if f := w.m.value(g, slotFlags, line); g.flags == haproxyFlags && len(f) == 4 && (string(f[2:]) == "DI" || string(f[2:]) == "VI") {
		return experience.Retry // the server of its cookie was down
	}
	if g.keys != nil {
		cache, original := w.m.value(g, slotCache, line), w.m.value(g, slotOriginal, line)
		old := bytes.Contains(bytes.ToLower(cache), []byte("stale"))
		if old || (bytes.EqualFold(cache, []byte("updating")) && len(original) == 3 && w.failed(original)) {
			return experience.Stale
		}
	}
	return experience.Unmasked
}

// maskOf returns the mask of that name.
func maskOf(name []byte) experience.Mask {
	for _, m := range experience.Masks() {
		if string(name) == m.String() {
			return m
		}
	}
	return experience.Unmasked
}

// nanos reads a duration in nanoseconds, in milliseconds rounded up.
func nanos(v []byte) int64 {
	total := int64(0)
	for _, c := range v {
		if !isDigit(c) || total > math.MaxInt64/100 {
			return unknown
		}
		total = total*10 + int64(c-'0')
	}
	if len(v) == 0 {
		return unknown
	}
	return min((total+999_999)/1_000_000, math.MaxUint32)
}

// sum adds what is known of durations.
func sum(list ...int64) int64 {
	total := int64(unknown)
	for _, ms := range list {
		if ms != unknown {
			total = max(total, 0) + ms
		}
	}
	return min(total, math.MaxUint32)
}

// when reads a time in whatever notation: ISO 8601, that of the common log format, or
// since 1970 in seconds, milliseconds, microseconds or nanoseconds, by its digits.
func (c *clock) when(v []byte) (int64, string) {
	if len(v) >= 19 && v[4] == '-' {
		return iso(v)
	}
	if len(v) >= 20 && v[2] == '/' {
		return c.clf(v)
	}
	digits := 0
	for digits < len(v) && isDigit(v[digits]) {
		digits++
	}
	switch {
	case digits > 19:
		return 0, impossibleTime
	case digits >= 18:
		return epoch(v[:digits-6], 1, 1)
	case digits >= 15:
		return epoch(v[:digits-3], 1, 1)
	case digits >= 12:
		return epoch(v[:digits], 1, 1)
	default:
		return epoch(v, 1000, 1)
	}
}
