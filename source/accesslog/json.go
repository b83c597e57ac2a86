package accesslog

import (
	"bytes"
	"errors"
	"fmt"
	"strings"
)

// jsonPrefix begins a format that says where values stand in lines of JSON:
// json:time=ts,status=response.code,path=request.uri.
const jsonPrefix = "json:"

// key is where a value may stand in an object: the keys below it, or the piece it is.
type key struct {
	below map[string]*key
	table [keyTable]*entry
	deep  bool  // some key below has others below it
	piece int   // -1: none
	rank  uint8 // the piece may stand at several keys: the lowest one that is there counts
}

// entry is one of the keys that share a place in a table.
type entry struct {
	name string
	key  *key
	next *entry
}

// keyTable is how many places a table has: most keys of a line that mean nothing find
// theirs empty.
const keyTable = 64

// hashKey returns the place of a name.
func hashKey[T string | []byte](name T) int {
	n := len(name)
	return (int(name[0])*31 + int(name[n-1])*7 + int(name[n/2])*3 + n) % keyTable
}

// next returns the key name below k, nil for none.
func (k *key) next(name []byte) *key {
	if len(name) == 0 {
		return k.below[""]
	}
	for e := k.table[hashKey(name)]; e != nil; e = e.next {
		if e.name == string(name) {
			return e.key
		}
	}
	return nil
}

func newKey() *key { return &key{piece: -1} }

// place returns the key of a path with dots in it, and makes it.
func (k *key) place(path string) *key { return k.down(strings.Split(path, ".")) }

// down returns the key of a path, and makes it.
func (k *key) down(path []string) *key {
	for n, part := range path {
		k.deep = k.deep || n < len(path)-1
		if k.below == nil {
			k.below = map[string]*key{}
		}
		next := k.below[part]
		if next == nil {
			next = newKey()
			k.below[part] = next
			if part != "" {
				h := hashKey(part)
				k.table[h] = &entry{part, next, k.table[h]}
			}
		}
		k = next
	}
	return k
}

// find returns what k knows of a key as it stands in a line, nil for nothing. A key with
// dots in it is one of several below each other.
func (k *key) find(name []byte) *key {
	if next := k.next(name); next != nil || !k.deep {
		return next
	}
	for dot := bytes.IndexByte(name, '.'); dot >= 0; {
		if k = k.next(name[:dot]); k == nil {
			return nil
		}
		name = name[dot+1:]
		if dot = bytes.IndexByte(name, '.'); dot < 0 {
			return k.next(name)
		}
	}
	return nil
}

// jsonField is a value and the keys that it may stand at.
type jsonField struct {
	field
	paths []string
}

// jsonNames are what a format that begins with json: calls the values.
func jsonNames() map[string]field {
	return map[string]field{
		"time": {slot: slotWhen}, "status": {slot: slotStatus, fit: fitCode}, "method": {slot: slotMethod}, "path": {slot: slotTarget},
		"request": {slot: slotRequest}, "address": {slot: slotAddress}, "forwarded": {slot: slotForwarded}, "agent": {slot: slotAgent},
		"seconds": {slot: slotSeconds}, "ms": {slot: slotMillis}, "us": {slot: slotMicros}, "ns": {slot: slotNanos},
		"upstream": {slot: slotUpstream}, "backends": {slot: slotBackends}, "original": {slot: slotOriginal}, "cache": {slot: slotCache},
		"retries": {slot: slotRetries}, "attempts": {slot: slotAttempts},
		"robot": {slot: slotRobot}, "class": {slot: slotClass},
	}
}

// readJSONFields reads name=key|key,name=key.
func readJSONFields(text string) ([]jsonField, error) {
	names := jsonNames()
	var list []jsonField
	for one := range strings.SplitSeq(text, ",") {
		name, paths, ok := strings.Cut(strings.TrimSpace(one), "=")
		f, known := names[name]
		switch {
		case !ok || paths == "":
			return nil, fmt.Errorf("%q is not a value and its key (fix: write it as status=response.code)", one)
		case !known:
			return nil, fmt.Errorf("%q is no value that is known (fix: write one of time, status, method, path, request, address, forwarded, agent, seconds, ms, us, ns, upstream, backends, original, cache, retries, attempts, robot, class)", name)
		}
		f.name = name
		list = append(list, jsonField{f, strings.Split(paths, "|")})
	}
	return list, nil
}

// compileJSON makes a grammar of what stands after json: in a format.
func compileJSON(name, text string, want wanted) (*Grammar, error) {
	fields, err := readJSONFields(text)
	if err != nil {
		return nil, err
	}
	g := &Grammar{name: name, keys: newKey()}
	for _, f := range fields {
		if len(g.pieces) == maxPieces {
			return nil, fmt.Errorf("has more than %d values", maxPieces)
		}
		for rank, path := range f.paths {
			k := g.keys.place(path)
			if k.piece < 0 {
				k.piece, k.rank = len(g.pieces), uint8(min(rank, 254))
			}
		}
		g.pieces = append(g.pieces, piece{field: f.field})
	}
	g.place(want)
	g.settle(want.key)
	if err := g.check(); err != nil {
		return nil, errors.New("says neither which key has the time nor which has the status (fix: write json:time=ts,status=status)")
	}
	return g, nil
}

