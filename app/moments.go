package app

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"strings"
	"sync"
	"time"

	"github.com/honderd/honderd/config"
	"github.com/honderd/honderd/fold/felt"
	"github.com/honderd/honderd/moment"
	"github.com/honderd/honderd/view"
)

// Limits of a calendar that is fetched from an address.
const (
	maxCalendar   = 16 << 20 // bytes
	fetchCalendar = 15 * time.Second
)

// calendars are the moments of a configuration, with what stands in their files.
type calendars struct {
	zone *time.Location
	list []moment.Written
	by   view.Recognised

	mu    sync.Mutex
	files map[string][]byte // by path or address
}

// newCalendars returns the moments of c, or every mistake in them. No file is read yet.
func newCalendars(c config.Config) (*calendars, error) {
	zone, err := c.Location()
	if err != nil {
		return nil, err
	}
	k := &calendars{zone: zone, by: view.NewRecognised(c.People.Recognise.Days(), c.People.Recognise.By()), files: map[string][]byte{}}
	errs := make([]error, 0, len(c.Moments))
	for _, m := range c.Moments {
		w := m.Written()
		errs = append(errs, w.Validate())
		k.list = append(k.list, w)
	}
	return k, errors.Join(errs...)
}

// CheckMoments returns every mistake in the moments of c.
func CheckMoments(c config.Config) error {
	_, err := newCalendars(c)
	return err
}

// load reads the files of all calendars anew. What cannot be read stays as it was.
func (k *calendars) load(ctx context.Context) error {
	var errs []error
	for _, w := range k.list {
		if w.Calendar == "" {
			continue
		}
		content, err := readCalendar(ctx, w.Calendar)
		if err == nil {
			_, err = w.Moment(content, nil, k.zone)
		}
		if err != nil {
			errs = append(errs, fmt.Errorf("moment %q: %w", w.Name, err))
			continue
		}
		k.mu.Lock()
		k.files[w.Calendar] = content
		k.mu.Unlock()
	}
	return errors.Join(errs...)
}

// readCalendar returns what stands in the calendar at a path or an address.
func readCalendar(ctx context.Context, where string) ([]byte, error) {
	if !strings.HasPrefix(where, "https://") && !strings.HasPrefix(where, "http://") {
		content, err := os.ReadFile(where)
		if err != nil {
			return nil, fmt.Errorf("read calendar: %w (fix: write the path of an iCalendar file, or its address)", err)
		}
		return content, nil
	}
	ctx, stop := context.WithTimeout(ctx, fetchCalendar)
	defer stop()
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, where, http.NoBody)
	if err != nil {
		return nil, fmt.Errorf("calendar: %w (fix: write an address as https://example.com/calendar.ics)", err)
	}
	answer, err := http.DefaultClient.Do(request)
	if err != nil {
		return nil, fmt.Errorf("fetch calendar: %w (fix: look whether the address can be reached from here)", err)
	}
	content, err := io.ReadAll(io.LimitReader(answer.Body, maxCalendar+1))
	err = errors.Join(err, answer.Body.Close())
	switch {
	case err != nil:
		return nil, fmt.Errorf("fetch calendar %s: %w", where, err)
	case answer.StatusCode != http.StatusOK:
		return nil, fmt.Errorf("fetch calendar %s: %s (fix: look whether the address is still right)", where, answer.Status)
	case len(content) > maxCalendar:
		return nil, fmt.Errorf("fetch calendar %s: longer than %d MiB (fix: choose a smaller one)", where, maxCalendar>>20)
	}
	return content, nil
}

// of returns the occurrences of each moment in the period of a. A moment that cannot be
// found out has none.
func (k *calendars) of(a felt.Answer) []view.Calendar {
	var list []view.Calendar
	k.mu.Lock()
	defer k.mu.Unlock()
	for _, w := range k.list {
		c := view.Calendar{Name: w.Name, Zone: k.zone}
		if m, err := w.Moment(k.files[w.Calendar], hoursOf(a), k.zone); err == nil {
			c.Zone = m.Zone
			c.Spans, err = spansOf(m, a)
			c.Problem = errText(err)
		} else {
			c.Problem = errText(err)
		}
		list = append(list, c)
	}
	return list
}

func errText(err error) string {
	if err == nil {
		return ""
	}
	return err.Error()
}

func spansOf(m moment.Moment, a felt.Answer) ([]felt.Span, error) {
	if a.From == 0 {
		return nil, nil
	}
	spans, err := m.Occurrences(time.UnixMilli(a.From), time.UnixMilli(a.To+1))
	list := make([]felt.Span, 0, len(spans))
	for _, s := range spans {
		list = append(list, felt.Span{From: s.From.UnixMilli(), To: s.To.UnixMilli()})
	}
	return list, err
}

// hoursOf returns how many people there were in each hour.
func hoursOf(a felt.Answer) []moment.Hour {
	list := make([]moment.Hour, 0, len(a.All.Hours))
	for _, h := range a.All.Hours {
		list = append(list, moment.Hour{From: time.UnixMilli(h.From), People: h.Active})
	}
	return list
}

// Suggestions are what logs say about when people were there.
type Suggestions struct {
	zone  *time.Location
	hours []moment.Hour
}

// NewSuggestions reads logs.
func NewSuggestions(ctx context.Context, o ReportOptions) (Suggestions, error) {
	zone, err := o.Config.Location()
	if err != nil {
		return Suggestions{}, err
	}
	if zone == time.Local { // its name would not be known elsewhere
		zone = time.UTC
	}
	f, err := foldReport(ctx, o)
	if err != nil {
		return Suggestions{}, err
	}
	return Suggestions{zone, hoursOf(f.felt.Answer())}, nil
}

// List returns the moments that the logs speak for, or why there are none.
func (s Suggestions) List() ([]moment.Suggestion, error) { return moment.Suggest(s.hours, s.zone) }

// Zone returns the name of the time zone of the suggestions.
func (s Suggestions) Zone() string {
	if name := s.zone.String(); name != "Local" {
		return name
	}
	return "UTC"
}
