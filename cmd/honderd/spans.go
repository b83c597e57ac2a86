package main

import (
	"errors"
	"fmt"
	"net/url"
	"strconv"
	"strings"

	"github.com/honderd/honderd/config"
	"github.com/honderd/honderd/source/probe"
)

// surroundings are the variables of the environment.
type surroundings func(string) (string, bool)

// of returns the first of some variables that says something, "" for none.
func (s surroundings) of(names ...string) string {
	for _, name := range names {
		if text, _ := s(name); strings.TrimSpace(text) != "" {
			return strings.TrimSpace(text)
		}
	}
	return ""
}

// overOTLP puts what the environment says of spans under what o says.
//
// Source: OpenTelemetry, "OpenTelemetry Protocol Exporter" and "Environment Variable
// Specification".
func overOTLP(o *config.GatewayOTLP, look surroundings) error {
	if err := look.whoSends(o); err != nil {
		return err
	}
	if o.Endpoint != "" || strings.EqualFold(look.of("OTEL_SDK_DISABLED"), "true") || look.of("OTEL_TRACES_EXPORTER") == "none" {
		return nil
	}
	var err error
	if o.Endpoint, err = look.endpoint(); err != nil || o.Endpoint == "" {
		return err
	}
	if o.Headers, err = pairs(look.of("OTEL_EXPORTER_OTLP_TRACES_HEADERS", "OTEL_EXPORTER_OTLP_HEADERS")); err != nil {
		return fmt.Errorf("OTEL_EXPORTER_OTLP_HEADERS: %w", err)
	}
	if text := look.of("OTEL_TRACES_SAMPLER_ARG"); o.Sample == "" && text != "" {
		n, err := strconv.ParseFloat(text, 64)
		if err != nil || n < 0 || n > 1 {
			return fmt.Errorf("OTEL_TRACES_SAMPLER_ARG %q: is not a number from 0 to 1 (fix: write 0.1)", text)
		}
		o.Sample = strconv.FormatFloat(n*100, 'f', -1, 64) + "%"
	}
	if strings.HasSuffix(look.of("OTEL_TRACES_SAMPLER"), "always_off") {
		o.Sample = "0%"
	}
	return nil
}

// whoSends says who sends, as the attributes of the resource.
func (s surroundings) whoSends(o *config.GatewayOTLP) error {
	if o.Service == "" {
		o.Service = s.of("OTEL_SERVICE_NAME")
	}
	labels, err := pairs(s.of("OTEL_RESOURCE_ATTRIBUTES"))
	if err != nil {
		return fmt.Errorf("OTEL_RESOURCE_ATTRIBUTES: %w", err)
	}
	o.Labels = map[string]string{}
	for _, p := range labels {
		switch p.Name {
		case "service.name":
			if o.Service == "" {
				o.Service = p.Value
			}
		case "service.version": // that of honderd is known
		default:
			o.Labels[p.Name] = p.Value
		}
	}
	return nil
}

// endpoint returns where spans go, "" for nowhere.
func (s surroundings) endpoint() (string, error) {
	text, whole := s.of("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT"), true
	if text == "" {
		text, whole = s.of("OTEL_EXPORTER_OTLP_ENDPOINT"), false
	}
	if text == "" {
		return "", nil
	}
	u, err := url.Parse(text)
	if err != nil || u.Host == "" {
		return "", fmt.Errorf("OTEL_EXPORTER_OTLP_ENDPOINT %q: is no address (fix: write http://host:4318)", text)
	}
	switch protocol := s.of("OTEL_EXPORTER_OTLP_TRACES_PROTOCOL", "OTEL_EXPORTER_OTLP_PROTOCOL"); protocol {
	case "grpc":
		u.Scheme, u.Path = strings.Replace(u.Scheme, "http", "grpc", 1), ""
	case "", "http/protobuf":
		if !whole {
			u.Path = strings.TrimSuffix(u.Path, "/") + "/v1/traces"
		}
	default:
		return "", fmt.Errorf("OTEL_EXPORTER_OTLP_PROTOCOL %q: is not spoken here (fix: write http/protobuf or grpc)", protocol)
	}
	return u.String(), nil
}

// pairs reads name=value,name=value, in which values are percent-encoded. What is in it
// may be a secret and is not repeated.
func pairs(text string) (list []probe.Pair, err error) {
	for part := range strings.SplitSeq(text, ",") {
		if strings.TrimSpace(part) == "" {
			continue
		}
		name, value, found := strings.Cut(part, "=")
		if name = strings.TrimSpace(name); !found || name == "" {
			return nil, errors.New("there is a part without a name and a value (fix: write name=value,name=value)")
		}
		if value, err = url.PathUnescape(strings.TrimSpace(value)); err != nil {
			return nil, fmt.Errorf("the value of %s is not percent-encoded (fix: write %%25 for %%)", name)
		}
		list = append(list, probe.Pair{Name: name, Value: value})
	}
	return list, nil
}
