package app

import (
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/honderd/honderd/config"
	"github.com/honderd/honderd/experience"
	"github.com/honderd/honderd/internal/who"
	"github.com/honderd/honderd/source/accesslog"
)

// agent is that of a browser.
const aBrowser = "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/141.0.0.0 Safari/537.36"

func lineAt(at time.Time, person, status int) string {
	return fmt.Sprintf("203.0.113.%d - - [%s] \"GET /basket HTTP/1.1\" %d 12 \"-\" \"%s\"\n", person, at.Format("02/Jan/2006:15:04:05 -0700"), status, aBrowser)
}

// Who is there while the salt changes stays one person until their visit ends, however the
// log comes in: in one batch or in many. Who comes later, or comes back, is somebody new.
func TestAVisitOverMidnightIsOnePersons(t *testing.T) {
	midnight := time.Date(2026, 11, 10, 0, 0, 0, 0, time.UTC)
	var log strings.Builder
	steps := []struct {
		minutes, person int
		want            string
	}{
		{-24 * 60, 1, "a"}, {-60, 2, "b"}, {-29, 3, "c"}, {-10, 1, "a"}, {2, 3, "d"}, {10, 1, "a"}, {12, 2, "e"},
		{39, 1, "a"}, {60, 2, "e"}, {69, 1, "a"}, {100, 1, "f"}, {110, 1, "f"}, {2 * 24 * 60, 1, "g"},
	}
	for _, s := range steps {
		log.WriteString(lineAt(midnight.Add(time.Duration(s.minutes)*time.Minute), s.person, 200))
	}
	for _, chunk := range []int{1, 2, 100} {
		c := config.Default()
		salts := who.NewSalts(who.Options{Days: 1, Zone: time.UTC}, who.Sealed{})
		p, err := accesslog.NewParser(parserOptions(c, "", salts))
		if err != nil {
			t.Fatal(err)
		}
		v, w := newCrossings(c, salts), p.NewWorker(nil)
		var people []experience.Person
		for lines := range slices.Chunk(strings.SplitAfter(log.String(), "\n"), chunk) {
			var b experience.Batch
			b.Reset()
			w.Parse([]byte(strings.Join(lines, "")), &b)
			v.settle(&b)
			for _, e := range b.Items {
				people = append(people, e.Person)
			}
		}
		names := map[experience.Person]string{}
		var got []string
		for _, p := range people {
			if names[p] == "" {
				names[p] = string(rune('a' + len(names)))
			}
			got = append(got, names[p])
		}
		for i, step := range steps {
			if got[i] != step.want {
				t.Errorf("chunks of %d, %d minutes after midnight: %s, want %s", chunk, step.minutes, got[i], step.want)
			}
		}
	}
}

// A server that reads a log of six weeks, and is stopped in the middle of a night in which
// the salt changes, says what a report says that was told how long people are recognised.
func TestAServerSaysWhatAReportSays(t *testing.T) {
	begin := time.Now().UTC().Truncate(24*time.Hour).AddDate(0, 0, -45)
	night := begin.AddDate(0, 0, 28)
	dice := rand.New(rand.NewPCG(1, 2))
	var times []time.Time
	for range 9000 {
		times = append(times, begin.Add(time.Duration(dice.Int64N(int64(42*24*time.Hour)))))
	}
	for i := range 2000 { // a busy night
		times = append(times, night.Add(time.Duration(i-1000)*7*time.Second))
	}
	slices.SortFunc(times, time.Time.Compare)
	var before, after strings.Builder
	for _, at := range times {
		to, status := &before, 200
		if at.After(night.Add(10 * time.Minute)) {
			to = &after
		}
		if dice.IntN(20) == 0 {
			status = 500
		}
		to.WriteString(lineAt(at, dice.IntN(120), status))
	}
	c := config.Default()
	c.Listen, c.Data, c.Zone = "127.0.0.1:0", filepath.Join(t.TempDir(), "data"), "Europe/Amsterdam"
	c.Receive.OTLP, c.Cutoff, c.Archive.Where = config.OTLP{}, 20*time.Minute, noArchive
	log := filepath.Join(t.TempDir(), "access.log")
	c.Sources = []config.Source{{Log: log}}
	write := func(text string) {
		if err := os.WriteFile(log, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	serve := func(lines int64) {
		ctx, stop := context.WithCancel(t.Context())
		s, err := NewServer(ctx, c, slog.New(slog.DiscardHandler))
		if err != nil {
			t.Fatal(err)
		}
		ended := make(chan error, 1)
		go func() { ended <- s.Run(ctx) }()
		for {
			changed := s.projector.notify()
			s.projector.mu.Lock()
			read := s.projector.folds.intake.Answer().Total.Lines
			s.projector.mu.Unlock()
			if read >= lines {
				break
			}
			select {
			case err := <-ended:
				t.Fatal(err)
			case <-changed:
			}
		}
		stop()
		if err := <-ended; err != nil {
			t.Fatal(err)
		}
	}
	write(before.String())
	serve(int64(strings.Count(before.String(), "\n")))
	write(before.String() + after.String())
	serve(int64(len(times)))
	_, l := onDisk(t, c.Data)
	served := known(t, c, l)
	for _, tt := range []struct {
		recognise config.Recognise
		same      bool
	}{{"14d", true}, {"address+agent", false}} {
		c.People.Recognise = tt.recognise
		reported, err := Report(t.Context(), ReportOptions{Config: c, Paths: []string{log}})
		if err != nil {
			t.Fatal(err)
		}
		one, err1 := json.Marshal([]any{served.Requests, served.People, served.UserUptime, served.FeltUptime, served.Visits, served.GaveUp, served.Windows})
		two, err2 := json.Marshal([]any{reported.Requests, reported.People, reported.UserUptime, reported.FeltUptime, reported.Visits, reported.GaveUp, reported.Windows})
		if err1 != nil || err2 != nil || (string(one) == string(two)) != tt.same {
			t.Errorf("people recognised by %s: a server says\n%.300s\nand a report\n%.300s", tt.recognise, one, two)
		}
	}
}

// Where there is no room for one more, those who are known are still followed, and there is
// room again when the others are long gone.
func TestWhoCrossesIsBounded(t *testing.T) {
	v := newCrossings(config.Config{Cutoff: 30 * time.Minute}, nil)
	const hour = int64(time.Hour / time.Millisecond)
	for p := range experience.Person(maxVisits) {
		v.see(p+1, hour)
	}
	v.see(1, 2*hour)
	v.see(maxVisits+1, 2*hour)
	if len(v.last) != maxVisits || !v.goesOn(1, 2*hour) || v.goesOn(maxVisits+1, 2*hour) {
		t.Errorf("%d are remembered, the first until %d", len(v.last), v.last[1])
	}
	v.see(maxVisits+1, 15*hour)
	if len(v.last) != 2 || !v.goesOn(maxVisits+1, 15*hour) {
		t.Errorf("%d are remembered when all but one are long gone, want that one and who came", len(v.last))
	}
}
