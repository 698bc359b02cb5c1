package calendar

import (
	"strings"
	"testing"
	"time"
)

func day(s string) time.Time { return mustDay(s) }

// local reads a local time of a zone.
func local(t *testing.T, clock, zone string) time.Time {
	t.Helper()
	out, err := time.ParseInLocation("2006-01-02 15:04", clock, mustLoad(zone))
	if err != nil {
		t.Fatal(err)
	}
	return out
}

func TestChinaVectors(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		from string
		n    int
		last string // the nth working day; the deadline is its end
	}{
		{"2026-02-12", 7, "2026-02-28"},
		{"2026-04-29", 7, "2026-05-12"},
		{"2026-09-29", 7, "2026-10-14"},
		{"2026-09-18", 7, "2026-09-29"},
		{"2026-11-20", 7, "2026-12-01"},
		{"2026-02-12", 5, "2026-02-26"},
		{"2025-01-24", 6, "2025-02-08"}, // both make-up days of that break
		{"2025-09-26", 7, "2025-10-13"},
	} {
		for _, hour := range []string{"00:00", "09:30", "23:59"} {
			end, latest, estimated := China().AddWorkingDays(local(t, tc.from+" "+hour, "Asia/Shanghai"), tc.n)
			want := local(t, tc.last+" 00:00", "Asia/Shanghai").AddDate(0, 0, 1).UTC()
			if !end.Equal(want) || !latest.Equal(end) || end.Location() != time.UTC || estimated {
				t.Errorf("%s %s + %d = %v (estimated %v), want %v", tc.from, hour, tc.n, end, estimated, want)
			}
		}
	}
}

func TestStartDayIsShanghais(t *testing.T) {
	t.Parallel()
	evening := local(t, "2026-02-11 18:00", "America/Los_Angeles") // the 12th in Shanghai
	end, _, _ := China().AddWorkingDays(evening, 7)
	if want := time.Date(2026, 2, 28, 16, 0, 0, 0, time.UTC); !end.Equal(want) {
		t.Errorf("end is %v, want %v", end, want)
	}
}

func TestNoDaysMeansEndOfStartDay(t *testing.T) {
	t.Parallel()
	end, _, estimated := China().AddWorkingDays(local(t, "2026-02-12 08:00", "Asia/Shanghai"), 0)
	if want := time.Date(2026, 2, 12, 16, 0, 0, 0, time.UTC); !end.Equal(want) || estimated {
		t.Errorf("end is %v (estimated %v), want %v", end, estimated, want)
	}
}

func TestYearWithoutDataIsEstimated(t *testing.T) {
	t.Parallel()
	from := local(t, "2026-12-24 10:00", "Asia/Shanghai")
	if _, _, estimated := China().AddWorkingDays(from, 5); estimated {
		t.Error("the fifth day is 2026-12-31, all of 2026 is known")
	}
	end, latest, estimated := China().AddWorkingDays(from, 6)
	if want := time.Date(2027, 1, 4, 16, 0, 0, 0, time.UTC); !end.Equal(want) || !latest.Equal(want) || !estimated {
		t.Errorf("end is %v or %v (estimated %v), want %v: the 1st is off by law", end, latest, estimated, want)
	}

	known, err := China().With(Year{Year: 2027, Off: days("2027-01-01..2027-01-03"), Work: days("2027-01-09")})
	if err != nil {
		t.Fatal(err)
	}
	end, _, estimated = known.AddWorkingDays(from, 6)
	if want := time.Date(2027, 1, 4, 16, 0, 0, 0, time.UTC); !end.Equal(want) || estimated {
		t.Errorf("end is %v (estimated %v), want %v", end, estimated, want)
	}
	if _, _, still := China().AddWorkingDays(from, 6); !still {
		t.Error("With changed the calendar it was called on")
	}
}

