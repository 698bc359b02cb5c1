// Package plain writes what people read in a terminal or a text file: values
// that came from web pages, made harmless, and names in words.
package plain

import (
	"encoding/json"
	"fmt"
	"io"
	"strings"
	"time"
	"unicode"
)

// Beijing is where the supplier's days are counted. It has no summer time, so it
// needs no zone database.
var Beijing = time.FixedZone("Beijing", 8*60*60)

// Line puts a text on one line and takes out what a terminal would obey.
func Line(s string) string {
	s = strings.Map(func(r rune) rune {
		switch {
		case unicode.IsSpace(r):
			return ' '
		case unicode.IsControl(r), unicode.Is(unicode.Cf, r):
			return -1
		}
		return r
	}, strings.ToValidUTF8(s, "?"))
	return strings.TrimSpace(s)
}

// Words makes a name of the JSON readable: "answer_due" is "answer due".
func Words[T ~string](name T) string { return strings.ReplaceAll(string(name), "_", " ") }

// JSON writes one document as people and scripts read it.
func JSON(w io.Writer, doc any) error {
	enc := json.NewEncoder(w)
	enc.SetIndent("", "  ")
	enc.SetEscapeHTML(false)
	return enc.Encode(doc)
}

// Span shows a distance in days, hours and minutes, the two largest.
func Span(d time.Duration) string {
	days, hours, minutes := d/(24*time.Hour), d%(24*time.Hour)/time.Hour, d%time.Hour/time.Minute
	switch {
	case days > 0:
		return fmt.Sprintf("%d d %d h", days, hours)
	case hours > 0:
		return fmt.Sprintf("%d h %d min", hours, minutes)
	case minutes > 0:
		return fmt.Sprintf("%d min", minutes)
	}
	return "less than a minute"
}
