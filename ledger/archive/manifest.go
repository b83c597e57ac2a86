package archive

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"hash/crc32"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/honderd/honderd/ledger"
)

// Where things are in a store.
const (
	manifests   = "manifest/"
	experiences = "experiences/"
	facts       = "facts/"
)

// manifestFormat and manifestVersion begin a manifest.
const (
	manifestFormat  = "honderd archive"
	manifestVersion = 1
)

// A manifest says which files are the archive, and up to which record of the ledger
// they are complete. A change of the archive is a new manifest, put whole under the
// next number: before that the files it names are nothing, after it they are all.
type manifest struct {
	Generation uint64
	Owner      string // who wrote it: a word of one Open of one process
	UpTo       ledger.Sequence
	Dropped    int64  // Unix milliseconds of the end of the newest hour of which experiences were dropped; 0: none was
	Files      []file // by kind, hour and first sequence
}

// file is one file of the archive. Its name is never used again.
type file struct {
	Name  string          `json:"name"`
	Hour  int64           `json:"hour,omitempty"` // Unix milliseconds; of experiences
	Rows  int64           `json:"rows"`           // experiences, or facts
	From  int64           `json:"from,omitempty"` // Unix milliseconds of the first experience; 0: none
	To    int64           `json:"to,omitempty"`   // of the last
	First ledger.Sequence `json:"first"`          // record that something in it comes from
	Last  ledger.Sequence `json:"last"`
	Bytes int64           `json:"bytes"`
	Sum   string          `json:"crc32c"` // of all bytes, in hex
}

// head is the first line of a manifest.
type head struct {
	Format     string          `json:"format"`
	Version    int             `json:"version"`
	Generation uint64          `json:"generation"`
	Owner      string          `json:"owner"`
	UpTo       ledger.Sequence `json:"up_to"`
	Dropped    int64           `json:"dropped,omitempty"`
	Files      int             `json:"files"`
}

// tail is the last line: the checksum of those before.
type tail struct {
	Sum string `json:"crc32c"`
}

// errManifest is why a manifest cannot be read.
var errManifest = errors.New("damaged manifest")

// encode returns m as lines of JSON.
func (m *manifest) encode() ([]byte, error) {
	var b bytes.Buffer
	lines := json.NewEncoder(&b)
	err := lines.Encode(head{manifestFormat, manifestVersion, m.Generation, m.Owner, m.UpTo, m.Dropped, len(m.Files)})
	for i := range m.Files {
		err = errors.Join(err, lines.Encode(&m.Files[i]))
	}
	err = errors.Join(err, lines.Encode(tail{sum(b.Bytes())}))
	return b.Bytes(), err
}

// decodeManifest reads what encode wrote.
func decodeManifest(p []byte) (manifest, error) {
	var m manifest
	end := bytes.LastIndexByte(bytes.TrimSuffix(p, []byte("\n")), '\n') + 1
	var last tail
	if err := json.Unmarshal(p[end:], &last); err != nil || last.Sum != sum(p[:end]) || end == 0 || p[len(p)-1] != '\n' {
		return m, fmt.Errorf("%w: its checksum does not match", errManifest)
	}
	lines := bytes.Split(bytes.TrimSuffix(p[:end], []byte("\n")), []byte("\n"))
	var first head
	if err := json.Unmarshal(lines[0], &first); err != nil || first.Format != manifestFormat {
		return m, fmt.Errorf("%w: it does not begin like one", errManifest)
	}
	if first.Version != manifestVersion {
		return m, fmt.Errorf("archive of version %d: this program reads version %d (fix: use a newer honderd)", first.Version, manifestVersion)
	}
	m = manifest{Generation: first.Generation, Owner: first.Owner, UpTo: first.UpTo, Dropped: first.Dropped}
	for _, line := range lines[1:] {
		var f file
		if err := json.Unmarshal(line, &f); err != nil || !f.isExperiences() && !f.isFacts() || f.Rows < 0 || f.Bytes < 0 {
			return manifest{}, fmt.Errorf("%w: a line of it says nothing", errManifest)
		}
		m.Files = append(m.Files, f)
	}
	if len(m.Files) != first.Files {
		return manifest{}, fmt.Errorf("%w: it names %d files, not %d", errManifest, len(m.Files), first.Files)
	}
	return m, nil
}

// without returns the files of m but some, and with others, in order.
func (m *manifest) without(gone, come []file) []file {
	names := map[string]bool{}
	for _, f := range gone {
		names[f.Name] = true
	}
	list := slices.DeleteFunc(slices.Clone(m.Files), func(f file) bool { return names[f.Name] })
	list = append(list, come...)
	slices.SortFunc(list, func(a, b file) int { return strings.Compare(a.order(), b.order()) })
	return list
}

// order sorts files: by kind, hour and first sequence.
func (f *file) order() string {
	return fmt.Sprintf("%t %020d %020d %s", f.isExperiences(), f.Hour, f.First, f.Name)
}

func (f *file) isExperiences() bool { return strings.HasPrefix(f.Name, experiences) }
func (f *file) isFacts() bool       { return strings.HasPrefix(f.Name, facts) }

// manifestName returns where the manifest of a generation is, and where its twin is:
// one of them may be damaged.
func manifestName(generation uint64) (name, twin string) {
	name = fmt.Sprintf("%s%016d.json", manifests, generation)
	return name, name + ".twin"
}

// generationOf returns which generation a manifest is of, from its name.
func generationOf(name string) (generation uint64, ok bool) {
	var n uint64
	_, err := fmt.Sscanf(strings.TrimSuffix(name, ".twin"), manifests+"%d.json", &n)
	first, twin := manifestName(n)
	return n, err == nil && (name == first || name == twin)
}

// experiencesName returns the name of a file of experiences. Folders that say key=value
// let other engines skip what they do not need.
func experiencesName(hour int64, first, last ledger.Sequence, token string) string {
	at := time.UnixMilli(hour).UTC()
	return fmt.Sprintf("%sdate=%s/hour=%02d/%s", experiences, at.Format(time.DateOnly), at.Hour(), fileName(first, last, token, ".parquet"))
}

// factsName returns the name of a file of facts.
func factsName(first, last ledger.Sequence, token string) string {
	return facts + fileName(first, last, token, ".ndjson.zst")
}

func fileName(first, last ledger.Sequence, token, ending string) string {
	return fmt.Sprintf("%012d-%012d-%s%s", first, last, token, ending)
}

var ourName = regexp.MustCompile(`^(experiences/date=\d{4}-\d\d-\d\d/hour=\d\d/\d{12,}-\d{12,}-[0-9a-f]{16}\.parquet|facts/\d{12,}-\d{12,}-[0-9a-f]{16}\.ndjson\.zst)$`)

// isOurs reports whether name is one that an archive gives to its files.
func isOurs(name string) bool { return ourName.MatchString(name) }

// sum returns the checksum of p in hex: CRC-32C.
func sum(p []byte) string { return fmt.Sprintf("%08x", checksum(p)) }

func checksum(p []byte) uint32 { return crc32.Checksum(p, crc32.MakeTable(crc32.Castagnoli)) }
