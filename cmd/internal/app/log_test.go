package app

import (
	"bytes"
	"encoding/json"
	"strings"
	"testing"
	"time"

	"github.com/rs/zerolog"

	"countermand/configs"
)

// journald reads a line's priority from what stands before it.
func TestLogPriority(t *testing.T) {
	t.Parallel()
	var b bytes.Buffer
	log := NewLog(configs.Log{Level: "trace", Format: "json"}, &b, true, nil)
	levels := []struct {
		level zerolog.Level
		want  string
	}{{zerolog.TraceLevel, "<7>"}, {zerolog.DebugLevel, "<7>"}, {zerolog.InfoLevel, "<6>"}, {zerolog.WarnLevel, "<4>"}, {zerolog.ErrorLevel, "<3>"}, {zerolog.NoLevel, "<5>"}}
	for _, l := range levels {
		log.WithLevel(l.level).Str("order", "#1042").Msg("read")
	}
	lines := strings.Split(strings.TrimSpace(b.String()), "\n")
	if len(lines) != len(levels) {
		t.Fatalf("%d lines, want %d:\n%s", len(lines), len(levels), b.String())
	}
	for i, l := range levels {
		var m map[string]string
		rest, found := strings.CutPrefix(lines[i], l.want)
		if err := json.Unmarshal([]byte(rest), &m); !found || err != nil || m["order"] != "#1042" {
			t.Errorf("%s: %q, want %s before JSON", l.level, lines[i], l.want)
		}
	}
}

func TestLogForms(t *testing.T) {
	t.Parallel()
	for _, r := range []struct {
		config   configs.Log
		journald bool
		now      func() time.Time
		holds    []string
		without  []string
	}{
		{configs.Log{Level: "info", Format: "json"}, false, nil, []string{`"message":"read"`, `"level":"info"`}, []string{"<6>", "clock", "quiet"}},
		{configs.Log{Level: "warn", Format: "json"}, true, nil, nil, []string{"read", "<"}},
		{configs.Log{Level: "loud", Format: "json"}, false, nil, []string{"read"}, []string{"quiet"}},
		{configs.Log{Level: "debug", Format: "console"}, true, nil, []string{"read", "quiet"}, []string{"<6>", "{"}},
		{configs.Log{Level: "info", Format: "json"}, false, func() time.Time { return begin }, []string{`"clock":"2026-03-02T08:00:00Z"`}, nil},
	} {
		var b bytes.Buffer
		log := NewLog(r.config, &b, r.journald, r.now)
		log.Info().Msg("read")
		log.Debug().Msg("quiet")
		for _, part := range r.holds {
			if !strings.Contains(b.String(), part) {
				t.Errorf("%+v: %q, want %q in it", r.config, b.String(), part)
			}
		}
		for _, part := range r.without {
			if strings.Contains(b.String(), part) {
				t.Errorf("%+v: %q, want no %q in it", r.config, b.String(), part)
			}
		}
	}
}