// jsonGrammars returns the kinds of JSON lines that are read without being told.
//
// Sources: Traefik, "Access logs"; Caddy, "log" directive; Cloudflare, "HTTP requests"
// dataset; Google Cloud, LogEntry and "Application Load Balancer logging"; Fastly, "Useful
// log formats"; Envoy, "Access logging", JSON format.
func jsonGrammars(want wanted) []*Grammar {
	formats := []struct {
		name, fields string
		flags        flags
		flagsAt      string
		starts       bool
		signs        []string // keys that all its lines have, which tell it from others
	}{
		{"traefik-json", "time=StartUTC|StartLocal|time,status=DownstreamStatus,original=OriginStatus,method=RequestMethod,path=RequestPath,ns=Duration," +
			"address=ClientHost,agent=request_User-Agent,retries=RetryAttempts", noFlags, "", true, nil},
		{"caddy", "time=ts,status=status,method=request.method,path=request.uri,seconds=duration,address=request.client_ip|request.remote_ip|request.remote_addr," +
			"agent=request.headers.User-Agent,retries=retries", caddyFlags, "", false, nil},
		{"cloudflare", "time=EdgeEndTimestamp|EdgeStartTimestamp,status=EdgeResponseStatus,original=OriginResponseStatus,cache=CacheCacheStatus,method=ClientRequestMethod," +
			"path=ClientRequestURI|ClientRequestPath,address=ClientIP,agent=ClientRequestUserAgent,ms=EdgeTimeToFirstByteMs,robot=VerifiedBotCategory,class=ClientIPClass", noFlags, "", false, nil},
		{"google-cloud", "time=timestamp|receiveTimestamp,status=httpRequest.status,method=httpRequest.requestMethod,path=httpRequest.requestUrl,seconds=httpRequest.latency," +
			"address=httpRequest.remoteIp,agent=httpRequest.userAgent", gcpFlags, "jsonPayload.statusDetails", true, nil},
		{"fastly", "time=timestamp,status=response_status,cache=response_state,method=request_method,path=url,address=client_ip,agent=request_user_agent," +
			"us=time_elapsed,retries=restarts", edgeFlags, "fastly_is_edge", false, nil},
		{"honderd-gateway", "time=time,status=status,method=method,path=path,address=client,agent=user_agent,seconds=duration,upstream=upstream_status,backends=upstream_addr", honderdFlags, "masked", false, []string{"client", "proto", "attempts"}},
		{"envoy-json", "time=start_time,status=response_code,method=method,path=path|x-envoy-origin-path|x-envoy-original-path,ms=duration,forwarded=x_forwarded_for|x-forwarded-for,address=downstream_remote_address," +
			"agent=user_agent|user-agent,attempts=upstream_request_attempt_count", envoyFlags, "response_flags", true, nil},
		{"json", "time=time_iso8601|@timestamp|timestamp|time_local|time|msec|ts|date,status=status|http.response.status_code|status_code|statusCode|response_status|response," +
			"method=request_method|http.request.method|method|verb,path=request_uri|url.original|url.path|uri|path|url|request_path,request=request," +
			"address=remote_addr|client.ip|client_ip|clientip|remote_ip|ip,forwarded=http_x_forwarded_for|x_forwarded_for,agent=http_user_agent|user_agent.original|user_agent|agent," +
			"seconds=request_time,upstream=upstream_status,backends=upstream_addr,cache=upstream_cache_status,robot=user_agent.synthetic.type|user_agent_synthetic_type", noFlags, "", false, nil},
	}
	var all []*Grammar
	for _, f := range formats {
		g, err := compileJSON(f.name, f.fields, want)
		if err != nil {
			panic("accesslog: known format " + f.name + ": " + err.Error())
		}
		if g.flags, g.starts = f.flags, f.starts; f.flagsAt != "" {
			g.keys.place(f.flagsAt).piece = len(g.pieces)
			g.pieces = append(g.pieces, piece{field: field{slot: slotFlags, name: f.flagsAt}})
			g.has[slotFlags] = true
		}
		g.sign(f.signs)
		all = append(all, g)
	}
	return all
}

// maxDepth is how deep objects may be nested in a line.
const maxDepth = 64

