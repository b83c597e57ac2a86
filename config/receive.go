package config

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
