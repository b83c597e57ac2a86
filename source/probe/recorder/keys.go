package recorder

import (
	"strconv"
	"strings"
)

// keystroke is a key as the browser wants it.
type keystroke struct {
	key, code, text string
	number          int // its Windows key code
	modifier        int // of Alt, Control, Meta and Shift
}

// The modifiers of the Chrome DevTools Protocol.
const (
	alt = 1 << iota
	control
	meta
	shift
)

// keyOf returns the key of a name, as recordings have it: a, KeyA, Enter, ShiftLeft.
func keyOf(name string) keystroke {
	if k, known := named()[name]; known {
		return k
	}
	if letter, ok := strings.CutPrefix(name, "Key"); ok && len(letter) == 1 {
		return keystroke{key: strings.ToLower(letter), code: name, text: strings.ToLower(letter), number: int(letter[0])}
	}
	if digit, ok := strings.CutPrefix(name, "Digit"); ok && len(digit) == 1 {
		return keystroke{key: digit, code: name, text: digit, number: int(digit[0])}
	}
	if digit, ok := strings.CutPrefix(name, "Numpad"); ok && len(digit) == 1 && digit[0] >= '0' && digit[0] <= '9' {
		return keystroke{key: digit, code: name, text: digit, number: 96 + int(digit[0]-'0')}
	}
	if n, err := strconv.Atoi(strings.TrimPrefix(name, "F")); err == nil && strings.HasPrefix(name, "F") && n >= 1 && n <= 24 {
		return keystroke{key: name, code: name, number: 111 + n}
	}
	if runes := []rune(name); len(runes) == 1 {
		k := keystroke{key: name, text: name}
		switch c := runes[0]; {
		case c >= 'a' && c <= 'z':
			k.code, k.number = "Key"+strings.ToUpper(name), int(c)-32
		case c >= 'A' && c <= 'Z':
			k.code, k.number = "Key"+name, int(c)
		case c >= '0' && c <= '9':
			k.code, k.number = "Digit"+name, int(c)
		}
		return k
	}
	return keystroke{key: name, code: name}
}

// named are the keys that are no character.
func named() map[string]keystroke {
	list := map[string]keystroke{
		" ": {key: " ", code: "Space", text: " ", number: 32}, "Space": {key: " ", code: "Space", text: " ", number: 32},
	}
	for _, name := range []string{"Enter", "\r", "\n", "NumpadEnter"} {
		code := "Enter"
		if name == "NumpadEnter" {
			code = name
		}
		list[name] = keystroke{key: "Enter", code: code, text: "\r", number: 13}
	}
	for name, number := range map[string]int{
		"Backspace": 8, "Tab": 9, "Pause": 19, "CapsLock": 20, "Escape": 27, "PageUp": 33, "PageDown": 34, "End": 35, "Home": 36,
		"ArrowLeft": 37, "ArrowUp": 38, "ArrowRight": 39, "ArrowDown": 40, "PrintScreen": 44, "Insert": 45, "Delete": 46, "ContextMenu": 93,
		"NumLock": 144, "ScrollLock": 145,
	} {
		list[name] = keystroke{key: name, code: name, number: number}
	}
	for name, k := range map[string]keystroke{
		"Shift": {number: 16, modifier: shift}, "Control": {number: 17, modifier: control}, "Alt": {number: 18, modifier: alt}, "Meta": {number: 91, modifier: meta},
	} {
		k.key = name
		for _, side := range []string{"", "Left", "Right"} {
			k.code = name + side
			if side == "" {
				k.code = name + "Left"
			}
			list[name+side] = k
		}
	}
	for _, k := range []struct {
		name, text string
		number     int
	}{
		{"NumpadMultiply", "*", 106}, {"NumpadAdd", "+", 107}, {"NumpadSubtract", "-", 109}, {"NumpadDecimal", ".", 110}, {"NumpadDivide", "/", 111},
		{"Semicolon", ";", 186}, {"Equal", "=", 187}, {"NumpadEqual", "=", 187}, {"Comma", ",", 188}, {"Minus", "-", 189}, {"Period", ".", 190},
		{"Slash", "/", 191}, {"Backquote", "`", 192}, {"BracketLeft", "[", 219}, {"Backslash", `\`, 220}, {"BracketRight", "]", 221}, {"Quote", "'", 222},
	} {
		list[k.name] = keystroke{key: k.text, code: k.name, text: k.text, number: k.number}
	}
	return list
}
