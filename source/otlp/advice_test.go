package otlp

import (
	"os"
	"strings"
	"testing"
)

func TestAdvice(t *testing.T) {
	tests := []struct{ path, bad string }{
		{"testdata/retry.json", ""},
		{"testdata/zipkin.json", "routes"},
		{"testdata/jaeger.json", "routes"},
	}
	for _, tt := range tests {
		text, err := os.ReadFile(tt.path)
		if err != nil {
			t.Fatal(err)
		}
		list, err := Advise(testOptions(), strings.NewReader(string(text)))
		if err != nil {
			t.Fatal(err)
		}
		var bad []string
		for _, a := range list {
			if a.Bad != (a.Fix != "") {
				t.Errorf("%s: %+v: what is bad has a way out, and only that", tt.path, a)
			}
			if a.Bad {
				bad = append(bad, a.What)
			}
		}
		if got := strings.Join(bad, ","); got != tt.bad {
			t.Errorf("%s: bad are %q, want %q", tt.path, got, tt.bad)
		}
	}
	list, err := Advise(testOptions(), strings.NewReader(`{"resourceSpans":[{"scopeSpans":[{"spans":[{"traceId":"01","spanId":"02","kind":2,"startTimeUnixNano":"1","endTimeUnixNano":"2"}]}]}]}`))
	if err != nil || len(list) != 6 {
		t.Fatalf("%v %v", list, err)
	}
	if _, err := Advise(testOptions(), strings.NewReader("GET /")); err == nil {
		t.Error("what is no JSON is traces")
	}
}
