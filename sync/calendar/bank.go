package calendar

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/rickar/cal/v2"
	"github.com/rickar/cal/v2/at"
	"github.com/rickar/cal/v2/au"
	"github.com/rickar/cal/v2/be"
	"github.com/rickar/cal/v2/ca"
	"github.com/rickar/cal/v2/ch"
	"github.com/rickar/cal/v2/de"
	"github.com/rickar/cal/v2/dk"
	"github.com/rickar/cal/v2/ecb"
	"github.com/rickar/cal/v2/es"
	"github.com/rickar/cal/v2/fr"
	"github.com/rickar/cal/v2/gb"
	"github.com/rickar/cal/v2/ie"
	"github.com/rickar/cal/v2/it"
	"github.com/rickar/cal/v2/nl"
	"github.com/rickar/cal/v2/no"
	"github.com/rickar/cal/v2/nz"
	"github.com/rickar/cal/v2/pl"
	"github.com/rickar/cal/v2/se"
	"github.com/rickar/cal/v2/us"
)

var banks = map[string][]*cal.Holiday{
	"at": at.Holidays, "au": au.HolidaysNSW, "be": be.Holidays, "ca": ca.Holidays, "ch": ch.Holidays,
	"de": de.Holidays, "dk": dk.Holidays, "ecb": ecb.Holidays, "es": es.Holidays, "fr": fr.Holidays,
	"gb": gb.Holidays, "ie": ie.Holidays, "it": it.Holidays, "nl": nl.Holidays, "no": no.Holidays,
	"nz": nz.Holidays, "pl": pl.Holidays, "se": se.Holidays, "us": federalReserve(),
}

func init() {
	// The library works out its dates in the machine's zone; where that zone
	// skips a midnight a holiday would slide to the day before.
	cal.DefaultLoc = time.UTC
}

// federalReserve takes the federal holidays without their Friday before: the
// Reserve Banks move a holiday from Sunday to Monday, and stay open on the
// Friday when it falls on a Saturday.
func federalReserve() []*cal.Holiday {
	var out []*cal.Holiday
	for _, h := range us.Holidays {
		if h.Observed != nil {
			h = h.Clone(&cal.Holiday{Observed: []cal.AltDay{{Day: time.Sunday, Offset: 1}}})
		}
		out = append(out, h)
	}
	return out
}

// Bank is the calendar of a country's banks, counted in zone; "ecb" is the
// euro area's settlement calendar. Every year is known. An unknown country is
// an error that lists the known ones.
func Bank(country string, zone *time.Location) (*Calendar, error) {
	holidays, ok := banks[strings.ToLower(country)]
	if !ok {
		return nil, fmt.Errorf("no bank calendar for %q; known are %s", country, strings.Join(Banks(), ", "))
	}
	book := &cal.Calendar{Holidays: holidays}
	return &Calendar{
		name: strings.ToLower(country),
		zone: zone,
		holiday: func(day time.Time) bool {
			_, observed, _ := book.IsHoliday(day)
			return observed
		},
	}, nil
}

// Banks lists the codes that Bank knows, sorted.
func Banks() []string { return slices.Sorted(maps.Keys(banks)) }
