package config

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/honderd/honderd/internal/diag"
)

// Options say what a configuration may reach outside itself. With the zero value:
// nothing.
type Options struct {
	Env      func(name string) (value string, found bool) // what ${NAME} stands for; nil: a mistake
	ReadFile func(path string) ([]byte, error)            // what ${file:PATH} stands for; nil: a mistake
	Format   func(format string) error                    // checks the format of a log; nil: only its shape is checked
	Label    func(name, field string) error               // checks a label; nil: only its shape is checked
}

// Load reads and checks the file at path. The error is a diag.Problems; errors.Is tells
// whether there was no file.
func Load(path string) (Config, error) { return Options{}.Load(path) }

// Parse reads and checks text; name is what problems call it. The error is a
// diag.Problems. An empty text is the default configuration.
func Parse(name string, text []byte) (Config, error) { return Options{}.Parse(name, text) }

// Load is as the function Load, with o.
func (o Options) Load(path string) (Config, error) {
	text, err := ReadFile(path)
	if err != nil {
		return Config{}, diag.Problems{cannotRead(path, err)}.Err()
	}
	c, err := o.Parse(path, text)
	for i := range c.Moments {
		c.Moments[i].Calendar = beside(path, c.Moments[i].Calendar)
	}
	probesBeside(path, &c.Probes)
	if len(c.Probes.Import) > 0 {
		c.Probes.Lookup = o.Env
	}
	if err == nil && len(c.Tenants) > 0 {
		err = o.tenants(path, &c)
	}
	return c, err
}

// beside returns where a calendar is that the configuration at path names: an address,
// or a path that starts in the folder of that configuration.
func beside(path, calendar string) string {
	if calendar == "" || filepath.IsAbs(calendar) || strings.Contains(calendar, "://") {
		return calendar
	}
	return filepath.Join(filepath.Dir(path), calendar)
}

// Parse is as the function Parse, with o.
func (o Options) Parse(name string, text []byte) (Config, error) {
	config := Default()
	file := diag.NewFile(name, text)
	root, problems := parse(file, text)
	if len(problems) > 0 {
		return Config{}, problems.Err()
	}
	d := decoder{file: file, options: o, once: map[string]int{}}
	d.root(root, &config)
	if len(d.problems) == 0 {
		if err := config.Rules().Validate(); err != nil { // what no single value can show
			d.problems = append(d.problems, file.Whole(diag.Cut(err)))
		}
	}
	if err := d.problems.Err(); err != nil {
		return Config{}, err
	}
	return config, nil
}

var (
	errFolder  = errors.New("is a folder")
	errTooLong = fmt.Errorf("is longer than %d MB", MaxBytes>>20)
)

// ReadFile reads a file of at most MaxBytes. It serves as Options.ReadFile.
func ReadFile(path string) ([]byte, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		return nil, err
	}
	if info.IsDir() {
		return nil, errFolder
	}
	text, err := io.ReadAll(io.LimitReader(f, MaxBytes+1))
	if err != nil {
		return nil, err
	}
	if len(text) > MaxBytes {
		return nil, errTooLong
	}
	return text, nil
}

// cannotRead says why the file at path cannot be read, and the way out.
func cannotRead(path string, err error) diag.Problem {
	text, fix := whyNot(err)
	return diag.Problem{File: path, Text: text, Fix: fix, Err: err}
}

// whyNot says in words why a file cannot be read, and the way out.
func whyNot(err error) (text, fix string) {
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return "there is no such file", "look at the path, or make the file"
	case errors.Is(err, fs.ErrPermission):
		return "may not be read", "give the user that runs honderd the right to read it"
	case errors.Is(err, errFolder):
		return err.Error(), "name the file in it"
	case errors.Is(err, errTooLong):
		return err.Error(), "look whether it is the file you mean"
	}
	if system, ok := errors.AsType[*fs.PathError](err); ok { // says the path, which stands before it already
		err = system.Err
	}
	return "cannot be read: " + err.Error(), ""
}