func TestWorkingDay(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		clock          string
		working, known bool
	}{
		{"2026-01-04 12:00", true, true},   // a Sunday, worked
		{"2026-02-16 12:00", false, true},  // a Monday, off
		{"2026-03-02 00:00", true, true},   // a plain Monday
		{"2026-03-07 12:00", false, true},  // a plain Saturday
		{"2024-10-01 12:00", true, false},  // no data: a Tuesday
		{"2028-01-01 12:00", false, false}, // no data: a Saturday
	} {
		working, known := China().WorkingDay(local(t, tc.clock, "Asia/Shanghai"))
		if working != tc.working || known != tc.known {
			t.Errorf("%s: working %v, known %v", tc.clock, working, known)
		}
	}
	if working, _ := China().WorkingDay(time.Date(2026, 1, 3, 17, 0, 0, 0, time.UTC)); !working {
		t.Error("17:00 UTC on the 3rd is the 4th in Shanghai, a make-up day")
	}
}

// unpublished is China's calendar before anything was published.
func unpublished() *Calendar { return &Calendar{name: "cn", zone: shanghai, feasts: chinaFeasts} }

// TestAnEstimateHoldsWhatIsPublished: from whatever day on, the count by the
// published days ends between the bounds that law and custom give.
func TestAnEstimateHoldsWhatIsPublished(t *testing.T) {
	t.Parallel()
	for _, y := range chinaYears {
		for d := (date{y.Year, time.January, 1}); d.month < time.December; d = d.next() {
			for n := 1; n <= 15; n++ {
				from := startOf(d, shanghai)
				truth, _, estimated := China().AddWorkingDays(from, n)
				earliest, latest, guessed := unpublished().AddWorkingDays(from, n)
				if estimated || !guessed || truth.Before(earliest) || truth.After(latest) {
					t.Fatalf("%s + %d is %s, and was to be between %s and %s", d, n, truth, earliest, latest)
				}
			}
		}
	}
}

// TestEstimates: the bounds of a year that nobody has published.
func TestEstimates(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		from             string
		n                int
		earliest, latest string // the last working day
	}{
		{"2027-01-29", 5, "2027-02-03", "2027-02-16"}, // a weekend before is worked, or ten days and it are off
		{"2027-03-05", 7, "2027-03-16", "2027-03-16"}, // no holiday is near
		{"2027-04-01", 5, "2027-04-09", "2027-04-09"}, // Qingming is a Monday: nothing is worked for it
		{"2027-04-23", 5, "2027-04-28", "2027-04-30"}, // up to two days are worked for Labour Day
		{"2027-04-29", 2, "2027-05-03", "2027-05-06"}, // which ends on the 2nd or the 5th
		{"2027-06-07", 3, "2027-06-11", "2027-06-11"}, // Dragon Boat is a Wednesday
		{"2027-09-30", 1, "2027-10-04", "2027-10-11"}, // to the 3rd, or to the 8th and a weekend
		{"2030-12-20", 8, "2030-12-31", "2031-01-02"}, // a weekend may be worked for a Wednesday
	} {
		earliest, latest, estimated := China().AddWorkingDays(local(t, tc.from+" 10:00", "Asia/Shanghai"), tc.n)
		last := func(end time.Time) string { return dateOf(end.Add(-time.Minute).In(shanghai)).String() }
		if last(earliest) != tc.earliest || last(latest) != tc.latest || !estimated {
			t.Errorf("%s + %d is between %s and %s (estimated %v), want %s and %s", tc.from, tc.n, last(earliest), last(latest), estimated, tc.earliest, tc.latest)
		}
	}
}

func TestKnownUntil(t *testing.T) {
	t.Parallel()
	bank, err := Bank("us", time.UTC)
	if err != nil {
		t.Fatal(err)
	}
	more, err := China().With(Year{Year: 2027, Off: days("2027-01-01")}, Year{Year: 2029, Off: days("2029-01-01")})
	if err != nil {
		t.Fatal(err)
	}
	for _, tc := range []struct {
		c    *Calendar
		on   string
		want string
		ends bool
	}{
		{China(), "2026-11-29", "2026-12-31", true},
		{China(), "2027-01-01", "0001-01-01", true},
		{more, "2026-11-29", "2027-12-31", true},
		{bank, "2026-11-29", "0001-01-01", false},
	} {
		if last, ends := tc.c.KnownUntil(day(tc.on)); last.Format(time.DateOnly) != tc.want || ends != tc.ends {
			t.Errorf("%s on %s: known until %s, %v", tc.c.Name(), tc.on, last.Format(time.DateOnly), ends)
		}
	}
}

