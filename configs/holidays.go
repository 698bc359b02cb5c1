package configs

import (
	"fmt"
	"strings"
	"time"
)

// HolidayYear is one year of public holidays that an operator supplies. The
// times are dates at midnight UTC.
type HolidayYear struct {
	// Calendar is the one it belongs to: cn, or the bank's code.
	Calendar string
	Year     int
	Off      []time.Time
	// Work are the weekend days that are worked.
	Work []time.Time
}

// holidayFile is such a year as it is written: dates, or ranges of them as in
// 2027-02-06..2027-02-12, both ends included.
type holidayFile struct {
	Calendar string   `yaml:"calendar"`
	Year     int      `yaml:"year"`
	Off      []string `yaml:"off"`
	Work     []string `yaml:"work"`
}

// Reread reads the files anew. Where one is not right the error holds every
// problem, and the calendar is as it was.
func (c Calendar) Reread() (Calendar, error) {
	d, fresh := newDecoder(""), Config{Calendar: c}
	fresh.Calendar.Years = nil
	if d.calendarFiles(&fresh); len(d.problems) > 0 {
		return c, d.problems
	}
	return fresh.Calendar, nil
}

// calendarFiles reads the operator's years.
func (d *decoder) calendarFiles(c *Config) {
	for i, path := range c.Calendar.Files {
		field := fmt.Sprintf("calendar.files[%d]", i)
		data, err := readLimited(path)
		if err != nil {
			d.bad(field, "%s %v", path, err)
			continue
		}
		year, problems := parseHolidays(path, data, c.Calendar)
		for _, p := range problems {
			d.bad(field, "%v", p)
		}
		for _, other := range c.Calendar.Years {
			if other.Calendar == year.Calendar && other.Year == year.Year {
				d.bad(field, "the year %d of %s is given by an earlier file too; keep one", year.Year, year.Calendar)
			}
		}
		c.Calendar.Years = append(c.Calendar.Years, year)
	}
}

func parseHolidays(path string, data []byte, used Calendar) (HolidayYear, Problems) {
	d := newDecoder(path)
	f := holidayFile{Calendar: used.Supplier}
	d.document(data, &f)
	if f.Calendar != used.Supplier && f.Calendar != used.Bank {
		d.bad("calendar", "%q is neither calendar.supplier (%s) nor calendar.bank (%s)", f.Calendar, used.Supplier, used.Bank)
	}
	if f.Year < 2000 || f.Year > 2100 {
		d.bad("year", "must be given, as in year: 2027")
	}
	if len(f.Off) == 0 {
		d.bad("off", "must list the year's days off, as in off: [2027-01-01, 2027-02-06..2027-02-12]")
	}
	y := HolidayYear{Calendar: f.Calendar, Year: f.Year, Off: d.dates("off", f.Off, f.Year), Work: d.dates("work", f.Work, f.Year)}
	inFileOrder(d.problems)
	return y, d.problems
}

// dates spells out dates and ranges, all of which must lie in the year.
func (d *decoder) dates(field string, ranges []string, year int) []time.Time {
	var out []time.Time
	for i, text := range ranges {
		at := fmt.Sprintf("%s[%d]", field, i)
		from, to, isRange := strings.Cut(text, "..")
		if !isRange {
			to = from
		}
		first, err1 := time.Parse(time.DateOnly, strings.TrimSpace(from))
		last, err2 := time.Parse(time.DateOnly, strings.TrimSpace(to))
		switch {
		case err1 != nil || err2 != nil:
			d.bad(at, "%q is not a date; write 2027-02-06, or 2027-02-06..2027-02-12", text)
			continue
		case first.Year() != year || last.Year() != year:
			d.bad(at, "%s is not in %d; one file holds one year", text, year)
			continue
		case last.Before(first):
			d.bad(at, "%s ends before it begins", text)
			continue
		}
		for day := first; !day.After(last); day = day.AddDate(0, 0, 1) {
			out = append(out, day)
		}
	}
	return out
}
