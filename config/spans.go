package config

import (
	_ "embed" // for schema.go
	"errors"
	"fmt"
	"strconv"
	"strings"

	"github.com/honderd/honderd/source/otlp/send"
	"github.com/honderd/honderd/source/probe"
)

//go:embed spans.go
var spansSource string // the comments in it describe the keys

// GatewayOTLP says where the spans of a gateway go.
type GatewayOTLP struct {
	// Endpoint is a collector, as http://host:4318 or grpc://host:4317. When it is not
	// written: that of OTEL_EXPORTER_OTLP_ENDPOINT, or none.
	Endpoint string `yaml:"endpoint" is:"otlp"`

	// Headers are sent with the spans, such as a key that the collector wants.
	Headers []probe.Pair `yaml:"headers" is:"header value,named"`

	// Sample is how many of the traces that begin at the gateway are sent; those with a
	// fault always are. When it is not written: 100%.
	Sample string `yaml:"sample" is:"sample"`

	// Service is what the gateway is called in them. When it is not written:
	// honderd-gateway.
	Service string `yaml:"service" is:"text"`

	// Labels are attributes of the resource, as the environment says them.
	Labels map[string]string
}

// Share returns how many of the traces are sent, 0 to 1.
func (o GatewayOTLP) Share() float64 {
	if o.Sample == "" {
		return 1
	}
	n, _ := strconv.ParseFloat(strings.TrimSuffix(o.Sample, "%"), 64) // it was read before
	return n / 100
}

// spansKind returns the kinds of what is said of spans.
func spansKind(is string) (kind, bool) {
	switch is {
	case "otlp":
		return kind{noun: "the address of a collector", example: "http://127.0.0.1:4318", text: true, read: readEndpoint}, true
	case "sample":
		return kind{noun: "a percentage", example: "10%", pattern: `^[0-9]+(\.[0-9]+)?%$`, read: func(text string) (any, error) { return ParseSample(text) }}, true
	}
	return kind{}, false
}

func readEndpoint(text string) (any, error) {
	if err := (send.Options{Endpoint: text}).Validate(); err != nil {
		return nil, errors.New(strings.TrimPrefix(err.Error(), "otlp endpoint "))
	}
	return text, nil
}

// ParseSample reads a percentage.
func ParseSample(text string) (string, error) {
	n, err := strconv.ParseFloat(strings.TrimSuffix(text, "%"), 64)
	if err != nil || n < 0 || n > 100 || !strings.HasSuffix(text, "%") {
		return "", fmt.Errorf("%q is not a percentage from 0%% to 100%% (fix: write 10%%)", text)
	}
	return text, nil
}
