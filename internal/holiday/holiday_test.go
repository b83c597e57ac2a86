package holiday

import (
	"slices"
	"strings"
	"testing"
	"time"
)

func zone(t *testing.T, name string) *time.Location {
	t.Helper()
	z, err := time.LoadLocation(name)
	if err != nil {
		t.Fatal(err)
	}
	return z
}

// during returns the holidays of a year as "01-02 name".
func during(t *testing.T, country string, year int, z *time.Location) []string {
	t.Helper()
	days, err := Between(country, time.Date(year, 1, 1, 0, 0, 0, 0, z), time.Date(year+1, 1, 1, 0, 0, 0, 0, z), z)
	if err != nil {
		t.Fatal(err)
	}
	var list []string
	for _, d := range days {
		list = append(list, d.From.In(z).Format("01-02 ")+d.Name)
	}
	return list
}

func TestYears(t *testing.T) {
	tests := []struct {
		country string
		year    int
		want    string
	}{
		{
			"nl", 2025, "01-01 Nieuwjaarsdag; 04-20 Eerste Paasdag; 04-21 Tweede Paasdag; 04-26 Koningsdag; 05-05 Bevrijdingsdag; " +
				"05-29 Hemelvaartsdag; 06-08 Eerste Pinksterdag; 06-09 Tweede Pinksterdag; 12-25 Eerste Kerstdag; 12-26 Tweede Kerstdag",
		},
		{
			"NL", 2026, "01-01 Nieuwjaarsdag; 04-05 Eerste Paasdag; 04-06 Tweede Paasdag; 04-27 Koningsdag; " +
				"05-14 Hemelvaartsdag; 05-24 Eerste Pinksterdag; 05-25 Tweede Pinksterdag; 12-25 Eerste Kerstdag; 12-26 Tweede Kerstdag",
		},
		{
			"be", 2026, "01-01 Nieuwjaarsdag; 04-06 Paasmaandag; 05-01 Dag van de Arbeid; 05-14 Onze Lieve Heer Hemelvaart; 05-25 Pinkstermaandag; " +
				"07-21 Nationale Feestdag; 08-15 Onze Lieve Vrouw Hemelvaart; 11-01 Allerheiligen; 11-11 Wapenstilstand; 12-25 Kerstmis",
		},
		{
			"uk", 2022, "01-01 New Year's Day; 01-03 New Year's Day; 04-15 Good Friday; 04-18 Easter Monday; 05-02 Early May; " +
				"06-02 Spring Bank Holiday; 06-03 Platinum Jubilee Bank Holiday; 08-29 Summer Bank Holiday; 12-25 Christmas Day; " +
				"12-26 Boxing Day, Christmas Day; 12-27 Boxing Day",
		},
	}
	for _, tt := range tests {
		t.Run(tt.country, func(t *testing.T) {
			if got := strings.Join(during(t, tt.country, tt.year, time.UTC), "; "); got != tt.want {
				t.Errorf("holidays of %s in %d =\n%s, want\n%s", tt.country, tt.year, got, tt.want)
			}
		})
	}
}

func TestOfficialListHasWorkingDays(t *testing.T) {
	got := during(t, "nl-official", 2026, time.UTC)
	for _, want := range []string{"04-03 Goede Vrijdag", "05-05 Bevrijdingsdag"} {
		if !slices.Contains(got, want) {
			t.Errorf("nl-official 2026 = %v, want %s among them", got, want)
		}
	}
}

func TestEveryRegionHasHolidays(t *testing.T) {
	codes := Known()
	if len(codes) < 70 || !slices.IsSorted(codes) || len(slices.Compact(slices.Clone(codes))) != len(codes) {
		t.Errorf("Known() = %v", codes)
	}
	for _, code := range codes {
		if n := len(during(t, code, 2026, time.UTC)); n < 5 || n > 25 {
			t.Errorf("%s has %d holidays in 2026", code, n)
		}
	}
}

func TestDaysAreLocal(t *testing.T) {
	tests := []struct {
		name, country, zone string
		from, to            string
		want                string // from/to, UTC
	}{
		{"amsterdam", "nl", "Europe/Amsterdam", "2026-12-25T12:00:00Z", "2026-12-25T13:00:00Z", "2026-12-24T23:00:00Z/2026-12-25T23:00:00Z"},
		{"auckland", "nz", "Pacific/Auckland", "2026-12-24T12:00:00Z", "2026-12-24T13:00:00Z", "2026-12-24T11:00:00Z/2026-12-25T11:00:00Z"},
		{"23 hours", "nl", "Europe/Amsterdam", "2027-03-28T12:00:00Z", "2027-03-28T12:00:01Z", "2027-03-27T23:00:00Z/2027-03-28T22:00:00Z"},
		{"before it", "nl", "Europe/Amsterdam", "2026-12-24T22:00:00Z", "2026-12-24T23:00:00Z", ""},
		{"after it", "nl", "Europe/Amsterdam", "2026-12-26T23:00:00Z", "2026-12-27T23:00:00Z", ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			from, _ := time.Parse(time.RFC3339, tt.from)
			to, _ := time.Parse(time.RFC3339, tt.to)
			days, err := Between(tt.country, from, to, zone(t, tt.zone))
			if err != nil {
				t.Fatal(err)
			}
			var got []string
			for _, d := range days {
				got = append(got, d.From.UTC().Format(time.RFC3339)+"/"+d.To.UTC().Format(time.RFC3339))
			}
			if strings.Join(got, " ") != tt.want {
				t.Errorf("Between() = %v, want %s", got, tt.want)
			}
		})
	}
}

func TestUnknown(t *testing.T) {
	tests := []struct{ give, want string }{
		{"nl", ""},
		{" De-By ", ""},
		{"xx", `public holidays of "xx" are not known (fix: write one of ar, at, be, bg, `},
		{"", "are not known"},
		{"au", `differ by region (fix: write one of au-act, au-nsw`},
	}
	for _, tt := range tests {
		err := Check(tt.give)
		if (err == nil) != (tt.want == "") || err != nil && !strings.Contains(err.Error(), tt.want) {
			t.Errorf("Check(%q) = %v, want %q", tt.give, err, tt.want)
		}
	}
	if _, err := Between("xx", time.Time{}, time.Time{}, time.UTC); err == nil {
		t.Error("Between an unknown country gives no error")
	}
}
