package aliexpresstest

import (
	"context"
	"maps"
	"strings"
	"time"
)

// Kinds of requests, as the hooks and Calls name them.
const (
	CallList      = "list"
	CallDetail    = "detail"
	CallReasons   = "reasons"
	CallEligible  = "eligible"
	CallOperation = "operation"
	CallTracking  = "tracking"
	CallRefund    = "refund"

	CallDisputeForm = "dispute form"
	CallSubmit      = "submit dispute"
	CallReturns     = "returns"
	CallMessages    = "messages"
	CallSend        = "send message"
	CallTick        = "tick" // of SetBusy

	PageList     = "page/list"
	PageDetail   = "page/detail"
	PageCancel   = "page/cancel"
	PageTracking = "page/tracking"
	PageRefund   = "page/refund"
	PageReverse  = "page/reverse" // the dispute form
	PageReturns  = "page/returns"
	PageMessages = "page/messages"
	PagePolicy   = "page/policy" // where the decoys lead
	PageLogin    = "page/login"
	PagePunish   = "page/punish"
)

// Codes of the gateway, for FailCalls.
const (
	RetTrafficLimit = "FAIL_SYS_TRAFFIC_LIMIT::哎哟喂,被挤爆啦,请稍后重试"
	RetTokenExpired = "FAIL_SYS_TOKEN_EXOIRED::令牌过期" // spelt as the site spells it
)

// switches is what a test or a story turns on and off; guarded by Site.mu.
type switches struct {
	loggedOut bool
	challenge bool
	punish    bool
	delay     time.Duration
	onRequest func(kind, orderID string)
	hangs     map[string]chan struct{} // by substring of the path
	gates     map[*gate]bool
	drops     map[string]int
	failures  map[string]failure
	empty     map[string]bool

	forced      *language
	away        regional
	nuisance    Nuisance
	shuffle     bool
	listings    int // loads of the list's first page
	mobileCards bool
	saved       bool // the password, in the browser
	garbles     map[string]garbled
	stuck       map[string]int // loads that are to hang
	hanging     map[string]int // those that do
	delays      map[string]time.Duration
	token       tokens
	tries       []Try
	breaks      map[string]broken
	busy        bool
}

// failure is what the next calls of a kind are answered with.
type failure struct {
	left int
	ret  []string
}

// gate holds the calls of one kind until it opens.
type gate struct {
	kind   string
	after  bool // holds the reply, not the call
	open   chan struct{}
	waiter int
}

// SetLoggedOut ends every session, or lets pages hand out new ones again.
// Signing in on the login host ends the logged-out state as well.
func (s *Site) SetLoggedOut(on bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.loggedOut = on
	if on {
		clear(s.sessions)
	}
}

// SetSavedPassword makes the sign-in form fill itself in and go off after a
// moment, as where a person's browser knows the password.
func (s *Site) SetSavedPassword(on bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.saved = on
}

// SetChallenge makes every call answer with a challenge, which the pages then
// show in a frame over themselves.
func (s *Site) SetChallenge(on bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.challenge = on
}

// SetPunish sends every order page to the punish page, the main frame itself.
func (s *Site) SetPunish(on bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.punish = on
}

// SetHang holds every request, also of assets, whose path contains the
// substring, until it is switched off or the caller goes away.
func (s *Site) SetHang(path string, on bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if old, ok := s.hangs[path]; ok && !on {
		close(old)
		delete(s.hangs, path)
	} else if !ok && on {
		if s.hangs == nil {
			s.hangs = map[string]chan struct{}{}
		}
		s.hangs[path] = make(chan struct{})
	}
}

// SetDelay makes every page and call take so long, in real time.
func (s *Site) SetDelay(d time.Duration) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.delay = d
}

// OnRequest calls f as each page request and call arrives, before it is held
// and before it has any effect. orderID is "" where the request names none.
func (s *Site) OnRequest(f func(kind, orderID string)) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.onRequest = f
}

// Block holds the requests of a kind before they have any effect. One whose
// caller goes away meanwhile never has any.
func (s *Site) Block(kind string) (release func()) { return s.addGate(kind, false) }

