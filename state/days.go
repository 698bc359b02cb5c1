package state

import (
	"maps"
	"time"
)

// Field names a date of a reading or a case, as its JSON does.
type Field string

// The dates of which a supplier's page may tell the day alone.
const (
	FieldOrderedAt   Field = "ordered_at"
	FieldPaidAt      Field = "paid_at"
	FieldShippedAt   Field = "shipped_at"
	FieldClosedAt    Field = "closed_at"
	FieldFinishedAt  Field = "finished_at"
	FieldRequestedAt Field = "requested_at"
	FieldAnsweredAt  Field = "answered_at"
)

// Day is a date without an hour. The field that it stands for holds its
// beginning.
type Day struct {
	Date string    `json:"date"` // 2006-01-02
	End  time.Time `json:"end"`  // the midnight that ends it, in UTC
}

// DayOf is the day that begins at a time, in the time's zone.
func DayOf(begin time.Time) Day {
	return Day{Date: begin.Format(time.DateOnly), End: begin.AddDate(0, 0, 1).UTC()}
}

// IsZero tells whether there is no such day.
func (d Day) IsZero() bool { return d.Date == "" }

// Days are the dates without an hour among some dates: days in the page's zone,
// compared, counted and shown as such. A date that is not here is a moment.
type Days map[Field]Day

// End is when a date is surely over: the day's end, or the moment itself.
func (d Days) End(f Field, at time.Time) time.Time {
	if day := d[f]; !day.IsZero() && !at.IsZero() {
		return day.End
	}
	return at
}

// Last is the last moment that a date can mean.
func (d Days) Last(f Field, at time.Time) time.Time {
	if end := d.End(f, at); !end.Equal(at) {
		return end.Add(-1)
	}
	return at
}

// With notes whether a date is a day; the zero Day makes it a moment. d is left
// as it is.
func (d Days) With(f Field, day Day) Days {
	out := maps.Clone(d)
	if delete(out, f); day.IsZero() {
		return out
	}
	if out == nil {
		out = Days{}
	}
	out[f] = day
	return out
}

// DayAt is the day among the dates of a case that begins at a time, the zero one
// where none does.
func (c Case) DayAt(at time.Time) Day {
	for f, have := range map[Field]time.Time{
		FieldOrderedAt: c.OrderedAt, FieldPaidAt: c.PaidAt, FieldShippedAt: c.ShippedAt, FieldClosedAt: c.ClosedAt,
		FieldFinishedAt: c.ReceivedAt, FieldRequestedAt: c.RequestedAt, FieldAnsweredAt: c.AnsweredAt,
	} {
		if day, ok := c.Days[f]; ok && !at.IsZero() && have.Equal(at) {
			return day
		}
	}
	return Day{}
}
