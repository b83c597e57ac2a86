package logfile

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
)

// What can be wrong with a log file; ask with errors.Is.
var (
	// ErrMissing says that there is no file of that name.
	ErrMissing = errors.New("there is no such file")
	// ErrFolder says that the name is a folder's.
	ErrFolder = errors.New("is a folder")
	// ErrForbidden says that we may not read the file.
	ErrForbidden = errors.New("may not be read by us")
	// ErrDamaged says that a compressed file is cut off or broken; what came before was read.
	ErrDamaged = errors.New("data is damaged")
	// ErrPacked says that the file is compressed in a way that is not read here.
	ErrPacked = errors.New("is compressed in a way that is not read here")
	// ErrIrregular says that the name is not a file that can be followed, but a device, a pipe or a socket.
	ErrIrregular = errors.New("is not a regular file")
)

const namesShown = 3 // most candidates in one error sentence

// explain turns what the system said about path into a sentence with a way out.
func explain(path string, err error) error {
	switch {
	case errors.Is(err, fs.ErrNotExist), errors.Is(err, syscall.ENOTDIR):
		return fmt.Errorf("open log %s: %w %s", path, ErrMissing, wayOutOfMissing(path))
	case errors.Is(err, fs.ErrPermission):
		who := ""
		if group := readingGroup(path); group != "" {
			who = ", for instance one in group " + group
		}
		return fmt.Errorf("open log %s: %w (fix: run as a user who may read it%s)", path, ErrForbidden, who)
	}
	if inner, ok := errors.AsType[*fs.PathError](err); ok {
		err = inner.Err // it says the path once more
	}
	return fmt.Errorf("open log %s: %w", path, err)
}

func explainPacked(name string, p packing) error {
	return fmt.Errorf("open log %s: %w: %s (fix: %s %s | honderd report -)", name, ErrPacked, p, p.unpackCommand(), name)
}

func explainIrregular(path string, mode fs.FileMode) error {
	return fmt.Errorf("follow log %s: %w but %s (fix: let the server write its log to a file)", path, ErrIrregular, kindOf(mode))
}

func kindOf(mode fs.FileMode) string {
	switch {
	case mode&fs.ModeNamedPipe != 0:
		return "a pipe"
	case mode&fs.ModeSocket != 0:
		return "a socket"
	}
	return "a device"
}

// wayOutOfMissing names what was probably meant.
func wayOutOfMissing(path string) string {
	dir, name := filepath.Split(path)
	entries, err := os.ReadDir(filepath.Clean(dir + "."))
	if err != nil {
		return fmt.Sprintf("(fix: check the path; the folder %s cannot be listed)", filepath.Clean(dir+"."))
	}
	best, at := "", len(name)/3+1 // further away than this is not a typing mistake
	for _, e := range entries {
		d := distance(name, e.Name())
		if strings.HasPrefix(e.Name(), name) { // the log itself is gone, its rotated ones are there
			d = 0
		}
		if !e.IsDir() && d < at {
			best, at = e.Name(), d
		}
	}
	if best == "" {
		return fmt.Sprintf("(fix: check the name; nothing in %s looks like it)", filepath.Clean(dir+"."))
	}
	return fmt.Sprintf("(did you mean %s?)", best)
}

// explainFolder names logs in the folder at path that may have been meant.
func explainFolder(path string) error {
	entries, err := os.ReadDir(path)
	if err != nil {
		return fmt.Errorf("open log %s: %w (fix: name the log files in it)", path, ErrFolder)
	}
	stems := map[string]int{}
	for _, e := range entries {
		if e.Type().IsRegular() && !strings.HasPrefix(e.Name(), ".") {
			stems[stem(e.Name())]++
		}
	}
	if len(stems) == 0 {
		return fmt.Errorf("open log %s: %w without files in it (fix: name a log file)", path, ErrFolder)
	}
	var names []string
	for s, n := range stems {
		if n > 1 {
			s += "*"
		}
		names = append(names, filepath.Join(path, s))
	}
	slices.SortFunc(names, func(a, b string) int {
		if d := likelihood(b) - likelihood(a); d != 0 {
			return d
		}
		return strings.Compare(a, b)
	})
	names = names[:min(len(names), namesShown)]
	return fmt.Errorf("open log %s: %w (fix: name the log files in it, for instance %s)", path, ErrFolder, strings.Join(names, " or "))
}

// stem is the part of a name that all generations of one log share.
func stem(name string) string {
	if i := strings.Index(name, ".log"); i > 0 {
		return name[:i+len(".log")]
	}
	return name
}

// likelihood says how much a name looks like an access log's.
func likelihood(path string) int {
	name := filepath.Base(path)
	n := 0
	if strings.Contains(name, "access") {
		n += 2
	}
	if strings.Contains(name, ".log") {
		n++
	}
	return n
}

// distance is the edit distance of Levenshtein between a and b, in bytes.
func distance(a, b string) int {
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := range len(a) {
		above := row[0]
		row[0] = i + 1
		for j := range len(b) {
			cost := above
			if a[i] != b[j] {
				cost++
			}
			above = row[j+1]
			row[j+1] = min(cost, row[j]+1, above+1)
		}
	}
	return row[len(b)]
}
