package aliexpresstest

import (
	"net"
	"net/http"
	"time"
)

// Break is how a connection ends under a request.
type Break string

// The ways of BreakCalls. A browser may send a request again after each but
// BreakHalf, by itself and without telling its page, if it had used the
// connection before: see SetReuse.
const (
	// BreakReset takes the request and resets the connection at once.
	BreakReset Break = "reset"
	// BreakLate takes it and resets the connection after 400 ms.
	BreakLate Break = "reset late"
	// BreakHalf takes it and ends in the middle of the answer, as DropReply.
	BreakHalf Break = "half an answer"
	// BreakTimeout takes it and answers 408.
	BreakTimeout Break = "408"
	// BreakMisdirected answers 421, which promises that it was not taken
	// (RFC 9110, 15.5.20), and keeps to that.
	BreakMisdirected Break = "421"
)

// late is when BreakLate resets, in real time.
const late = 400 * time.Millisecond

// broken is what the connections of the next requests of a kind suffer.
type broken struct {
	left int
	how  Break
}

// BreakCalls ends the connections of the next n requests of a kind. Calls
// counts all that arrive, Writes has those that were taken.
func (s *Site) BreakCalls(kind string, n int, how Break) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.breaks = put(s.breaks, kind, broken{n, how})
}

// SetReuse lets callers use a connection for more than one request, as real
// servers do. By default each has its own: browsers silently repeat a request
// whose reused connection is cut.
func (s *Site) SetReuse(on bool) {
	for _, srv := range s.servers {
		srv.SetKeepAlivesEnabled(on)
	}
}

// SetBusy makes the order pages ask the gateway's host for a picture (CallTick)
// every 10 ms, as long as they live. With SetReuse there is then always a
// used connection at hand for a write.
func (s *Site) SetBusy(on bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.busy = on
}

// tickPath is what the pages of SetBusy ask for.
const tickPath = "/static/tick.bmp"

// pixel is a picture, as far as a browser looks.
func pixel() reply { return reply{typ: "image/bmp", body: []byte("BM")} }

// takeBreak gives the fate of a request, "" for none.
func (s *Site) takeBreak(kind string) Break {
	s.mu.Lock()
	defer s.mu.Unlock()
	b := s.breaks[kind]
	if b.left <= 0 {
		return ""
	}
	s.breaks[kind] = broken{b.left - 1, b.how}
	s.logf("break %s: %s", kind, b.how)
	return b.how
}

// breakOff resets the connection if that is the request's fate.
func (s *Site) breakOff(w http.ResponseWriter, r *http.Request, how Break) bool {
	if how != BreakReset && how != BreakLate {
		return false
	}
	if how == BreakLate {
		t := time.NewTimer(late)
		defer t.Stop()
		select {
		case <-t.C:
		case <-r.Context().Done():
			panic(http.ErrAbortHandler)
		}
	}
	c, _, err := http.NewResponseController(w).Hijack()
	if err != nil {
		panic(http.ErrAbortHandler)
	}
	if tcp, ok := c.(*net.TCPConn); ok {
		if err := tcp.SetLinger(0); err != nil {
			s.logf("break: no reset: %v", err)
		}
	}
	c.Close()
	return true
}
