package config

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/honderd/honderd/internal/diag"
)

func write(t *testing.T, name, text string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), name)
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

func TestLoad(t *testing.T) {
	c, err := Load(write(t, "honderd.yaml", "data: here\n"))
	if err != nil || c.Data != "here" {
		t.Errorf("Load() = %+v, %v", c, err)
	}
	path := write(t, "honderd.yaml", "judging:\n  patience: 8\n")
	if _, err = Load(path); err == nil || err.Error() != path+`:2:13: "8" is not a duration (fix: write 8s)` {
		t.Errorf("Load() = %v", err)
	}
}

func TestLoadWhatIsNotThere(t *testing.T) {
	folder := t.TempDir()
	secret := write(t, "honderd.yaml", "data: here\n")
	if err := os.Chmod(secret, 0); err != nil {
		t.Fatal(err)
	}
	tests := []struct{ name, path, want string }{
		{"missing", filepath.Join(folder, "no.yaml"), "there is no such file (fix: look at the path, or make the file)"},
		{"folder", folder, "is a folder (fix: name the file in it)"},
		{"not readable", secret, "may not be read (fix: give the user that runs honderd the right to read it)"},
		{"long", write(t, "a.log", strings.Repeat("a", MaxBytes+1)), "is longer than 1 MB (fix: look whether it is the file you mean)"},
		{"below a file", filepath.Join(write(t, "file", ""), "honderd.yaml"), "cannot be read: not a directory"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if tt.path == secret && os.Getuid() == 0 {
				t.Skip("root may read everything")
			}
			_, err := Load(tt.path)
			if err == nil || err.Error() != tt.path+": "+tt.want {
				t.Errorf("Load() = %v, want %s", err, tt.want)
			}
			if got := errors.Is(err, fs.ErrNotExist); got != (tt.name == "missing") {
				t.Errorf("errors.Is(ErrNotExist) = %v", got)
			}
		})
	}
}

func TestWhyNotPermission(t *testing.T) {
	p := cannotRead("f", &fs.PathError{Op: "open", Path: "f", Err: fs.ErrPermission})
	if want := "f: may not be read (fix: give the user that runs honderd the right to read it)"; p.Error() != want {
		t.Errorf("cannotRead() = %q, want %q", p.Error(), want)
	}
}

func TestExpand(t *testing.T) {
	path := write(t, "token", "s3cret\n")
	o := Options{
		Env: func(name string) (string, bool) {
			value, found := map[string]string{"HOME": "/home/jo", "CODE": "404", "WAIT": "3s", "EMPTY": "", "LOOP": "${HOME}"}[name]
			return value, found
		},
		ReadFile: ReadFile,
	}
	tests := []struct{ give, data, want string }{
		{"data: ${HOME}/x", "/home/jo/x", ""},
		{`data: "a${EMPTY}b${HOME}"`, "ab/home/jo", ""},
		{"data: ${file:" + path + "}", "s3cret", ""},
		{"data: a$${HOME}", "a${HOME}", ""},
		{"data: ${LOOP}", "${HOME}", ""}, // what is put in is not looked at again
		{"data: $HOME", "$HOME", ""},
		{"data: b\njudging: {bad_status: [\"${CODE}\"], patience: \"${WAIT}\"}", "b", ""},
		{"data: x${NONE}", "", "f:1:8: the variable NONE is not set (fix: set it where honderd is started, or write the value itself)"},
		{"data: ${file:/no/such}", "", "f:1:7: ${file:/no/such}: there is no such file (fix: look at the path, or make the file)"},
		{"data: ${HOME", "", "f:1:7: ${ is never closed (fix: write } after the name, or $${ for the characters themselves)"},
		{"data: ${}", "", `f:1:7: "" is not the name of a variable (fix: write ${NAME} or ${file:/path}, or $${ for the characters themselves)`},
		{"data: ${a-b}", "", `f:1:7: "a-b" is not the name of a variable (fix: write ${NAME} or ${file:/path}, or $${ for the characters themselves)`},
		{"data: ${EMPTY}", "", "f:1:7: what ${EMPTY} stands for is not the path of a folder (fix: let it be as ./honderd-data)"},
		{
			"data: ${A}${HOME}${B}", "",
			"f:1:7: the variable A is not set (fix: set it where honderd is started, or write the value itself)\n" +
				"f:1:18: the variable B is not set (fix: set it where honderd is started, or write the value itself)",
		},
	}
	for _, tt := range tests {
		c, err := o.Parse("f", []byte(tt.give))
		if c.Data != tt.data || (err == nil) != (tt.want == "") || err != nil && err.Error() != tt.want {
			t.Errorf("Parse(%q) = %q, %v; want %q, %s", tt.give, c.Data, err, tt.data, tt.want)
		}
	}
}

func TestExpandKeepsSecrets(t *testing.T) {
	o := Options{Env: func(string) (string, bool) { return "s3cret", true }}
	for _, text := range []string{
		"listen: ${X}", "language: ${X}", "zone: ${X}", "cutoff: ${X}", "people: {recognise: \"${X}\", trusted_proxies: [\"${X}\"]}",
		"judging: {bad_status: [\"${X}\"]}", "judging: {patience: \"-${X}\"}",
	} {
		_, err := o.Parse("f", []byte(text))
		if err == nil || strings.Contains(err.Error(), "s3cret") {
			t.Errorf("Parse(%q) = %v, want an error that keeps the secret", text, err)
		}
	}
}

func TestNothingIsLookedUpWithoutOptions(t *testing.T) {
	_, err := Parse("f", []byte("data: ${HOME}\nlisten: ${file:/etc/hostname}\n"))
	want := "f:1:7: variables are not looked up here (fix: write the value itself)\n" +
		"f:2:9: files are not looked up here (fix: write the value itself)"
	if err == nil || err.Error() != want {
		t.Errorf("Parse() = %v, want %s", err, want)
	}
}

func TestFormatIsCheckedByItsReader(t *testing.T) {
	o := Options{Format: func(format string) error {
		if format == "combined" {
			return nil
		}
		return errors.New("no such format (fix: write combined)")
	}}
	if _, err := o.Parse("f", []byte("sources: [{log: a, format: combined}]")); err != nil {
		t.Error(err)
	}
	_, err := o.Parse("f", []byte("sources: [{log: a, format: combi}]"))
	ps := diag.Of(err)
	if len(ps) != 1 || ps[0].Column != 28 || ps[0].Text != "no such format" || ps[0].Fix != "write combined" {
		t.Errorf("Parse() = %+v", ps)
	}
}
