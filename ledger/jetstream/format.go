package jetstream

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"strings"
)

// formatFile says in which format a folder is, and whether it is of a cluster: a server
// of a cluster would remove the stream of a server alone, which the others do not know.
const formatFile = "FORMAT"

// formatLine is the line in the file: number, and "alone" or "cluster" with its name.
const formatLine = "honderd ledger %d %s\n"

// kind returns what the folder of o is part of.
func (o Options) kind() string {
	if o.Cluster.Name == "" {
		return "alone"
	}
	return "cluster " + o.Cluster.Name
}

// readFormat returns the format of the folder, 0 for a new folder, and refuses one that
// this program must not touch.
func (f *folder) readFormat(o Options) (number int, err error) {
	data, err := os.ReadFile(f.path(formatFile))
	if errors.Is(err, fs.ErrNotExist) {
		return f.unmarked(o)
	}
	if err != nil {
		return 0, fmt.Errorf("open ledger %s: %w (fix: %s)", f.dir, err, folderFix(err))
	}
	words := strings.SplitN(strings.TrimSuffix(string(data), "\n"), " ", 4)
	if len(words) == 4 && words[0] == "honderd" && words[1] == "ledger" {
		number, err = strconv.Atoi(words[2])
	}
	switch {
	case number < 2 || err != nil:
		return 0, fmt.Errorf("open ledger %s: %s is damaged (fix: put it back from a backup; if the folder was never of a cluster, remove the file)",
			f.dir, f.path(formatFile))
	case number > format:
		return 0, fmt.Errorf("open %w", newer("ledger "+f.dir, number))
	case words[3] != o.kind():
		return 0, fmt.Errorf("open ledger %s: it was made as %q and is to be opened as %q (fix: use --data for another folder, and restore a backup into it)",
			f.dir, clean(words[3]), o.kind())
	}
	return number, nil
}

// clean returns text from a file that may be damaged, so that it can be shown.
func clean(s string) string {
	return strings.ToValidUTF8(s[:min(len(s), 64)], "?")
}

// unmarked returns the format of a folder without a format file: 1 when there is a
// stream in it, which the first honderd made.
func (f *folder) unmarked(o Options) (int, error) {
	_, err := os.Stat(f.streamPath("msgs"))
	if errors.Is(err, fs.ErrNotExist) {
		return 0, nil
	}
	if err != nil {
		return 0, fmt.Errorf("open ledger %s: %w (fix: %s)", f.dir, err, folderFix(err))
	}
	if o.Cluster.Name != "" {
		return 0, fmt.Errorf("open ledger %s: it was made by a server alone and is to be opened as %q (fix: use --data for another folder, and restore a backup into it)",
			f.dir, o.kind())
	}
	return 1, nil
}

// migrate brings a folder to the format of this program, before the server starts. The
// first format let nobody remove records, for ever; a stream without its description is
// made anew around the same records.
func (f *folder) migrate(from int, probe func(size int) error) error {
	if from != 1 {
		return nil
	}
	if err := probe(probeMore); err != nil {
		return err // a full disk has no room for a new description
	}
	for _, name := range []string{"meta.inf", "meta.sum"} {
		if err := os.Remove(f.streamPath(name)); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return fmt.Errorf("migrate ledger %s: %w", f.dir, err)
		}
	}
	return nil
}

// writeFormat writes down the format of this program, so that no older one opens the
// folder.
func (f *folder) writeFormat(o Options) error {
	name := f.path(formatFile)
	want := fmt.Sprintf(formatLine, format, o.kind())
	if have, err := os.ReadFile(name); err == nil && string(have) == want {
		return nil
	}
	file, err := os.CreateTemp(f.dir, formatFile+".*")
	if err != nil {
		return err
	}
	_, err = file.WriteString(want)
	err = errors.Join(err, file.Sync(), file.Close())
	if err == nil {
		err = os.Rename(file.Name(), name)
	}
	if err != nil {
		return errors.Join(err, os.Remove(file.Name()))
	}
	return nil
}

// streamPath returns the path of a file of the stream.
func (f *folder) streamPath(name string) string {
	return filepath.Join(f.dir, "jetstream", "$G", "streams", streamName, name)
}
