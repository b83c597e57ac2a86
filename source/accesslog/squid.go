package accesslog

import (
	"bytes"
	"fmt"
	"strings"
)

// readSquid splits a logformat into items. Unknown codes are an error: with them it is not
// known where a value ends.
//
// Source: squid-cache.org, "logformat".
func readSquid(format string) ([]item, error) {
	var items []item
	for format != "" {
		percent := strings.IndexByte(format, '%')
		if percent < 0 {
			return append(items, item{literal: format}), nil
		}
		if percent > 0 {
			items = append(items, item{literal: format[:percent]})
		}
		if format = format[percent+1:]; strings.HasPrefix(format, "%") {
			items = append(items, item{literal: "%"})
			format = format[1:]
			continue
		}
		more, rest, err := squidDirective(format)
		if err != nil {
			return nil, err
		}
		items = append(items, more...)
		format = rest
	}
	return items, nil
}

// squidDirective cuts one directive from s: a kind of quoting, a width, an argument and a
// code.
func squidDirective(s string) (items []item, rest string, err error) {
	whole := s
	quoting := ""
	if s != "" && strings.ContainsRune(`"['#/`, rune(s[0])) {
		quoting, s = s[:1], s[1:]
	}
	s = strings.TrimPrefix(s, "-")
	width := 0
	zero := strings.HasPrefix(s, "0")
	for s != "" && isDigit(s[0]) {
		width, s = width*10+int(s[0]-'0'), s[1:]
	}
	if dot := strings.TrimLeft(s, ".0123456789"); strings.HasPrefix(s, ".") {
		s = dot
	}
	argument := ""
	if strings.HasPrefix(s, "{") {
		argument, s, _ = strings.Cut(s[1:], "}")
	}
	for _, space := range []string{"http::", "transport::", "ssl::", "tls::", "icap::", "adapt::", "proxy_protocol::"} {
		s = strings.TrimPrefix(s, space)
	}
	code := squidCode(s)
	if code == "" {
		return nil, "", fmt.Errorf("%%%s is no code of squid (fix: copy logformat from squid.conf as it stands there)", shorten([]byte(firstOf(whole))))
	}
	s = s[len(code):]
	if strings.HasPrefix(s, "{") {
		argument, s, _ = strings.Cut(s[1:], "}")
	}
	if code == "tl" || code == "tg" {
		items, err = squidTime(argument)
		return items, s, err
	}
	f := squidField(code, argument)
	switch {
	case quoting == `"` && f.shape != fixed:
		f.lead, f.shape = leadQuotes, word
	case width > 0 && !zero:
		f.lead = leadSpaces
	}
	return []item{{field: &f}}, s, nil
}

// squidCode returns the longest code that s begins with, "" for none.
func squidCode(s string) string {
	best := ""
	for _, code := range []string{
		">a", ">A", ">p", ">eui", ">la", ">lp", "<a", "<A", "<p", "<la", "<lp", ">qos", "<qos", ">nfmark", "<nfmark", "la", "lp",
		"sn", "ea", "ts", "tu", "tl", "tg", "tr", "dt", "tS", "tt", "<tt", "<pt", "un", "ul", "ui", "us", "ue", "credentials", "note",
		">h", ">ha", "<h", "<ha", "mt", "Hs", ">Hs", "<Hs", "rm", ">rm", "<rm", "ru", ">ru", "<ru", ">rs", "<rs", ">rd", "<rd", ">rP", "<rP", "rp", ">rp", "<rp", "rv", ">rv", "<rv",
		"st", ">st", "<st", "<sH", ">sh", "<sh", "<sS", "<bs", "Ss", "Sh", "SH", "err_code", "err_detail", "request_attempts", "master_xaction", "busy_time", "bump_mode", ">sni",
		">cert_subject", ">cert_issuer", "<cert_errors", ">negotiated_version", "<negotiated_version", ">negotiated_cipher", "<negotiated_cipher", "et", "EXT_TAG", "ext_user",
	} {
		if len(code) > len(best) && strings.HasPrefix(s, code) {
			best = code
		}
	}
	return best
}

