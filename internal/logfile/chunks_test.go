package logfile

import (
	"bytes"
	"errors"
	"io"
	"math/rand/v2"
	"strings"
	"testing"
	"testing/iotest"
)

// chunksOf returns the chunks of r.
func chunksOf(r io.Reader, size, maxLine int) (chunks []string, err error) {
	c := NewChunks(r, size, maxLine)
	var buf []byte
	for {
		if buf, err = c.Next(buf); err != nil {
			return chunks, err
		}
		chunks = append(chunks, string(buf))
	}
}

func TestChunks(t *testing.T) {
	tests := []struct {
		name       string
		give       string
		size, line int
		want       string // chunks, joined by |
	}{
		{"nothing", "", 10, 5, ""},
		{"one line without an end", "abc", 10, 5, "abc"},
		{"lines are kept together", "ab\ncd\nef\n", 7, 5, "ab\ncd\n|ef\n"},
		{"carriage returns stay", "ab\r\ncd\r\n", 5, 5, "ab\r\n|cd\r\n"},
		{"a line as long as allowed", "abcde\nf\n", 100, 5, "abcde\nf\n"},
		{"one byte more shows", "abcdef\ng\n", 100, 5, "abcdef\ng\n"},
		{"a longer line is cut", "abcdefgh\ni\n", 100, 5, "abcdef\ni\n"},
		{"a longer line over many chunks", "abcdefghijklmnop\nq\n", 3, 5, "abcdef\n|q\n"},
		{"a longer line at the end", "a\nbcdefghijk", 3, 5, "a\n|bcdefg\n"},
		{"several long lines in one chunk", "aaaaaaaaa\nb\nccccccccc\ndd\n", 100, 5, "aaaaaa\nb\ncccccc\ndd\n"},
		{"empty lines", "\n\n\n", 2, 5, "\n\n|\n"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got, err := chunksOf(strings.NewReader(tt.give), tt.size, tt.line)
			if s := strings.Join(got, "|"); s != tt.want || !errors.Is(err, io.EOF) {
				t.Errorf("chunks = %q, %v; want %q", s, err, tt.want)
			}
		})
	}
}

func TestChunksOfABrokenStreamAreItsWholeLines(t *testing.T) {
	broken := errors.New("broken")
	got, err := chunksOf(io.MultiReader(strings.NewReader("a\nb\nc"), iotest.ErrReader(broken)), 100, 10)
	if len(got) != 1 || got[0] != "a\nb\n" || !errors.Is(err, broken) {
		t.Errorf("chunks = %q, %v", got, err)
	}
}

func TestChunksGiveUpOnAReaderThatGivesNothing(t *testing.T) {
	if _, err := chunksOf(idle{}, 100, 10); !errors.Is(err, io.ErrNoProgress) {
		t.Errorf("error = %v", err)
	}
}

type idle struct{}

func (idle) Read([]byte) (int, error) { return 0, nil }

func TestAHugeLineNeedsLittleMemory(t *testing.T) {
	c := NewChunks(io.MultiReader(io.LimitReader(letters{}, 10<<20), strings.NewReader("\nnext\n")), 32<<10, 4<<10)
	buf, err := c.Next(nil)
	if err != nil || string(buf) != strings.Repeat("x", 4<<10+1)+"\nnext\n" {
		t.Fatalf("Next() = %d bytes, %v", len(buf), err)
	}
	if most := cap(buf) + cap(c.lines.rest); most > 100<<10 {
		t.Errorf("it took %d bytes of memory", most)
	}
}

type letters struct{}

func (letters) Read(p []byte) (int, error) {
	for i := range p {
		p[i] = 'x'
	}
	return len(p), nil
}

// cutLines is what Chunks promises, in the plainest way.
func cutLines(p []byte, limit int) []byte {
	var b []byte
	for line := range bytes.Lines(p) {
		if body := bytes.TrimSuffix(line, []byte("\n")); len(body) > limit {
			line = append(bytes.Clone(body[:limit+1]), '\n')
		}
		b = append(b, line...)
	}
	return b
}

func FuzzChunks(f *testing.F) {
	f.Add([]byte("ab\ncd\r\n\nefghijkl\nm"), uint16(4), uint16(3), uint64(1))
	f.Add(bytes.Repeat([]byte("0123456789\n"), 50), uint16(64), uint16(9), uint64(2))
	f.Fuzz(func(t *testing.T, p []byte, size, limit uint16, seed uint64) {
		r := &ragged{bytes.NewReader(p), rand.New(rand.NewPCG(seed, 1))}
		got, err := chunksOf(r, int(size)+1, int(limit)+1)
		if !errors.Is(err, io.EOF) {
			t.Fatal(err)
		}
		for _, chunk := range got[:max(0, len(got)-1)] {
			if !strings.HasSuffix(chunk, "\n") {
				t.Fatalf("chunk %q does not end with its line", chunk)
			}
		}
		if all, want := strings.Join(got, ""), string(cutLines(p, int(limit)+1)); all != want {
			t.Fatalf("chunks of %q = %q, want %q", p, all, want)
		}
	})
}

// ragged reads by fits and starts.
type ragged struct {
	r    io.Reader
	dice *rand.Rand
}

func (r *ragged) Read(p []byte) (int, error) { return r.r.Read(p[:r.dice.IntN(len(p)+1)]) }

func BenchmarkChunks(b *testing.B) {
	text := bytes.Repeat([]byte(strings.Repeat("x", 190)+"\n"), 50_000)
	b.SetBytes(int64(len(text)))
	var buf []byte
	for b.Loop() {
		c := NewChunks(bytes.NewReader(text), 0, 0)
		var err error
		for err == nil {
			buf, err = c.Next(buf)
		}
	}
}