// BlockReply holds the requests of a kind after they have taken effect and
// before the answer leaves.
func (s *Site) BlockReply(kind string) (release func()) { return s.addGate(kind, true) }

func (s *Site) addGate(kind string, after bool) func() {
	g := &gate{kind: kind, after: after, open: make(chan struct{})}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.gates == nil {
		s.gates = map[*gate]bool{}
	}
	s.gates[g] = true
	return func() {
		s.mu.Lock()
		defer s.mu.Unlock()
		if s.gates[g] {
			delete(s.gates, g)
			close(g.open)
		}
	}
}

// Held counts the requests of a kind that a Block, BlockReply or HangLoads
// holds now.
func (s *Site) Held(kind string) int {
	s.mu.Lock()
	defer s.mu.Unlock()
	n := s.hanging[kind]
	for g := range s.gates {
		if g.kind == kind {
			n += g.waiter
		}
	}
	return n
}

// DropReply lets the next n requests of a kind take effect and then cuts the
// connection in the middle of the answer.
func (s *Site) DropReply(kind string, n int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.drops == nil {
		s.drops = map[string]int{}
	}
	s.drops[kind] = n
}

// FailCalls answers the next n calls of a kind with these codes, such as
// "FAIL_SYS_TRAFFIC_LIMIT::…", before they reach the shop: they have no effect
// and are no writes. The pages repeat a call by themselves when its token was
// the trouble (FAIL_SYS_TOKEN_…), at most twice.
func (s *Site) FailCalls(kind string, n int, ret ...string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.failures == nil {
		s.failures = map[string]failure{}
	}
	s.failures[kind] = failure{left: n, ret: ret}
}

// SetEmpty answers the calls of a kind with success and nothing in it, which
// is what the real site does to a caller that asks too often.
func (s *Site) SetEmpty(kind string, on bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.empty == nil {
		s.empty = map[string]bool{}
	}
	s.empty[kind] = on
}

// gateway is what a call is answered with ahead of the shop itself. The caller
// holds mu.
func (s *Site) gateway(kind string) (result, bool) {
	if f := s.failures[kind]; f.left > 0 {
		s.failures[kind] = failure{left: f.left - 1, ret: f.ret}
		return fail(f.ret...), true
	}
	if s.empty[kind] {
		return result{data: obj{}}, true
	}
	return result{}, false
}

func (s *Site) takeDrop(kind string) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.drops[kind] <= 0 {
		return false
	}
	s.drops[kind]--
	return true
}

// hang waits while the path is held; false if the caller went away.
func (s *Site) hang(ctx context.Context, path string) bool {
	s.mu.Lock()
	hangs := maps.Clone(s.hangs)
	s.mu.Unlock()
	for part, released := range hangs {
		if strings.Contains(path, part) && !wait(ctx, released) {
			return false
		}
	}
	return true
}

// lag is the switched delay of a kind; false if the caller went away.
func (s *Site) lag(ctx context.Context, kind string) bool {
	s.mu.Lock()
	d := s.delay + s.delays[kind]
	s.mu.Unlock()
	if d <= 0 {
		return true
	}
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
		return true
	case <-ctx.Done():
		return false
	}
}

// pass waits at the gates of a kind; false if the caller went away.
func (s *Site) pass(ctx context.Context, kind string, after bool) bool {
	for {
		g := s.enterGate(kind, after)
		if g == nil {
			return true
		}
		ok := wait(ctx, g.open)
		s.mu.Lock()
		g.waiter--
		s.mu.Unlock()
		if !ok {
			return false
		}
	}
}

func (s *Site) enterGate(kind string, after bool) *gate {
	s.mu.Lock()
	defer s.mu.Unlock()
	for g := range s.gates {
		if g.kind == kind && g.after == after {
			g.waiter++
			return g
		}
	}
	return nil
}

func wait(ctx context.Context, open <-chan struct{}) bool {
	select {
	case <-open:
		return true
	case <-ctx.Done():
		return false
	}
}