// matchJSON is match for lines of JSON.
func (m *matcher) matchJSON(g *Grammar, line []byte, lenient bool) bool {
	begin := skipSpace(line, 0)
	if begin == len(line) || line[begin] != '{' {
		return false
	}
	m.text = nil
	for i := range g.pieces {
		m.found(i, g.pieces[i].slot, 0, 0)
		m.ranks[i] = 255
	}
	s := jsonLine{line: line, m: m, g: g}
	end := s.value(begin, g.keys, 0)
	if end < 0 || skipSpace(line, end) != len(line) {
		return false
	}
	if s.escaped {
		m.unescape(g, line)
		line = m.text
	}
	asked := len(m.value(g, slotTarget, line))+len(m.value(g, slotRequest, line)) > 0 || !g.asks()
	return m.signed(g) && (lenient || asked && isCode(m.value(g, slotStatus, line)) && len(m.value(g, slotWhen, line)) > 0)
}

// jsonLine walks over one line.
type jsonLine struct {
	line    []byte
	m       *matcher
	g       *Grammar
	escaped bool // some value that counts has escapes
}

// unescape makes m.text of line, with the values that have escapes behind it as they are
// meant.
func (m *matcher) unescape(g *Grammar, line []byte) {
	m.memory = append(m.memory[:0], line...)
	for i := range g.pieces {
		from, to := m.from[i], m.to[i]
		if bytes.IndexByte(line[from:to], '\\') < 0 {
			continue
		}
		begin := len(m.memory)
		m.memory = unescapeJSON(m.memory, line[from:to])
		slot := g.pieces[i].slot
		isThis := m.at[slot] == span{from, to}
		m.from[i], m.to[i] = int32(begin), int32(len(m.memory))
		if isThis {
			m.at[slot] = span{m.from[i], m.to[i]}
		}
	}
	m.text = m.memory
}

func skipSpace(line []byte, i int) int {
	for i < len(line) && (line[i] == ' ' || line[i] == '\t' || line[i] == '\r') {
		i++
	}
	return i
}

// value walks over the value that begins at i and returns where it ends, -1 when it does
// not. k is what is known of where it stands; nil: nothing.
func (s *jsonLine) value(i int, k *key, depth int) int {
	if i >= len(s.line) || depth > maxDepth {
		return -1
	}
	switch s.line[i] {
	case '"':
		end := s.text(i)
		if end > 0 {
			s.take(k, i+1, end-1)
		}
		return end
	case '{':
		return s.object(i, k, depth)
	case '[':
		return s.array(i, k, depth)
	}
	end := i
	for end < len(s.line) && s.line[end] != ',' && s.line[end] != '}' && s.line[end] != ']' && s.line[end] > ' ' {
		end++
	}
	if end == i {
		return -1
	}
	if s.line[i] != 'n' {
		s.take(k, i, end)
	}
	return end
}

// text returns where the string that begins at i ends, behind its quote.
func (s *jsonLine) text(i int) int {
	for from := i + 1; ; {
		n := bytes.IndexByte(s.line[from:], '"')
		if n < 0 {
			return -1
		}
		if n += from; !isEscaped(s.line, i+1, n) {
			return n + 1
		}
		from = n + 1
	}
}

func (s *jsonLine) object(i int, k *key, depth int) int {
	if i = skipSpace(s.line, i+1); i < len(s.line) && s.line[i] == '}' {
		return i + 1
	}
	for i < len(s.line) && s.line[i] == '"' {
		end := s.text(i)
		if end < 0 {
			return -1
		}
		name := s.line[i+1 : end-1]
		if i = skipSpace(s.line, end); i >= len(s.line) || s.line[i] != ':' {
			return -1
		}
		var below *key
		if k != nil && k.below != nil {
			below = k.find(name)
		}
		if i = s.value(skipSpace(s.line, i+1), below, depth+1); i < 0 {
			return -1
		}
		if i = skipSpace(s.line, i); i >= len(s.line) {
			return -1
		}
		if s.line[i] == '}' {
			return i + 1
		}
		if s.line[i] != ',' {
			return -1
		}
		i = skipSpace(s.line, i+1)
	}
	return -1
}

// array walks over an array, whose first value is taken for all.
func (s *jsonLine) array(i int, k *key, depth int) int {
	if i = skipSpace(s.line, i+1); i < len(s.line) && s.line[i] == ']' {
		return i + 1
	}
	for i < len(s.line) {
		if i = s.value(i, k, depth+1); i < 0 {
			return -1
		}
		k = nil
		if i = skipSpace(s.line, i); i >= len(s.line) {
			return -1
		}
		if s.line[i] == ']' {
			return i + 1
		}
		if s.line[i] != ',' {
			return -1
		}
		i = skipSpace(s.line, i+1)
	}
	return -1
}

// take remembers a value if k is a piece, and no better key had it.
func (s *jsonLine) take(k *key, from, to int) {
	if k == nil || k.piece < 0 || from == to || k.rank >= s.m.ranks[k.piece] {
		return
	}
	slot := s.g.pieces[k.piece].slot
	s.escaped = s.escaped || bytes.IndexByte(s.line[from:to], '\\') >= 0
	s.m.ranks[k.piece] = k.rank
	s.m.found(k.piece, slot, from, to)
}