// squidField returns what a code means.
func squidField(code, argument string) field {
	f := field{name: "%" + code, shape: word}
	switch code {
	case ">a", ">A":
		f.slot, f.fit, f.name = slotAddress, fitAddress, "remote_addr"
	case "ts":
		f.slot, f.fit = slotEpoch, fitNumber
	case "tu":
		f.slot, f.shape, f.width = slotMilli, fixed, 3
	case "tr":
		f.slot, f.fit, f.name = slotMillis, fitSigned, "request_time"
	case "Hs", ">Hs":
		f.slot, f.fit, f.name = slotStatus, fitCode, "status"
	case "<Hs":
		f.slot, f.fit, f.name = slotOriginal, fitCode, "original_status"
	case "rm", ">rm":
		f.slot, f.name = slotMethod, "request_method"
	case "ru", ">ru":
		f.slot, f.name = slotTarget, "request_uri"
	case ">rp", "rp":
		f.slot, f.name = slotTarget, "request_uri"
	case "Ss":
		f.slot = slotFlags
	case "st", ">st", "<st", "<sH", ">sh", "<sh", "dt", "<pt", "<tt":
		f.fit = fitSigned
	case "request_attempts":
		f.slot, f.fit = slotAttempts, fitDigits
	case "un", "ul", "ui", "us", "ue":
		f.name = "remote_user"
	case ">h", ">ha":
		f.shape = text
		if argument != "" {
			f = nginxField(headerName(argument))
		}
	case "<h", "<ha", "note", "err_detail", "credentials":
		f.shape = text
	}
	return f
}

// squidTime returns the items of %tl and %tg.
func squidTime(format string) ([]item, error) {
	if format == "" || format == "%d/%b/%Y:%H:%M:%S %z" {
		return []item{{field: &field{slot: slotTime, name: endOfRequest, shape: text, fit: fitTime}}}, nil
	}
	return strftime(format, func(s slot, _ string, width int) item {
		f := field{slot: s, name: endOfRequest, shape: word, fit: fitNumber}
		if width > 0 {
			f.shape, f.width, f.fit = fixed, width, fitAny
		}
		return item{field: &f}
	})
}

// squidEnding reads the result code: TCP_MISS_ABORTED.
//
// Source: squid-cache.org, "Squid Log Files", result codes.
func squidEnding(v, code []byte) ending {
	switch {
	case bytes.HasSuffix(v, []byte("_ABORTED")):
		return left
	case bytes.HasSuffix(v, []byte("_TIMEOUT")):
		return broken
	case bytes.HasPrefix(v, []byte("NONE")) && statusOf(code) < 100:
		return nobodys // a connection that ended before a request
	}
	return byStatus
}

// isOldCopy reports whether a result code says that asking the server failed, and that an
// old copy was given.
func isOldCopy(v []byte) bool {
	switch string(v) {
	case "TCP_REFRESH_FAIL", "TCP_REFRESH_FAIL_OLD", "TCP_REFRESH_FAIL_HIT", "TCP_STALE_HIT":
		return true
	}
	return false
}

// httpsysEnding reads the reason in a log of HTTP.sys, which holds what never reached a
// site.
//
// Source: Microsoft, "Error logging in HTTP APIs", s-reason.
func httpsysEnding(v, code []byte) ending {
	switch string(v) {
	case "Client_Reset", "Request_Cancelled":
		return left
	case "Connection_Abandoned_By_ReqQueue", "Connection_Abandoned_By_AppPool", "Connection_Dropped", "Connection_Dropped_List_Full", "AppShutdown", "Disabled", "AppPoolTimer":
		return broken
	}
	if statusOf(code) < 100 { // a timer, or a connection on which nothing was asked
		return nobodys
	}
	return byStatus
}
