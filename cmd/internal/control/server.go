package control

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"net/http"
	"os"
	"strings"
	"time"

	"github.com/rs/zerolog"

	"countermand/state"
	"countermand/supplier"
)

// nowHeader carries the daemon's clock, which in a rehearsal is not the
// client's: countdowns are counted from it.
const nowHeader = "Countermand-Now"

// maxBody bounds a request; the largest is a mapping of some numbers.
const maxBody = 1 << 20

// Options are what a Server needs. Path and Backend are required.
type Options struct {
	// Path of the socket; Group is the system group whose members may use
	// it, empty: the daemon's own user only.
	Path    string
	Group   string
	Backend Backend
	Log     zerolog.Logger
}

// Server answers the command line.
type Server struct {
	o        Options
	listener *net.UnixListener
	socket   os.FileInfo
	http     *http.Server
}

// Listen opens the socket; Serve answers on it.
func Listen(o Options) (*Server, error) {
	if o.Path == "" || o.Backend == nil {
		return nil, errors.New("control server: Path and Backend are required")
	}
	l, err := listen(o.Path, o.Group)
	if err != nil {
		return nil, err
	}
	s := &Server{o: o, listener: l}
	if s.socket, err = os.Lstat(o.Path); err != nil {
		return nil, errors.Join(fmt.Errorf("look at control socket: %w", err), l.Close())
	}
	s.http = &http.Server{Handler: s.routes(), ConnContext: withPeer, ReadHeaderTimeout: 5 * time.Second, ReadTimeout: 10 * time.Second}
	return s, nil
}

// Serve answers until Close; it returns nil then.
func (s *Server) Serve() error {
	if err := s.http.Serve(s.listener); !errors.Is(err, http.ErrServerClosed) {
		return fmt.Errorf("serve control socket: %w", err)
	}
	return nil
}

// Close takes no more requests, waits for those under way until ctx ends, and
// removes the socket.
func (s *Server) Close(ctx context.Context) error {
	err := removeOwn(s.o.Path, s.socket)
	if down := s.http.Shutdown(ctx); down != nil {
		err = errors.Join(err, down, s.http.Close())
	}
	// Shutdown closes only what Serve was called with.
	if closed := s.listener.Close(); closed != nil && !errors.Is(closed, net.ErrClosed) {
		err = errors.Join(err, closed)
	}
	if err != nil {
		return fmt.Errorf("close control socket: %w", err)
	}
	return nil
}

// endpoint answers with a document or an error.
type endpoint func(r *http.Request) (any, error)

func (s *Server) routes() http.Handler {
	mux := http.NewServeMux()
	for pattern, e := range map[string]endpoint{
		"GET /v1/status":              s.status,
		"GET /v1/cases":               s.cases,
		"GET /v1/cases/{ref}":         s.oneCase,
		"POST /v1/cases/{ref}/decide": s.decide,
		"GET /v1/disputes":            s.disputes,
		"POST /v1/mappings":           s.mapSet,
		"POST /v1/mappings-import":    s.mapImport,
		"GET /v1/alerts":              s.alerts,
		"POST /v1/alerts/{ref}/ack":   s.ack,
		"POST /v1/alerts-test":        s.testAlert,
		"POST /v1/rehearsals":         s.rehearse,
		"GET /v1/site/calls":          s.siteCalls,
		"POST /v1/site/calls":         s.setSiteCall,
		"POST /v1/claim":              s.claim,
		"POST /v1/clock-accept":       s.acceptClock,

		"POST /v1/accounts/{name}/lend":      s.lend,
		"POST /v1/accounts/{name}/take-back": s.takeBack,
	} {
		mux.HandleFunc(pattern, s.answer(e))
	}
	mux.HandleFunc("POST /v1/backup", s.backup)
	mux.HandleFunc("GET /v1/cases/{ref}/export", s.export)
	mux.HandleFunc("/", s.answer(func(r *http.Request) (any, error) {
		return nil, NotFound(fmt.Sprintf("the daemon does not know %s %s: is it of another version than this program?", r.Method, r.URL.Path))
	}))
	return mux
}

// failure is the document of every error.
type failure struct {
	Error string `json:"error"`
}

func (s *Server) answer(e endpoint) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		r.Body = http.MaxBytesReader(w, r.Body, maxBody)
		doc, err := e(r)
		code := http.StatusOK
		if err != nil {
			code = codeOf(err)
			doc = failure{oneLine(err.Error())}
			if code == http.StatusInternalServerError {
				s.o.Log.Error().Err(err).Str("path", r.URL.Path).Msg("control request")
			}
		}
		body, err := json.Marshal(doc)
		if err != nil {
			code, body = http.StatusInternalServerError, []byte(`{"error":"the answer cannot be written as JSON"}`)
			s.o.Log.Error().Err(err).Str("path", r.URL.Path).Msg("control answer")
		}
		w.Header().Set("Content-Type", "application/json")
		w.Header().Set(nowHeader, s.o.Backend.Now().UTC().Format(time.RFC3339Nano))
		w.WriteHeader(code)
		if _, err := w.Write(body); err != nil {
			s.o.Log.Debug().Err(err).Msg("control client left")
		}
	}
}