// Each make-up day must be a weekend and each year must hold China's seven
// holidays, else a line of the table is mistyped.
func TestBuiltInTableIsPlausible(t *testing.T) {
	t.Parallel()
	for _, y := range chinaYears {
		for _, d := range y.Work {
			if !dateOf(d).weekend() {
				t.Errorf("%v is worked anyway", dateOf(d))
			}
		}
		worked := 0
		for d := (date{y.Year, time.January, 1}); d.year == y.Year; d = d.next() {
			if ok, known := China().working(d); !known {
				t.Errorf("%v is not known", d)
			} else if ok {
				worked++
			}
		}
		if worked != 248 { // the State Council's own count for both years
			t.Errorf("%d has %d working days", y.Year, worked)
		}
	}
}

func TestWithRefuses(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		name string
		year Year
		want string
	}{
		{"empty", Year{Year: 2027}, "no day off"},
		{"other year", Year{Year: 2027, Off: days("2026-01-01")}, "2026-01-01 is not in that year"},
		{"both", Year{Year: 2027, Off: days("2027-01-01"), Work: days("2027-01-01")}, "off and as worked"},
	} {
		if _, err := China().With(tc.year); err == nil || !strings.Contains(err.Error(), tc.want) {
			t.Errorf("%s: error is %v", tc.name, err)
		}
	}
}

func TestBanks(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		country, date string
		working       bool
	}{
		{"us", "2026-11-26", false}, // Thanksgiving
		{"us", "2026-07-03", true},  // the 4th is a Saturday: the Reserve Banks stay open on Friday
		{"us", "2027-07-05", false}, // the 4th is a Sunday: Monday
		{"us", "2026-10-01", true},  // China's national day is nobody else's
		{"gb", "2026-12-28", false}, // Boxing Day in lieu
		{"de", "2026-10-03", false},
		{"de", "2026-05-14", false}, // Ascension
		{"dk", "2026-04-02", false}, // Maundy Thursday
		{"se", "2026-06-19", false}, // Midsummer's eve
		{"ecb", "2026-05-01", false},
		{"GB", "2026-04-06", false}, // Easter Monday; codes in any case
	} {
		c, err := Bank(tc.country, time.UTC)
		if err != nil {
			t.Fatal(err)
		}
		if working, known := c.WorkingDay(day(tc.date)); working != tc.working || !known {
			t.Errorf("%s %s: working %v, known %v", tc.country, tc.date, working, known)
		}
	}
	if _, err := Bank("xx", time.UTC); err == nil || !strings.Contains(err.Error(), "us") {
		t.Errorf("an unknown country must name the known ones, got %v", err)
	}
}

func TestEveryBankHasHolidays(t *testing.T) {
	t.Parallel()
	for _, code := range Banks() {
		c, err := Bank(code, time.UTC)
		if err != nil {
			t.Fatal(err)
		}
		if working, _ := c.WorkingDay(day("2026-01-01")); working || c.Name() != code {
			t.Errorf("%s works on New Year's Day", code)
		}
	}
}

func TestRefundClockCountsBankDays(t *testing.T) {
	t.Parallel()
	c, err := Bank("us", mustLoad("America/New_York"))
	if err != nil {
		t.Fatal(err)
	}
	// 15 bank days over Thanksgiving, and over the hour that changes in March.
	for from, last := range map[string]string{"2026-11-20 15:00": "2026-12-14", "2026-03-02 15:00": "2026-03-23"} {
		end, _, _ := c.AddWorkingDays(local(t, from, "America/New_York"), 15)
		if want := local(t, last+" 00:00", "America/New_York").AddDate(0, 0, 1); !end.Equal(want) {
			t.Errorf("15 days from %s end %v, want %v", from, end, want)
		}
	}
}

// A bank year given by the operator replaces the library's.
func TestBankWithYear(t *testing.T) {
	t.Parallel()
	c, err := Bank("us", time.UTC)
	if err != nil {
		t.Fatal(err)
	}
	c, err = c.With(Year{Year: 2026, Off: days("2026-06-01")})
	if err != nil {
		t.Fatal(err)
	}
	if working, _ := c.WorkingDay(day("2026-06-01")); working {
		t.Error("the operator's day off is ignored")
	}
	if working, _ := c.WorkingDay(day("2026-11-26")); !working {
		t.Error("the year was merged, not replaced")
	}
}
