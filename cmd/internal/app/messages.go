package app

import (
	"cmp"
	"errors"
	"fmt"
	"time"

	"countermand/configs"
	"countermand/state"
)

// messageTexts reads the templates of all kinds and gives what makes the
// texts of a case from them. No texts and no error means that the operator
// wants nothing of that kind sent. A text names days of the case: one that
// was begun to be sent must be kept, or a day that moved would send it twice.
func messageTexts(c *configs.Config) (func(kind string, cs state.Case) ([]string, error), error) {
	kinds := map[string][]configs.MessageText{}
	var errs []error
	for _, kind := range configs.MessageKinds {
		texts, err := c.MessageTexts(kind)
		kinds[kind], errs = texts, append(errs, err)
	}
	china, _, err := calendars(c.Calendar)
	if err := errors.Join(append(errs, err)...); err != nil {
		return nil, err
	}
	return func(kind string, cs state.Case) ([]string, error) {
		texts, known := kinds[kind]
		if !known {
			return nil, fmt.Errorf("write a message of kind %q: there is no such kind", kind)
		}
		var out []string
		for _, t := range texts {
			s, err := t.Fill(messageFields(kind, cs, china.Zone()))
			if err != nil {
				return nil, fmt.Errorf("write the message %s.%s about order %s: %w; mend messages in the config", kind, t.Language, cs.SupplierOrder, err)
			}
			if s != "" {
				out = append(out, s)
			}
		}
		return out, nil
	}, nil
}

func messageFields(kind string, cs state.Case, zone *time.Location) configs.MessageFields {
	due := cs.Clocks[state.ClockProofDue]
	if kind == configs.MessageRequest {
		due = cs.Clocks[state.ClockAnswerDue]
	}
	if !due.IsZero() {
		due = due.Add(-time.Second) // a clock that ends at midnight ends with the day before
	}
	requested := cs.RequestedAt
	if requested.IsZero() {
		requested = cs.Attempt.FirstAt
	}
	return configs.MessageFields{Order: cs.SupplierOrder, Store: cs.Store, Requested: cmp.Or(cs.DayAt(requested).Date, dayIn(requested, zone)), Due: dayIn(due, zone)}
}

// dayIn writes a day as everybody reads it; nothing for no time.
func dayIn(t time.Time, zone *time.Location) string {
	if t.IsZero() {
		return ""
	}
	return t.In(zone).Format(time.DateOnly)
}
