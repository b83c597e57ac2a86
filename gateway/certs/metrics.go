package certs

import (
	"fmt"
	"io"
	"strings"
)

// WriteMetrics writes what a scraper of Prometheus reads about certificates; nothing when
// there are none.
func WriteMetrics(w io.Writer, list []State) error {
	if len(list) == 0 {
		return nil
	}
	var b strings.Builder
	b.WriteString("# HELP honderd_gateway_certificate_expiry_timestamp_seconds When a certificate ends; 0: there is none.\n# TYPE honderd_gateway_certificate_expiry_timestamp_seconds gauge\n")
	for _, s := range list {
		until := int64(0)
		if s.Until != nil {
			until = s.Until.Unix()
		}
		fmt.Fprintf(&b, "honderd_gateway_certificate_expiry_timestamp_seconds{domain=%q} %d\n", s.Domain, until)
	}
	b.WriteString("# HELP honderd_gateway_certificate_failed_tries How often the CA was asked in vain since it last gave one.\n# TYPE honderd_gateway_certificate_failed_tries gauge\n")
	for _, s := range list {
		tries := 0
		if s.Trouble != nil {
			tries = s.Trouble.Tries
		}
		fmt.Fprintf(&b, "honderd_gateway_certificate_failed_tries{domain=%q} %d\n", s.Domain, tries)
	}
	_, err := io.WriteString(w, b.String())
	return err
}
