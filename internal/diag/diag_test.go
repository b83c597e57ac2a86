package diag

import (
	"errors"
	"fmt"
	"io/fs"
	"strings"
	"testing"
)

func TestProblemError(t *testing.T) {
	tests := []struct {
		name string
		give Problem
		want string
	}{
		{
			"all of it", Problem{File: "honderd.yaml", Line: 12, Column: 11, Text: `moment "checkout" ends before it begins`, Fix: "swap from and until"},
			`honderd.yaml:12:11: moment "checkout" ends before it begins (fix: swap from and until)`,
		},
		{"no fix", Problem{File: "a", Line: 1, Column: 2, Text: "x"}, "a:1:2: x"},
		{"a line", Problem{File: "a", Line: 3, Text: "x"}, "a:3: x"},
		{"a file", Problem{File: "a", Column: 9, Text: "is a folder", Fix: "y"}, "a: is a folder (fix: y)"},
		{"no file", Problem{Line: 3, Column: 4, Text: "x"}, "3:4: x"},
		{"no place", Problem{Text: "x"}, "x"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if got := tt.give.Error(); got != tt.want {
				t.Errorf("Error() = %q, want %q", got, tt.want)
			}
		})
	}
}

func TestProblemsAreSortedAndAllReported(t *testing.T) {
	ps := Problems{
		{File: "b", Line: 1, Text: "last"},
		{File: "a", Line: 10, Column: 1, Text: "fourth"},
		{File: "a", Line: 2, Column: 9, Text: "second"},
		{File: "a", Line: 2, Column: 9, Text: "third"},
		{File: "a", Text: "first", Err: fs.ErrNotExist},
	}
	want := "a: first\na:2:9: second\na:2:9: third\na:10:1: fourth\nb:1: last"
	err := ps.Err()
	if err.Error() != want || ps.Error() != want {
		t.Errorf("Error() = %q, want %q", err, want)
	}
	if ps[0].Text != "last" {
		t.Error("Err() moved the problems of its caller")
	}
	if !errors.Is(err, fs.ErrNotExist) {
		t.Error("errors.Is does not see what lies behind a problem")
	}
	if got := Of(fmt.Errorf("check: %w", err)); got.Error() != want {
		t.Errorf("Of() = %q, want %q", got, want)
	}
	if (Problems{}).Err() != nil || Of(nil) != nil {
		t.Error("no problems are an error")
	}
}

func TestOfTakesAnyError(t *testing.T) {
	got := Of(errors.New("patience -1s: must not be negative (fix: write 0)"))
	if len(got) != 1 || got[0].Text != "patience -1s: must not be negative" || got[0].Fix != "write 0" {
		t.Errorf("Of() = %+v", got)
	}
	got = Of(Problem{Text: "x"})
	if len(got) != 1 || got[0].Text != "x" {
		t.Errorf("Of() = %+v", got)
	}
	for _, text := range []string{"no way out", "half (fix: open", "round (brackets)"} {
		if said, fix := Cut(errors.New(text)); said != text || fix != "" {
			t.Errorf("Cut(%q) = %q, %q", text, said, fix)
		}
	}
}

func TestRender(t *testing.T) {
	long := strings.Repeat("a", 200) + " wrong " + strings.Repeat("b", 200)
	tests := []struct {
		name                 string
		text                 string
		line, column, length int
		want                 string
	}{
		{"plain", "x: 1\npatience: 8\n", 2, 11, 1, "f:2:11: bad\n   |\n 2 | patience: 8\n   |           ^ fix: mend\n"},
		{"tab before", "\tab: x", 1, 6, 1, "f:1:6: bad\n   |\n 1 |     ab: x\n   |         ^ fix: mend\n"},
		{"tab is wrong", "ab\tx", 1, 3, 1, "f:1:3: bad\n   |\n 1 | ab  x\n   |   ^^ fix: mend\n"},
		{"wide before", "日本: x", 1, 5, 1, "f:1:5: bad\n   |\n 1 | 日本: x\n   |       ^ fix: mend\n"},
		{"wide is wrong", "a 日本", 1, 3, 2, "f:1:3: bad\n   |\n 1 | a 日本\n   |   ^^^^ fix: mend\n"},
		{"accent on its own", "e\u0301: x", 1, 5, 1, "f:1:5: bad\n   |\n 1 | e\u0301: x\n   |    ^ fix: mend\n"},
		{"emoji", "😀 x", 1, 3, 1, "f:1:3: bad\n   |\n 1 | 😀 x\n   |    ^ fix: mend\n"},
		{"escape is not obeyed", "a\x1b[2Jb", 1, 6, 1, "f:1:6: bad\n   |\n 1 | a�[2Jb\n   |      ^ fix: mend\n"},
		{"reversed text is not obeyed", "a\u202eb", 1, 3, 1, "f:1:3: bad\n   |\n 1 | a�b\n   |   ^ fix: mend\n"},
		{"past the end", "ab", 1, 3, 1, "f:1:3: bad\n   |\n 1 | ab\n   |   ^ fix: mend\n"},
		{"far past the end", "ab", 1, 30, 9, "f:1:30: bad\n   |\n 1 | ab\n   |   ^ fix: mend\n"},
		{"longer than the line", "ab", 1, 2, 99, "f:1:2: bad\n   |\n 1 | ab\n   |  ^ fix: mend\n"},
		{"empty line", "", 1, 1, 1, "f:1:1: bad\n  fix: mend\n"},
		{"line 1000", strings.Repeat("\n", 999) + "x", 1000, 1, 1, "f:1000:1: bad\n     |\n1000 | x\n     | ^ fix: mend\n"},
		{
			"long line", long, 1, 202, 5,
			"f:1:202: bad\n   |\n 1 | …" + strings.Repeat("a", 39) + " wrong " + strings.Repeat("b", 74) + "…\n   | " +
				strings.Repeat(" ", 41) + "^^^^^ fix: mend\n",
		},
		{
			"long mistake", strings.Repeat("a", 500), 1, 1, 500,
			"f:1:1: bad\n   |\n 1 | " + strings.Repeat("a", 120) + "…\n   | " + strings.Repeat("^", 120) + " fix: mend\n",
		},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			var b strings.Builder
			p := NewFile("f", []byte(tt.text)).At(tt.line, tt.column, tt.length, "bad", "mend")
			if err := (Problems{p}).Render(&b, false); err != nil || b.String() != tt.want {
				t.Errorf("Render() =\n%s, %v; want\n%s", b.String(), err, tt.want)
			}
		})
	}
}

