package control

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"time"

	"countermand/state"
	"countermand/sync/dispute"
)

// Exporter is a Backend that packs the file of a case.
type Exporter interface {
	// Export writes a ZIP archive to w while it reads the evidence. A file
	// that is missing or was changed is told of in Packed and is no error.
	Export(ctx context.Context, b Bundle, w io.Writer) (Packed, error)
}

// Bundle is what an export is made of.
type Bundle struct {
	// Doc is the document of `cases show --json`, with its journal.
	Doc     Case
	Case    state.Case
	Journal []state.Entry
	// Zone is the operator's, Now the daemon's clock.
	Zone *time.Location
	Now  time.Time
}

// Packed tells how an export went. Missing and Changed name files and say what
// is wrong, one line each; the counts are of all of them.
type Packed struct {
	Evidence     int      `json:"evidence"`
	MissingCount int      `json:"missing_count"`
	ChangedCount int      `json:"changed_count"`
	Missing      []string `json:"missing"`
	Changed      []string `json:"changed"`
}

// packedTrailer carries Packed behind the archive. net/http reads trailers of
// up to 4 kB, so the lists are cut to trailerRoom bytes together.
const (
	packedTrailer = "Countermand-Packed"
	trailerRoom   = 2500
)

// cut leaves out what has no room in a trailer; the archive itself tells all.
func (p Packed) cut() Packed {
	room := trailerRoom
	take := func(list []string) []string {
		out := []string{}
		for _, text := range list {
			if room -= len(text); room < 0 {
				break
			}
			out = append(out, text)
		}
		return out
	}
	p.Changed = take(p.Changed) // the worse news first
	p.Missing = take(p.Missing)
	return p
}

// show gives one case and its document.
func (s *Server) show(ctx context.Context, ref string) (Bundle, error) {
	c, journal, err := findCase(ctx, s.o.Backend, ref)
	if err != nil {
		return Bundle{}, err
	}
	now := s.o.Backend.Now()
	b := Bundle{Doc: WholeCase(c, journal, now), Case: c, Journal: journal, Now: now}
	for _, it := range dispute.Rank([]state.Case{c}, now) {
		withAction(&b.Doc, it)
	}
	return b, nil
}

// export streams the file of a case. An archive that breaks off midway ends
// the connection, so that nobody takes it for a whole one.
func (s *Server) export(w http.ResponseWriter, r *http.Request) {
	exporter, b, err := s.bundle(r)
	if err != nil {
		s.answer(func(*http.Request) (any, error) { return nil, err })(w, r)
		return
	}
	// The server's time for reading a request would end this one.
	if err := http.NewResponseController(w).SetReadDeadline(time.Time{}); err != nil {
		s.o.Log.Debug().Err(err).Msg("export with a time limit")
	}
	w.Header().Set("Content-Type", "application/zip")
	w.Header().Set("Trailer", packedTrailer)
	p, err := exporter.Export(r.Context(), b, w)
	if err == nil {
		var told []byte
		if told, err = json.Marshal(p.cut()); err == nil {
			w.Header().Set(packedTrailer, string(told))
			return
		}
	}
	s.o.Log.Warn().Err(err).Str("case", b.Case.ID).Msg("export not sent whole")
	panic(http.ErrAbortHandler)
}

func (s *Server) bundle(r *http.Request) (Exporter, Bundle, error) {
	exporter, ok := s.o.Backend.(Exporter)
	if !ok {
		return nil, Bundle{}, NotFound("this daemon makes no exports")
	}
	zone, err := zoneOf(r.URL.Query().Get("zone"))
	if err != nil {
		return nil, Bundle{}, Invalid(err.Error())
	}
	b, err := s.show(r.Context(), r.PathValue("ref"))
	b.Zone = zone
	return exporter, b, err
}

// zoneOf reads the name of a zone, or an offset such as "+01:00" from clients
// that do not know theirs by name.
func zoneOf(name string) (*time.Location, error) {
	if at, err := time.Parse("-07:00", name); err == nil {
		_, offset := at.Zone()
		return time.FixedZone("UTC"+name, offset), nil
	}
	zone, err := time.LoadLocation(name)
	if err != nil {
		return nil, fmt.Errorf("the daemon does not know the time zone %q: set TZ to another, such as UTC", name)
	}
	return zone, nil
}

// Export writes the file of a case, a ZIP archive, to w. ref is as in Case;
// zone is the name of the zone that its README shows beside UTC and Beijing.
// It has no time limit but that of ctx.
func (c *Client) Export(ctx context.Context, ref, zone string, w io.Writer) (p Packed, err error) {
	trailer, err := c.exchange(ctx, http.MethodGet, "/v1/cases/"+url.PathEscape(ref)+"/export?"+url.Values{"zone": {zone}}.Encode(), http.NoBody, w, false)
	if err != nil {
		return p, err
	}
	if err := json.Unmarshal([]byte(trailer.Get(packedTrailer)), &p); err != nil {
		return p, fmt.Errorf("receive the export: its end is missing, ask again: %w", err)
	}
	return p, nil
}
