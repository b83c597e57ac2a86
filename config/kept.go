package config

import (
	"fmt"
	"net/url"
	"strings"
)

// keptKind returns the kinds that only what is said of the ledger, the archive and accounts
// has.
func keptKind(is string) (kind, bool) {
	switch is {
	case "nats":
		return kind{noun: "the address of a NATS server", example: "nats://127.0.0.1:4222", text: true, once: true, read: readNATS}, true
	case "file":
		return kind{noun: "the path of a file", example: "/etc/honderd/nats.creds", text: true, read: readFilled}, true
	case "secret":
		return kind{noun: "a text", example: "${file:/etc/honderd/secret}", text: true, read: readFilled}, true
	case "node":
		return kind{noun: "a name", example: "amsterdam-1", text: true, read: readNode}, true
	case "archive":
		return kind{noun: "the place of an archive", example: "s3://bucket/honderd?endpoint=https://s3.example.org", text: true, read: readArchive}, true
	case "every":
		return kind{noun: "a duration", example: "10m", pattern: durations, read: readEvery}, true
	}
	return accountKind(is)
}

// readNATS reads the address of a NATS server. Whoever may log in stands elsewhere.
func readNATS(text string) (any, error) {
	address, err := url.Parse(text)
	switch {
	case err != nil || address.Host == "" || address.Scheme != "nats" && address.Scheme != "tls":
		return nil, fmt.Errorf("%q is not the address of a NATS server (fix: write one like nats://127.0.0.1:4222)", text)
	case address.User != nil:
		return nil, fmt.Errorf("who logs in does not belong in the address (fix: write user and password, or token, as keys of their own)")
	}
	return text, nil
}

// readNode reads a name of letters, digits, dots and dashes.
func readNode(text string) (any, error) {
	strange := func(r rune) bool {
		return r != '-' && r != '.' && (r < '0' || r > '9') && (r < 'a' || r > 'z') && (r < 'A' || r > 'Z')
	}
	if text == "" || strings.ContainsFunc(text, strange) {
		return nil, fmt.Errorf("%q is not a name (fix: write letters, digits and dashes, such as amsterdam-1)", text)
	}
	return text, nil
}

// readArchive reads the folder or the bucket of an archive, or off.
func readArchive(text string) (any, error) {
	scheme, _, isAddress := strings.Cut(text, "://")
	switch address, err := url.Parse(text); {
	case strings.TrimSpace(text) == "":
		return readFilled(text)
	case !isAddress:
		return text, nil
	case scheme != "s3" || err != nil || address.Host == "":
		return nil, fmt.Errorf("%q is neither a folder nor a bucket (fix: write a path, or s3://bucket/prefix?endpoint=https://host)", text)
	case address.User != nil:
		return nil, fmt.Errorf("keys do not belong in the address of a bucket (fix: give them in AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY)")
	}
	return text, nil
}
