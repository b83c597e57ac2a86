package config

import (
	_ "embed" // for receiveSource
	"errors"
)

//go:embed receive.go
var receiveSource string // the comments in it describe the keys

// Receive says who may send experiences over HTTP.
type Receive struct {
	// Keys are what senders show. Without any, only programs on this machine may send.
	Keys []string `yaml:"keys" is:"secret"`

	// OTLP says where OpenTelemetry sends to.
	OTLP OTLP `yaml:"otlp"`

	// Browser says which pages may tell what the people before them saw.
	Browser Browser `yaml:"browser"`

	// Hooks are the secrets of pipelines and monitors that call /hooks/.
	Hooks []Hook `yaml:"hooks"`

	// Syslog takes access logs that servers send as messages of syslog.
	Syslog Syslog `yaml:"syslog"`
}

// OTLP says where OpenTelemetry sends to.
type OTLP struct {
	// GRPC is where OTLP over gRPC comes in, as host:port, or off.
	GRPC string `yaml:"grpc" is:"door"`

	// HTTP is where OTLP over HTTP comes in, as host:port, or off.
	HTTP string `yaml:"http" is:"door"`

	// Cert is a file with the certificate for TLS on both. When it is not written:
	// without TLS.
	Cert string `yaml:"cert" is:"file"`

	// Key is a file with the key of that certificate.
	Key string `yaml:"key" is:"file"`
}

// validate reports what no single key of o can show.
func (o OTLP) validate() error {
	if (o.Cert == "") != (o.Key == "") {
		return errors.New("TLS needs a certificate and its key (fix: write cert and key, or neither)")
	}
	return nil
}

// Hook is the secret of one kind of sender.
type Hook struct {
	// Hook is the kind of sender, as in the address of the hook. It must be written.
	Hook string `yaml:"hook" is:"alertmanager|argocd|cdevents|flagger|flux|github|gitlab|mention|release,required"`

	// Secret is what the sender shows or signs with. It must be written.
	Secret string `yaml:"secret" is:"secret,required"`
}

// Off is the place of a door that is not there.
const Off = "off"

// defaultOTLP is where OpenTelemetry sends to when nobody says otherwise: its own ports,
// on this machine only.
func defaultOTLP() OTLP { return OTLP{GRPC: "127.0.0.1:4317", HTTP: "127.0.0.1:4318"} }

// readDoor reads an address, or off.
func readDoor(text string) (any, error) {
	if text == Off {
		return text, nil
	}
	return readAddress(text)
}
