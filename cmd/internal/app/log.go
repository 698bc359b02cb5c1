package app

import (
	"io"
	"time"

	"github.com/rs/zerolog"

	"countermand/configs"
)

// NewLog writes to w as the configuration says. Under journald each line gets
// its priority in front, as journald reads it; the line itself stays JSON.
func NewLog(c configs.Log, w io.Writer, journald bool, now func() time.Time) zerolog.Logger {
	level, err := zerolog.ParseLevel(c.Level)
	if err != nil {
		level = zerolog.InfoLevel // the configuration was checked; a level added later must not silence it
	}
	switch {
	case c.Format == "console":
		w = zerolog.ConsoleWriter{Out: w, TimeFormat: time.RFC3339}
	case journald:
		w = priority{w}
	}
	return zerolog.New(w).Level(level).With().Timestamp().Logger().Hook(clockHook{now})
}

// clockHook adds the daemon's own time where it is not the real one.
type clockHook struct{ now func() time.Time }

// Run adds the field.
func (h clockHook) Run(e *zerolog.Event, _ zerolog.Level, _ string) {
	if h.now != nil {
		e.Time("clock", h.now())
	}
}

// priority puts "<N>" before each line.
type priority struct{ io.Writer }

// WriteLevel writes one line with its priority.
func (p priority) WriteLevel(l zerolog.Level, line []byte) (int, error) {
	n := map[zerolog.Level]string{zerolog.TraceLevel: "<7>", zerolog.DebugLevel: "<7>", zerolog.InfoLevel: "<6>", zerolog.WarnLevel: "<4>", zerolog.ErrorLevel: "<3>", zerolog.FatalLevel: "<2>", zerolog.PanicLevel: "<0>"}[l]
	if n == "" {
		n = "<5>"
	}
	if _, err := p.Write(append([]byte(n), line...)); err != nil {
		return 0, err
	}
	return len(line), nil
}