func TestRenderColours(t *testing.T) {
	var b strings.Builder
	ps := Problems{
		NewFile("f", []byte("x: 1\r\n")).At(1, 4, 1, "bad", ""),
		NewFile("f", nil).Whole("is a folder", "name the file"),
	}
	if err := ps.Render(&b, true); err != nil {
		t.Fatal(err)
	}
	want := bold + "f: is a folder" + plain + "\n  " + green + "fix: name the file" + plain + "\n\n" +
		bold + "f:1:4: bad" + plain + "\n" + blue + "   |" + plain + "\n" + blue + " 1 |" + plain + " x: 1\n" +
		blue + "   |" + plain + "    " + red + "^" + plain + "\n"
	if b.String() != want {
		t.Errorf("Render() = %q, want %q", b.String(), want)
	}
}

func TestFile(t *testing.T) {
	f := NewFile("f", []byte("\ufeffa\r\nb"))
	if f.Lines() != 2 || f.Line(1) != "a" || f.Line(2) != "b" || f.Line(0) != "" || f.Line(3) != "" {
		t.Errorf("lines %d, %q, %q", f.Lines(), f.Line(1), f.Line(2))
	}
}

func TestNearest(t *testing.T) {
	keys := []string{"listen", "data", "language", "zone", "sources", "people", "trusted_proxies", "en", "nl", "log"}
	tests := []struct{ give, want string }{
		{"listne", "listen"}, // neighbours swapped
		{"lisen", "listen"},
		{"listenn", "listen"},
		{"Listen", "listen"},
		{"trusted-proxies", "trusted_proxies"},
		{"lang", "language"},
		{"peopel", "people"},
		{"datta", "data"},
		{"e", "en"},
		{"logs", "log"},
		{"l", "nl"},
		{"xyz", ""},
		{"", ""},
		{"weather", ""},
		{"zürich", ""},
	}
	for _, tt := range tests {
		if got := Nearest(tt.give, keys); got != tt.want {
			t.Errorf("Nearest(%q) = %q, want %q", tt.give, got, tt.want)
		}
	}
	if got := Nearest("sta", []string{"status", "stable"}); got != "" {
		t.Errorf("Nearest of two beginnings = %q, want none", got)
	}
}

func TestDistance(t *testing.T) {
	tests := []struct {
		a, b string
		want int
	}{
		{"", "", 0},
		{"kitten", "sitting", 3},
		{"ca", "abc", 3}, // 3 in the restricted form, 2 in the full one
		{"ab", "ba", 1},
		{"é", "e", 1},
	}
	for _, tt := range tests {
		if got := distance(tt.a, tt.b, 9); got != tt.want {
			t.Errorf("distance(%q, %q) = %d, want %d", tt.a, tt.b, got, tt.want)
		}
	}
}

func FuzzRender(f *testing.F) {
	f.Add("a\tb日\n", 1, 2, 3)
	f.Fuzz(func(t *testing.T, text string, line, column, length int) {
		ps := Problems{NewFile("f", []byte(text)).At(line, column, length, "bad", "")}
		var b strings.Builder
		if err := ps.Render(&b, true); err != nil {
			t.Fatal(err)
		}
	})
}
