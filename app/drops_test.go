package app

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/honderd/honderd/config"
	"github.com/honderd/honderd/experience"
	"github.com/honderd/honderd/fold/intake"
	"github.com/honderd/honderd/ledger"
	"github.com/honderd/honderd/ledger/gather"
	"github.com/honderd/honderd/source/push"
)

func TestDropsAreCountedThroughRestarts(t *testing.T) {
	dir, log := t.TempDir(), slog.New(slog.DiscardHandler)
	d := openDrops(dir, log)
	d.add("push", inRequests, "no room", 2, true)
	d.add(gatewayName, inExperiences, spoolFull, 5, false)
	if err := d.save(); err != nil {
		t.Fatal(err)
	}
	d = openDrops(dir, log)
	d.add("push", inRequests, "no room", 1, true)
	list := withFolds(d.list(), intake.Answer{Total: experience.Tally{Rejects: map[string]experience.Reject{"no time": {Count: 7}}}}, 3)
	var got []string
	for _, one := range list {
		got = append(got, fmt.Sprint(one.Where, " ", one.Count, " ", one.What, " ", one.Reason, " ", one.Told))
	}
	want := []string{"sources 7 lines no time false", "gateway 5 experiences " + spoolFull + " false", "folds 3 experiences " + tooLate + " false", "push 3 requests no room true"}
	if strings.Join(got, "\n") != strings.Join(want, "\n") {
		t.Errorf("%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
	if err := os.WriteFile(filepath.Join(dir, dropsFile), []byte("{"), 0o600); err != nil {
		t.Fatal(err)
	}
	if n := len(openDrops(dir, log).list()); n != 0 {
		t.Errorf("%d counts out of a damaged file", n)
	}
	var none *drops
	none.add("x", "y", "z", 1, true)
}

// get returns what is at an address.
func get(t *testing.T, url string) (status int, body string) {
	t.Helper()
	r, err := http.Get(url)
	if err != nil {
		t.Fatal(err)
	}
	p, err := io.ReadAll(r.Body)
	if err = errors.Join(err, r.Body.Close()); err != nil {
		t.Fatal(err)
	}
	return r.StatusCode, string(p)
}

func TestWhatIsDroppedIsShown(t *testing.T) {
	c := config.Default()
	c.Listen, c.Data = "127.0.0.1:0", t.TempDir()
	base, stop := running(t, c)
	if status, _ := post(t, http.DefaultClient, base+push.Path+"?", strings.Repeat(" ", 9<<20)); status != 413 {
		t.Fatal(status)
	}
	body := fmt.Sprintf(`{"at":%d,"person":"a","path":"/","status":200}`+"\n"+`{"at":%d,"person":"a","path":"/","status":200}`+"\n{\n", time.Now().UnixMilli(), time.Now().Add(5*day).UnixMilli())
	if status, answer := post(t, http.DefaultClient, base+push.Path, body); status != 200 || !strings.Contains(answer, `"accepted":2`) {
		t.Fatal(status, answer)
	}
	requestsSeen(t, base, 1)
	var drops struct {
		Held  struct{ Experiences int64 }
		Drops []struct {
			Where, Reason string
			Count         int64
		}
	}
	_, text := get(t, base+"/api/v1/drops")
	if err := json.Unmarshal([]byte(text), &drops); err != nil {
		t.Fatal(err)
	}
	if drops.Held.Experiences != 1 || len(drops.Drops) != 2 || !strings.Contains(text, "too large") || !strings.Contains(text, `"where": "sources"`) {
		t.Errorf("%s", text)
	}
	if _, page := get(t, base+"/"); !strings.Contains(page, "What was not counted") || !strings.Contains(page, "too large") || !strings.Contains(page, "1 experiences are from the future") {
		t.Error("the page does not show it")
	}
	stop()
	list, err := Examine(t.Context(), c, nil)
	says := fmt.Sprint(list)
	if err != nil || !strings.Contains(says, "push: 1 requests: too large (whoever gave it was told)") || !strings.Contains(says, "1 experiences from the future wait") || !strings.Contains(says, "sources: 1 lines") {
		t.Errorf("doctor: %s, %v", says, err)
	}
}

// fullDisk is a ledger without room.
type fullDisk struct{ *ledger.Memory }

func (fullDisk) Append(context.Context, string, string, []byte) (ledger.Sequence, error) {
	return 0, fmt.Errorf("append: %w", ledger.ErrFull)
}

func TestAFullDiskIsToldToWhoSendsAndOnThePage(t *testing.T) {
	c := config.Default()
	c.Listen, c.Data = "127.0.0.1:0", t.TempDir()
	ctx, cancel := context.WithCancel(t.Context())
	s, err := NewServer(ctx, c, slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	room := s.gatherer
	if s.gatherer, err = gather.New(fullDisk{ledger.NewMemory()}, gather.Options{}); err != nil {
		t.Fatal(err)
	}
	ended := make(chan error, 1)
	go func() { ended <- s.Run(ctx) }()
	base, line := "http://"+s.Address(), `{"person":"a","path":"/","status":200}`
	if status, answer := post(t, http.DefaultClient, base+push.Path, line); status != 429 {
		t.Errorf("%d %s", status, answer)
	}
	if status, _ := get(t, base+"/-/ready"); status != 503 {
		t.Errorf("ready says %d", status)
	}
	if _, page := get(t, base+"/"); !strings.Contains(page, "What happens now is not counted: there is no room for it.") {
		t.Error("the page does not say that it is full")
	}
	if _, text := get(t, base+"/api/v1/drops"); !strings.Contains(text, `"full": true`) || !strings.Contains(text, `"no room"`) {
		t.Errorf("%s", text)
	}
	s.gatherer = room
	if status, _ := post(t, http.DefaultClient, base+push.Path, line); status != 200 {
		t.Errorf("with room again: %d", status)
	}
	if status, _ := get(t, base+"/-/ready"); status != 200 {
		t.Errorf("ready says %d with room again", status)
	}
	cancel()
	if err := <-ended; err != nil {
		t.Error(err)
	}
}

func TestASpoolThatCannotWriteIsCounted(t *testing.T) {
	d := &drops{}
	s, err := openSpool(filepath.Join(t.TempDir(), "spool"), slog.New(slog.DiscardHandler), d)
	if err != nil {
		t.Fatal(err)
	}
	if err := s.close(); err != nil {
		t.Fatal(err)
	}
	s.add(early("", 0, 0))
	if list := d.list(); len(list) != 1 || list[0].Count != 2 || list[0].Told {
		t.Errorf("counted %+v", list)
	}
}
