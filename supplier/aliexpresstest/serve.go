package aliexpresstest

import (
	"bytes"
	"context"
	"net/http"
	"strconv"
)

// call is what a request turns out to be. An empty kind is an asset: not
// counted, not hooked, not held at gates.
type call struct {
	kind    string
	orderID string
}

// handler computes a whole answer, effects included. It runs with Site.mu
// held, so an answer is one look at one state.
type handler func() reply

// reply is a computed answer.
type reply struct {
	status  int // default 200
	typ     string
	headers map[string]string
	cookies []*http.Cookie
	body    []byte
}

func redirect(to string) reply {
	return reply{status: http.StatusFound, headers: map[string]string{"Location": to}}
}

func notFound() reply {
	return reply{status: http.StatusNotFound, typ: "text/plain; charset=utf-8", body: []byte("404 page not found\n")}
}

// serve takes a request through the switches: hook, hang, delay, gate before
// the effect, effect, garbling, gate before the reply, break, cut or reply. A request whose
// caller or whose site went away meanwhile ends without an answer.
func (s *Site) serve(w http.ResponseWriter, r *http.Request, route func(*http.Request) (call, handler)) {
	if !s.enter() {
		panic(http.ErrAbortHandler)
	}
	defer s.serving.Done()
	if err := readForm(w, r); err != nil {
		http.Error(w, "unreadable form", http.StatusBadRequest)
		return
	}
	c, h := route(r)
	if !s.hang(r.Context(), r.URL.Path) || !s.before(r.Context(), c) {
		panic(http.ErrAbortHandler)
	}
	how := s.takeBreak(c.kind)
	if how == BreakMisdirected {
		h = func() reply { return reply{status: http.StatusMisdirectedRequest} }
	}
	s.mu.Lock()
	answer := s.spoilt(c.kind, h())
	s.mu.Unlock()
	if c.kind != "" && !s.pass(r.Context(), c.kind, true) {
		panic(http.ErrAbortHandler)
	}
	if s.breakOff(w, r, how) {
		return
	}
	if how == BreakTimeout {
		answer = reply{status: http.StatusRequestTimeout}
	}
	s.cors(w, r)
	send(w, answer, how == BreakHalf || c.kind != "" && s.takeDrop(c.kind))
}

func (s *Site) enter() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed {
		return false
	}
	s.serving.Add(1)
	return true
}

// before does what a counted request goes through ahead of its effect; false
// if the caller went away.
func (s *Site) before(ctx context.Context, c call) bool {
	if c.kind == "" {
		return true
	}
	s.mu.Lock()
	s.calls[c.kind]++
	hook := s.onRequest
	s.mu.Unlock()
	s.logf("%s %s", c.kind, c.orderID)
	if hook != nil {
		hook(c.kind, c.orderID)
	}
	return s.stall(ctx, c.kind) && s.lag(ctx, c.kind) && s.pass(ctx, c.kind, false)
}

// cors lets our own pages call across the hosts, with cookies.
func (s *Site) cors(w http.ResponseWriter, r *http.Request) {
	origin := r.Header.Get("Origin")
	if origin != s.www && origin != s.mobile && origin != s.login && origin != s.region && origin != s.messages {
		return
	}
	h := w.Header()
	h.Set("Access-Control-Allow-Origin", origin)
	h.Set("Access-Control-Allow-Credentials", "true")
	h.Set("Access-Control-Allow-Headers", "Content-Type")
	h.Set("Access-Control-Allow-Methods", "PUT")
	h.Add("Vary", "Origin")
}

// send writes the answer. A cut one promises more than it sends and ends after
// its first half: a reply without any byte might make a browser ask again.
func send(w http.ResponseWriter, a reply, cut bool) {
	if a.status == http.StatusSwitchingProtocols {
		sendSwitch(w, a)
		return
	}
	h := w.Header()
	h.Set("Cache-Control", "no-store")
	if a.typ != "" {
		h.Set("Content-Type", a.typ)
	}
	for k, v := range a.headers {
		h.Set(k, v)
	}
	for _, c := range a.cookies {
		http.SetCookie(w, c)
	}
	h.Set("Content-Length", strconv.Itoa(len(a.body)))
	if a.status != 0 {
		w.WriteHeader(a.status)
	}
	body := bytes.NewReader(a.body)
	if cut {
		body = bytes.NewReader(a.body[:len(a.body)/2])
	}
	if _, err := body.WriteTo(w); err != nil {
		return // the caller went away, which is its own business
	}
	if cut {
		if f, ok := w.(http.Flusher); ok {
			f.Flush()
		}
		panic(http.ErrAbortHandler)
	}
}
