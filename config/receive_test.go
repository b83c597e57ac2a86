package config

import (
	"strings"
	"testing"
)

func TestDoors(t *testing.T) {
	c, err := Parse("f", []byte("receive:\n  otlp: {grpc: off, http: '0.0.0.0:4318'}\n"))
	if err != nil || c.Receive.OTLP != (OTLP{GRPC: Off, HTTP: "0.0.0.0:4318"}) {
		t.Errorf("%+v (%v)", c.Receive.OTLP, err)
	}
	if c, err := Parse("f", []byte("receive:\n  otlp: {grpc: off}\n")); err != nil || c.Receive.OTLP.HTTP != "127.0.0.1:4318" {
		t.Errorf("what is not written is not the default: %+v (%v)", c.Receive.OTLP, err)
	}
	for _, bad := range []string{"4317", "http://127.0.0.1:4318", "of"} {
		if _, err := Parse("f", []byte("receive:\n  otlp: {grpc: '"+bad+"'}\n")); err == nil || !strings.Contains(err.Error(), "fix: ") {
			t.Errorf("grpc: %s gives %v", bad, err)
		}
	}
}
