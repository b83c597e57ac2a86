package accesslog

// Advice is what a log tells, or hides, and how its server can be made to tell.
type Advice struct {
	What string // "masked faults"
	Says string
	Bad  bool
	Fix  string // of something bad

	// Config are the lines of the server's configuration that say it; of what is bad first.
	Config []string
}

// Advise tells what the first lines of a log tell of people's experiences, and what must
// be added to its format.
func (p *Parser) Advise(sample []byte) (*Grammar, []Advice, error) {
	g, err := p.Detect(sample)
	if err != nil {
		return nil, nil, err
	}
	w := p.NewWorker(g)
	var seen [slots]bool
	for _, line := range firstLines(sample) {
		if len(line) > maxLine || !w.m.match(g, line, false) {
			continue
		}
		for s := range slots {
			v := w.m.value(g, s, w.m.line(line))
			seen[s] = seen[s] || len(v) > 0 && string(v) != "-"
		}
	}
	list := []Advice{maskAdvice(g, &seen), waitAdvice(g, &seen), personAdvice(&seen)}
	for i := range list {
		if list[i].Bad { // once is enough: they say all of it
			list[i].Config = configOf(g)
			break
		}
	}
	return g, list, nil
}

// maskAdvice says whether the log tells of faults that nobody felt.
func maskAdvice(g *Grammar, seen *[slots]bool) Advice {
	a := Advice{What: "masked faults"}
	known := g.flags == haproxyFlags && g.has[slotRetries] || g.flags == squidFlags && seen[slotFlags] || seen[slotHosts] || seen[slotUpstream] || seen[slotRetries] || seen[slotAttempts] || seen[slotOriginal] || seen[slotChanged] || seen[slotCache]
	if known {
		a.Says = "are told: a fault that a retry, another server or an old copy hid is seen"
		return a
	}
	a.Bad, a.Says = true, "are hidden: when a server failed and another one answered, this log looks as if nothing had happened"
	switch {
	case g.flags == haproxyFlags:
		a.Fix = "add %rc (and %tsc) to log-format, or in JSON %[txn.conn_retries]"
		return a
	case g.flags == squidFlags:
		a.Fix = "add %Ss to logformat: it says when an old copy was given"
		return a
	case g.flags == envoyFlags && g.name == "custom":
		a.Fix = "add %UPSTREAM_REQUEST_ATTEMPT_COUNT% to the format"
		return a
	}
	switch g.name {
	case "envoy", "istio":
		a.Fix = "add %UPSTREAM_REQUEST_ATTEMPT_COUNT% behind the default format"
	case "envoy-json":
		a.Fix = `add "upstream_request_attempt_count": "%UPSTREAM_REQUEST_ATTEMPT_COUNT%" to the JSON format`
	case "caddy":
		a.Fix = "add log_append retries {http.reverse_proxy.retries} to the site"
	case "traefik":
		a.Fix = "write the log as JSON: accessLog.format: json has RetryAttempts and OriginStatus"
	case "traefik-json":
		a.Fix = "keep RetryAttempts and OriginStatus: accessLog.fields.names"
	case "cloudflare":
		a.Fix = "add OriginResponseStatus and CacheCacheStatus to the job's fields"
	case "fastly":
		a.Fix = `add "restarts": "%{req.restarts}V" and "response_state": "%{fastly_info.state}V" to the format`
	case "aws-alb", "aws-elb", "cloudfront", "google-cloud", "w3c", "iis", "httperr", "zeek", "uwsgi":
		a.Fix = "this server has no field for it: read the log of a proxy behind it too, or traces"
	default:
		a.Fix = "nginx: add $upstream_status and $upstream_cache_status to log_format; Apache: add %<s, %{BALANCER_ROUTE_CHANGED}e and %{BALANCER_SESSION_ROUTE}e to LogFormat"
	}
	return a
}

// waitAdvice says whether the log tells how long people waited.
func waitAdvice(g *Grammar, seen *[slots]bool) Advice {
	a := Advice{What: "waiting"}
	for _, s := range []slot{slotSeconds, slotMillis, slotMicros, slotNanos} {
		if seen[s] {
			a.Says = "is told: slow answers are seen"
			return a
		}
	}
	a.Bad, a.Says = true, "is not told: an answer that came too late looks good"
	switch {
	case g.keys != nil:
		a.Fix = "add how long each request took, and say with format: json:...,ms=KEY where it stands"
	case g.flags == haproxyFlags:
		a.Fix = "add %Ta to log-format"
	case g.flags == envoyFlags:
		a.Fix = "add %DURATION% to the format"
	case g.flags == squidFlags:
		a.Fix = "add %tr to logformat"
	case g.name == "w3c":
		a.Fix = "add time-taken to the fields of the log"
	default:
		a.Fix = "nginx: add $request_time to log_format; Apache: add %D to LogFormat"
	}
	return a
}

// personAdvice says how well people can be told apart.
func personAdvice(seen *[slots]bool) Advice {
	a := Advice{What: "people"}
	switch {
	case !seen[slotAddress] && !seen[slotPeer] && !seen[slotForwarded]:
		a.Bad, a.Says, a.Fix = true, "cannot be told apart: there is no address", "add the client's address, or name a field with --person field:NAME"
	case !seen[slotAgent]:
		a.Bad, a.Says, a.Fix = true, "are told apart by address alone, and robots cannot be told from them", "add the user agent"
	default:
		a.Says = "are told apart by address and user agent, and robots from them"
	}
	return a
}
