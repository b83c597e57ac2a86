package config

import (
	"errors"
	"fmt"
	"testing"
)

func TestDocumentsOfOthers(t *testing.T) {
	list, err := Documents([]byte("---\nkind: Component\nmetadata: {name: shop}\n---\n---\nkind: Group\n"))
	if err != nil || len(list) != 2 || list[0]["kind"] != "Component" || fmt.Sprint(list[0]["metadata"]) != "map[name:shop]" {
		t.Errorf("%v, %v", list, err)
	}
	if _, err := Documents([]byte("a: &x [1]\nb: [*x, *x]\n")); !errors.Is(err, errAlias) {
		t.Errorf("aliases: %v", err)
	}
	for _, text := range []string{"- a\n", "a: [", "\x00"} {
		if list, err := Documents([]byte(text)); err == nil {
			t.Errorf("%q was read as %v", text, list)
		}
	}
}

func FuzzDocuments(f *testing.F) {
	f.Add([]byte("kind: Component\n---\nmetadata: {name: shop}\n"))
	f.Fuzz(func(_ *testing.T, text []byte) { _, _ = Documents(text) })
}
