package accesslog

// Formats that tell all that we can know, as they stand in the configuration of a server.
const (
	nginxConfig = `log_format honderd '$remote_addr - $remote_user [$time_local] "$request" $status $body_bytes_sent "$http_referer" "$http_user_agent" ` +
		`$request_time "$upstream_addr" "$upstream_status" "$upstream_response_time" $upstream_cache_status';`
	apacheConfig  = `LogFormat "%h %l %u %t \"%r\" %>s %b \"%{Referer}i\" \"%{User-Agent}i\" %D %<s %{BALANCER_ROUTE_CHANGED}e %{BALANCER_SESSION_ROUTE}e" honderd`
	haproxyConfig = `log-format "%ci:%cp [%tr] %ft %b/%s %TR/%Tw/%Tc/%Tr/%Ta %ST %B %tsc %ac/%fc/%bc/%sc/%rc %sq/%bq %{+Q}r %(http_user_agent){+Q}[capture.req.hdr(0)]"`
	envoyConfig   = `[%START_TIME%] "%REQ(:METHOD)% %REQ(X-ENVOY-ORIGINAL-PATH?:PATH)% %PROTOCOL%" %RESPONSE_CODE% %RESPONSE_FLAGS% %DURATION% ` +
		`"%REQ(X-FORWARDED-FOR)%" "%REQ(USER-AGENT)%" "%UPSTREAM_HOST%" %UPSTREAM_REQUEST_ATTEMPT_COUNT%`
	squidConfig = `logformat honderd %ts.%03tu %6tr %>a %Ss/%03>Hs %<st %rm %ru %[un %Sh/%<a %mt "%{User-Agent}>h"`
)

// configOf returns the lines to write into the configuration of a server whose log is like
// g; none when they are not known.
func configOf(g *Grammar) []string {
	switch {
	case g.flags == haproxyFlags:
		return []string{"http-request capture req.hdr(User-Agent) len 256", haproxyConfig}
	case g.flags == squidFlags:
		return []string{squidConfig, "access_log daemon:/var/log/squid/access.log honderd"}
	case g.flags == envoyFlags && g.keys != nil:
		return []string{`json_format: {..., "upstream_request_attempt_count": "%UPSTREAM_REQUEST_ATTEMPT_COUNT%"}`}
	case g.flags == envoyFlags:
		return []string{`text_format_source: {inline_string: '` + envoyConfig + `\n'}`}
	}
	switch g.name {
	case "caddy":
		return []string{"log_append retries {http.reverse_proxy.retries}", "log_append upstream {http.reverse_proxy.upstream.hostport}"}
	case "traefik", "traefik-json":
		return []string{"accessLog:", "  format: json", "  fields: {headers: {names: {User-Agent: keep}}}"}
	case "fastly":
		return []string{`"restarts": "%{req.restarts}V", "response_state": "%{fastly_info.state}V"`}
	case "cloudflare":
		return []string{`"output_options": {"field_names": [..., "OriginResponseStatus", "CacheCacheStatus", "VerifiedBotCategory", "ClientIPClass"]}`}
	case "w3c":
		return []string{`<logFile logExtFileFlags="Date, Time, ClientIP, UserAgent, Method, UriStem, UriQuery, HttpStatus, Win32Status, TimeTaken" />`}
	case "aws-alb", "aws-elb", "cloudfront", "google-cloud", "iis", "httperr", "zeek", "uwsgi":
		return nil // what they write cannot be chosen
	}
	if g.keys != nil {
		return nil // whoever writes it knows
	}
	return []string{"# nginx", nginxConfig, "access_log /var/log/nginx/access.log honderd;", "# Apache", apacheConfig, "CustomLog logs/access_log honderd"}
}
