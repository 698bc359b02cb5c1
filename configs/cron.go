package configs

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
)

// cronField is one of the five: its bounds and the names it takes.
type cronField struct {
	name     string
	min, max int
	words    []string // the first stands for min
}

var cronFields = []cronField{
	{"minute", 0, 59, nil},
	{"hour", 0, 23, nil},
	{"day of the month", 1, 31, nil},
	{"month", 1, 12, []string{"jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"}},
	{"day of the week", 0, 6, []string{"sun", "mon", "tue", "wed", "thu", "fri", "sat"}},
}

// checkCron holds a schedule to the plain five fields. The scheduler's own
// parser takes more, panics on some of it, and silently never fires on other.
// Empty is allowed: no schedule.
func checkCron(spec string) error {
	if spec == "" {
		return nil
	}
	fields := strings.Fields(spec)
	if len(fields) != len(cronFields) {
		return fmt.Errorf("%q is not a schedule; write five fields, minute hour day month weekday, such as \"0 8 * * *\"; the zone is alerts.timezone", spec)
	}
	for i, text := range fields {
		for item := range strings.SplitSeq(text, ",") {
			if !cronFields[i].takes(item) {
				return fmt.Errorf("%q in %q is not possible as %s", item, spec, cronFields[i].name)
			}
		}
	}
	return checkDayExists(fields[2], fields[3], fields[4])
}

// takes tells whether one item fits: *, 5, 1-5, mon-fri, each with a step.
func (f cronField) takes(item string) bool {
	span, step, stepped := strings.Cut(item, "/")
	if stepped {
		if n, err := strconv.Atoi(step); err != nil || n < 1 || n > f.max {
			return false
		}
	}
	if span == "*" {
		return true
	}
	from, to, isRange := strings.Cut(span, "-")
	a, okA := f.value(from)
	if !isRange {
		return okA
	}
	b, okB := f.value(to)
	return okA && okB && a <= b
}

func (f cronField) value(text string) (int, bool) {
	if i := slices.Index(f.words, strings.ToLower(text)); i >= 0 {
		return f.min + i, true
	}
	n, err := strconv.Atoi(text)
	return n, err == nil && n >= f.min && n <= f.max
}

// checkDayExists refuses a single date that no year has, such as 31 February:
// it would never fire, and nobody would miss it.
func checkDayExists(days, month, weekday string) error {
	longest := []int{31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31}
	d, errDay := strconv.Atoi(days)
	m, ok := cronFields[3].value(month)
	if errDay == nil && ok && weekday == "*" && d > longest[m-1] {
		return fmt.Errorf("day %d of month %s never comes", d, month)
	}
	return nil
}
