package config

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/goccy/go-yaml/ast"

	"github.com/honderd/honderd/experience"
	"github.com/honderd/honderd/internal/diag"
)

// kind is what the value of a key must be.
type kind struct {
	noun     string // in a sentence: the key wants ...
	example  string
	choices  []string // the only values; nil: any that read takes
	text     bool     // a number is not meant as one, and must be in quotes
	number   bool     // a text in quotes is none
	least    int      // of a number, for Schema: read knows it too
	most     int      // of a number
	pattern  string   // of a text, for Schema
	zero     bool     // 0 is one
	raw      bool     // ${NAME} is a part of the value
	template bool     // ${name} in small letters is a part of the value
	once     bool     // the same value twice is a mistake
	read     func(text string) (any, error)
}

// kindOf returns the kind that a field's tag names. It is the list of all kinds.
func (o Options) kindOf(is string) kind {
	switch is {
	case "address":
		return kind{noun: "an address as host:port", example: "127.0.0.1:8100", read: readAddress}
	case "folder":
		return kind{noun: "the path of a folder", example: "./honderd-data", text: true, read: readFilled}
	case "log":
		return kind{noun: "the path of a log", example: "/var/log/nginx/access.log", text: true, once: true, read: readFilled}
	case "format":
		return kind{noun: "the format of a log", example: "combined", text: true, raw: true, read: o.readFormat}
	case "zone":
		return kind{noun: "a time zone", example: "Europe/Amsterdam", text: true, read: readZone}
	case "recognise":
		return kind{noun: "what tells people apart, or how long they are recognised", example: string(ByAddressAndAgent), read: readRecognise}
	case "network":
		return kind{noun: "a network as address/bits", example: "10.0.0.0/8", read: readNetwork}
	case "duration":
		return kind{noun: "a duration", example: "8s", pattern: durations, zero: true, read: readDuration}
	case "cutoff":
		return kind{noun: "a duration", example: "30m", pattern: durations, read: readCutoff}
	case "bad status":
		return kind{noun: "a status code", example: "429", number: true, least: 100, most: 499, read: readBadStatus}
	case "good status":
		return kind{noun: "a status code", example: "503", number: true, least: 500, most: 999, read: readGoodStatus}
	case "ending":
		return kind{noun: "the ending of a file", example: "css", text: true, read: readEnding}
	case "name":
		return kind{noun: "the name of a file", example: "favicon.ico", text: true, read: readName}
	case "lateness":
		return kind{noun: "a duration", example: "5m", pattern: durations, read: readLateness}
	case "critical":
		return kind{noun: "a step", example: "POST /checkout", text: true, read: readCritical}
	case "label":
		return kind{noun: "the name of a label", example: "region", text: true, read: readLabel}
	case "label field":
		return kind{noun: "a field of the log", example: "header:X-Region", text: true, read: readLabelField}
	case "dimension":
		return kind{noun: "step or the name of a label", example: byStep, text: true, once: true, read: readSaid("step or the name of a label", byStep)}
	case "word":
		return kind{noun: "a word in a user agent", example: "mybot", text: true, read: readWord}
	}
	for _, known := range []func(string) (kind, bool){momentKind, keptKind, gatewayKind, tlsKind, spansKind, publicKind, probeKind, costKind, foresightKind, kubernetesKind, serviceKind, mentionsKind} {
		if k, ok := known(is); ok {
			return k
		}
	}
	choices := strings.Split(is, "|")
	return kind{
		noun: "one of " + strings.Join(choices, ", "), example: strings.Join(choices, " or "), choices: choices,
		read: func(text string) (any, error) { return readChoice(text, choices) },
	}
}

// notation reports whether n is written as something else than k, and what to write.
func (k kind) notation(n ast.Node, written string) (wrong bool, fix string) {
	_, isText := n.(*ast.StringNode)
	_, isBlock := n.(*ast.LiteralNode)
	switch {
	case k.text && !isText && !isBlock:
		return true, fmt.Sprintf("write %q, in quotes", written)
	case k.number && isQuoted(n):
		if _, err := strconv.Atoi(written); err == nil {
			return true, fmt.Sprintf("write %s, without quotes", written)
		}
	}
	return false, ""
}

// readChoice reads one of choices.
func readChoice(text string, choices []string) (any, error) {
	if slices.Contains(choices, text) {
		return text, nil
	}
	if near := diag.Nearest(text, choices); near != "" {
		return nil, fmt.Errorf("%q is not one of %s (fix: write %s)", text, strings.Join(choices, ", "), near)
	}
	return nil, fmt.Errorf("%q is not one of %s (fix: write %s)", text, strings.Join(choices, ", "), strings.Join(choices, " or "))
}

// readFilled reads a text that must not be blank.
func readFilled(text string) (any, error) {
	if strings.TrimSpace(text) == "" {
		return nil, fmt.Errorf("there is nothing in these quotes (fix: write a path)")
	}
	return text, nil
}

func readRecognise(text string) (any, error) { return ParseRecognise(text) }

func readBadStatus(text string) (any, error) {
	return readStatus(text, func(code int) experience.Rules { return experience.Rules{Bad: []int{code}} })
}

func readGoodStatus(text string) (any, error) {
	return readStatus(text, func(code int) experience.Rules { return experience.Rules{Good: []int{code}} })
}

// readStatus reads a status code that the rules it makes allow.
func readStatus(text string, rules func(code int) experience.Rules) (any, error) {
	code, err := strconv.Atoi(text)
	switch {
	case len(text) == 3 && strings.HasSuffix(strings.ToLower(text), "xx"):
		return nil, fmt.Errorf("%q is not one status code (fix: write each code, such as %c03)", text, text[0])
	case err != nil:
		return nil, fmt.Errorf("%q is not a status code (fix: write a number, such as 429)", text)
	}
	return code, rules(code).Validate()
}

// readEnding reads the ending of a file, without its dot.
func readEnding(text string) (any, error) {
	last := text[strings.LastIndexAny(text, "./*")+1:]
	switch {
	case last == text && strings.TrimSpace(text) == text && text != "":
		return text, nil
	case strings.TrimSpace(last) == "":
		return nil, fmt.Errorf("%q is not the ending of a file (fix: write letters, such as css)", text)
	}
	return nil, fmt.Errorf("%q is more than the ending of a file (fix: write %s)", text, strings.TrimSpace(last))
}

// readName reads the name of a file, without its folder.
func readName(text string) (any, error) {
	last := text[strings.LastIndexByte(text, '/')+1:]
	switch {
	case strings.TrimSpace(last) == "":
		return nil, fmt.Errorf("%q is not the name of a file (fix: write it, such as favicon.ico)", text)
	case last != text:
		return nil, fmt.Errorf("%q is more than the name of a file (fix: write %s, which holds in every folder)", text, last)
	case strings.ContainsAny(text, "*?"):
		return nil, fmt.Errorf("%q would be looked for as it stands, star and all (fix: write each name)", text)
	}
	return text, nil
}

// readWord reads a word in user agents, which are compared in lower case.
func readWord(text string) (any, error) {
	if strings.TrimSpace(text) == "" {
		return nil, fmt.Errorf("%q is in every user agent (fix: write a word, such as mybot)", text)
	}
	return strings.ToLower(text), nil
}
