package main

import (
	"fmt"
	"strings"
	"testing"

	"github.com/honderd/honderd/config"
)

func TestSpansGoWhereTheEnvironmentSays(t *testing.T) {
	for _, tt := range []struct {
		give map[string]string
		file config.GatewayOTLP
		want string
	}{
		{nil, config.GatewayOTLP{}, " [] 1 "},
		{map[string]string{"OTEL_EXPORTER_OTLP_ENDPOINT": "http://c:4318"}, config.GatewayOTLP{}, "http://c:4318/v1/traces [] 1 "},
		{map[string]string{"OTEL_EXPORTER_OTLP_ENDPOINT": "https://c/otlp/", "OTEL_EXPORTER_OTLP_HEADERS": "x-key=a%20b, y=1"}, config.GatewayOTLP{}, "https://c/otlp/v1/traces [{x-key a b} {y 1}] 1 "},
		{map[string]string{"OTEL_EXPORTER_OTLP_ENDPOINT": "http://c:4317", "OTEL_EXPORTER_OTLP_PROTOCOL": "grpc"}, config.GatewayOTLP{}, "grpc://c:4317 [] 1 "},
		{map[string]string{"OTEL_EXPORTER_OTLP_TRACES_ENDPOINT": "http://c/x", "OTEL_EXPORTER_OTLP_ENDPOINT": "http://d", "OTEL_TRACES_SAMPLER_ARG": "0.25", "OTEL_SERVICE_NAME": "edge"}, config.GatewayOTLP{}, "http://c/x [] 0.25 edge"},
		{map[string]string{"OTEL_EXPORTER_OTLP_ENDPOINT": "http://c", "OTEL_SDK_DISABLED": "true"}, config.GatewayOTLP{}, " [] 1 "},
		{map[string]string{"OTEL_EXPORTER_OTLP_ENDPOINT": "http://c", "OTEL_RESOURCE_ATTRIBUTES": "service.name=a,service.version=9"}, config.GatewayOTLP{Endpoint: "grpc://mine:1", Sample: "5%"}, "grpc://mine:1 [] 0.05 a"},
		{map[string]string{"OTEL_EXPORTER_OTLP_ENDPOINT": "http://c", "OTEL_EXPORTER_OTLP_PROTOCOL": "http/json"}, config.GatewayOTLP{}, "fix: write http/protobuf or grpc"},
		{map[string]string{"OTEL_EXPORTER_OTLP_ENDPOINT": "http://c", "OTEL_EXPORTER_OTLP_HEADERS": "secret"}, config.GatewayOTLP{}, "fix: write name=value,name=value"},
	} {
		o := tt.file
		err := overOTLP(&o, func(name string) (string, bool) { text, ok := tt.give[name]; return text, ok })
		got := fmt.Sprintf("%s %v %v %s", o.Endpoint, o.Headers, o.Share(), o.Service)
		if err != nil {
			got = err.Error()
		}
		if err == nil && got != tt.want || err != nil && !strings.Contains(got, tt.want) || strings.Contains(got, "secret") {
			t.Errorf("%v: %q, want %q", tt.give, got, tt.want)
		}
	}
}