func (s *Server) status(r *http.Request) (any, error) { return s.o.Backend.Status(r.Context()) }

func (s *Server) cases(r *http.Request) (any, error) {
	q := r.URL.Query()
	f := Filter{Status: state.Status(q.Get("status")), Shop: q.Get("shop"), Open: q.Get("open") == "1"}
	if f.Status != "" && !f.Status.Known() {
		return nil, Invalid(fmt.Sprintf("no status %s: it is one of %s", f.Status, StatusNames()))
	}
	cases, err := s.o.Backend.Cases(r.Context(), f)
	if err != nil {
		return nil, err
	}
	return Cases{CasesOf(cases, s.o.Backend.Now())}, nil
}

// StatusNames lists the statuses for people.
func StatusNames() string {
	names := make([]string, 0, len(state.Statuses))
	for _, s := range state.Statuses {
		names = append(names, string(s))
	}
	return strings.Join(names, ", ")
}

func (s *Server) oneCase(r *http.Request) (any, error) {
	b, err := s.show(r.Context(), r.PathValue("ref"))
	return b.Doc, err
}

func (s *Server) disputes(r *http.Request) (any, error) {
	var queue []state.Case
	for _, status := range []state.Status{state.Disputable, state.Disputed} {
		cases, err := s.o.Backend.Cases(r.Context(), Filter{Status: status})
		if err != nil {
			return nil, err
		}
		queue = append(queue, cases...)
	}
	return DisputesOf(queue, s.o.Backend.Now()), nil
}

func (s *Server) mapSet(r *http.Request) (any, error) {
	var m MapSet
	if err := read(r, &m); err != nil {
		return nil, err
	}
	if m.Shop == "" || m.Order == "" || len(m.SupplierOrders) == 0 {
		return nil, Invalid("a mapping needs a shop, an order name and at least one supplier order number")
	}
	for _, n := range m.SupplierOrders {
		if err := supplier.CheckNumber(n); err != nil {
			return nil, Invalid(err.Error())
		}
	}
	cases, err := s.o.Backend.MapSet(r.Context(), m.Shop, m.Order, m.SupplierOrders, who(r.Context()))
	if err != nil {
		return nil, err
	}
	return Cases{CasesOf(cases, s.o.Backend.Now())}, nil
}

func (s *Server) alerts(r *http.Request) (any, error) {
	alerts, err := s.o.Backend.Alerts(r.Context(), r.URL.Query().Get("open") == "1")
	if err != nil {
		return nil, err
	}
	out := Alerts{Alerts: []Alert{}}
	for _, a := range alerts {
		out.Alerts = append(out.Alerts, AlertOf(a))
	}
	return out, nil
}

func (s *Server) ack(r *http.Request) (any, error) {
	id, err := findAlert(r.Context(), s.o.Backend, r.PathValue("ref"))
	if err != nil {
		return nil, err
	}
	a, err := s.o.Backend.Ack(r.Context(), id, who(r.Context()))
	if err != nil {
		return nil, err
	}
	return AlertOf(a), nil
}

func (s *Server) testAlert(r *http.Request) (any, error) {
	results, err := s.o.Backend.TestAlert(r.Context())
	if err != nil {
		return nil, err
	}
	return Channels{append([]ChannelResult{}, results...)}, nil
}

func (s *Server) claim(r *http.Request) (any, error) {
	return s.o.Backend.Claim(r.Context(), who(r.Context()))
}

func (s *Server) acceptClock(r *http.Request) (any, error) {
	return s.o.Backend.AcceptClock(r.Context(), who(r.Context()))
}

// lend and takeBack hand an account's browser profile to a person and back.
func (s *Server) lend(r *http.Request) (any, error) {
	var l Loan
	if err := read(r, &l); err != nil {
		return nil, err
	}
	if l.Seconds <= 0 || l.Seconds > maxLoan {
		return nil, Invalid(fmt.Sprintf("an account is lent for 1 to %d seconds", maxLoan))
	}
	return l, s.o.Backend.Lend(r.Context(), r.PathValue("name"), who(r.Context()), time.Duration(l.Seconds)*time.Second)
}

func (s *Server) takeBack(r *http.Request) (any, error) {
	return Loan{}, s.o.Backend.TakeBack(r.Context(), r.PathValue("name"))
}

// read takes exactly one document, without keys that we do not know: a client
// of a later version must not have half of its decision dropped.
func read(r *http.Request, into any) error {
	d := json.NewDecoder(r.Body)
	d.DisallowUnknownFields()
	if err := d.Decode(into); err != nil {
		return Invalid("read the request: " + err.Error())
	}
	if d.More() {
		return Invalid("read the request: more than one document")
	}
	return nil
}

func oneLine(s string) string { return strings.Join(strings.Fields(s), " ") }
