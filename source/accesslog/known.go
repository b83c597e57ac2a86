package accesslog

import (
	"slices"
	"strings"
)

// knownGrammars returns the formats that are read without being told, those that say
// most first.
func knownGrammars(want wanted) []*Grammar {
	const (
		vhost  = `$server_name `
		who    = `$remote_addr $ident $remote_user [$time_local] "$request" $status $body_bytes_sent`
		agent  = ` "$http_referer" "$http_user_agent"`
		extra  = ` $extra`
		npm    = `[$time_local] `
		npmEnd = `$status - $request_method $scheme $host "$request_uri" [Client $remote_addr] [Length $body_bytes_sent] [Gzip $gzip_ratio] `
	)
	formats := []struct{ name, format string }{
		{"ingress-nginx", who + agent + ` $request_length $request_time [$proxy_upstream_name] [$proxy_alternative_upstream_name]` +
			` $upstream_addr $upstream_response_length $upstream_response_time $upstream_status $req_id`},
		{"main", who + agent + ` "$http_x_forwarded_for"`},
		{"combined", who + agent},
		{"combined+", who + agent + extra},
		{"common", who},
		{"combined-short", `$remote_addr - [$time_local] "$request" $status $body_bytes_sent` + agent},
		{"vhost_combined", vhost + who + agent},
		{"vhost_combined+", vhost + who + agent + extra},
		{"vhost_common", vhost + who},
		{"nginx-proxy-manager", npm + `$upstream_cache_status $upstream_status ` + npmEnd + `[Sent-to $server] "$http_user_agent" "$http_referer"`},
		{"nginx-proxy-manager", npm + `$upstream_cache_status $upstream_status ` + npmEnd + `"$http_user_agent" "$http_referer"`},
		{"nginx-proxy-manager", npm + npmEnd + `[Sent-to $server] "$http_user_agent" "$http_referer"`},
		{"nginx-proxy-manager", npm + npmEnd + `"$http_user_agent" "$http_referer"`},
	}
	all := otherGrammars(want)
	var loose []*Grammar
	for _, k := range formats {
		all = append(all, known(k.name, k.format, want, word))
		// Some people's user names have spaces. Last, or they would hide a host name.
		if k.format[0] != '[' {
			loose = append(loose, known(k.name, k.format, want, text))
		}
	}
	all = append(append(all, loose...), jsonGrammars(want)...)
	all = append(all, compileW3C(cloudfrontFields, byTab, want, 0), compileW3C(iisFields, bySpace, want, 0), compileW3C(iisShortFields, bySpace, want, 0))
	for i, g := range all {
		g.number = i
	}
	return all
}

// known compiles one known format. What such lines look like is known more exactly than
// of a custom one, so that mixed logs are told apart.
func known(name, format string, want wanted, user shape) *Grammar {
	g, err := compileText(&Grammar{name: name, plain: true}, format, want)
	if err != nil {
		panic("accesslog: known format " + name + ": " + err.Error())
	}
	for i := range g.pieces {
		p := &g.pieces[i]
		switch p.name {
		case "remote_user":
			p.shape = user
		case "ident", "req_id", "proxy_upstream_name", "proxy_alternative_upstream_name", "server_name", "server":
			p.shape = word
		case "http_x_forwarded_for":
			p.shape, p.fit = quoted, fitForwarded
		case "body_bytes_sent", "request_length", "request_time":
			if p.fit == fitAny {
				p.fit = fitNumber
			}
		case "remote_addr":
			p.fit = fitAddress
		case "extra":
			p.slot = slotExtra
			g.has[slotExtra], g.has[slotForwarded] = true, true
		}
	}
	g.hasten()
	g.common = strings.HasPrefix(format, "$remote_addr $ident ") && g.key == slotNone
	return g
}

// knownNames returns the names of grammars, each once.
func knownNames(grammars []*Grammar) []string {
	var names []string
	for _, g := range grammars {
		if !slices.Contains(names, g.name) {
			names = append(names, g.name)
		}
	}
	return names
}
