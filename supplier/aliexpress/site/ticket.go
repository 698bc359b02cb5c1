package site

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"net/url"
	"slices"
	"strings"
	"time"
)

// The bounds of one flow. A flow needs one asking call, or a few where the
// site asks in steps; whatever needs more is not understood.
const (
	maxCommits = 5  // committing presses
	maxAsking  = 5  // asking calls
	maxCalls   = 10 // asking calls and preparations
)

// Role is what a call that passes by ticket is in its flow.
type Role string

// The roles. Only the answer to an asking call says anything of the request.
const (
	RoleAsking      Role = "asking"
	RolePreparation Role = "preparation"
	RoleUpload      Role = "upload"
)

// Ticket is a decided request: what may leave for it, until when, and what
// has left. It is a value; its methods give the next one. What is unknown of
// it fits nothing: the zero Ticket lets no call through.
type Ticket struct {
	Order string
	Kind  Kind
	// Until is on the boot clock, TicketLasts from the latest press at most.
	Until time.Duration
	// Lines are the order's own line numbers. Harmless are product, SKU,
	// store and user numbers that its own page showed.
	Lines, Harmless []string
	// Texts are those of a message; each is sent once.
	Texts []string
	// Submit: a person gave the second yes that a dispute needs.
	Submit bool
	// Only is the print of the one payload that a person said yes to; "" for
	// any that fits.
	Only string

	opened  bool
	commits int
	files   int           // chosen for uploading
	spent   time.Duration // the press that the last known write used
	handles []string
	calls   []sentCall
}

// sentCall is a call that was released under a ticket.
type sentCall struct {
	role     Role
	names    []string // none of a document
	digest   string   // of name and payload
	body     string   // of the payload alone, for redirects
	address  string
	text     string // of a message
	files    int    // uploaded
	pressed  time.Duration
	answered bool
	outcome  Outcome
	// resend: the gateway refused the call's signature, so that the page
	// signs anew and sends it again. at is when it said so.
	resend bool
	at     time.Duration
}

// ErrTooManyPresses ends a flow that pressed what commits more often than any
// flow of the site needs.
var ErrTooManyPresses = errors.New("the flow has pressed what commits too often")

// Pressed notes a press of the flow, before it is made. The ticket then lasts
// TicketLasts from it: a person's pauses between presses are longer than that
// together.
func (t Ticket) Pressed(p Press) (Ticket, error) {
	if t.Only == "" && t.Until > 0 && p.At <= t.Until {
		t.Until = max(t.Until, p.At+TicketLasts)
	}
	switch p.Kind {
	case PressOpening:
		t.opened = true
	case PressCommits:
		if t.commits >= maxCommits {
			return t, fmt.Errorf("press %d on order %s: %w", t.commits+1, t.Order, ErrTooManyPresses)
		}
		t.commits++
	}
	return t, nil
}

// Committed tells whether anything was pressed that commits.
func (t Ticket) Committed() bool { return t.commits > 0 }

// Led notes the address of a document that the opening press led to: its long
// parameters stand for the order, unless the page before had them too.
func (t Ticket) Led(from Document, address string) Ticket {
	u, err := url.Parse(address)
	if err != nil || !t.opened {
		return t
	}
	for _, values := range u.Query() {
		for _, v := range values {
			if isHandle(v) && !strings.Contains(from.Address, v) && !strings.Contains(from.Address, url.QueryEscape(v)) && !slices.Contains(t.handles, v) {
				t.handles = append(slices.Clone(t.handles), v)
			}
		}
	}
	return t
}

// Chose notes that so many files were chosen for uploading.
func (t Ticket) Chose(files int) Ticket {
	t.files += files
	return t
}

// Released notes a call that leaves, before it does.
func (t Ticket) Released(v Verdict, c Call) Ticket {
	names := v.names
	if c.Resource == ResourceDocument {
		names = nil
	}
	t.calls = append(slices.Clone(t.calls), sentCall{role: v.Role, names: names, digest: v.Print, body: v.body, address: c.URL, text: v.text, files: v.files, pressed: v.pressed, at: c.At})
	if v.Known && v.Role == RoleAsking && v.pressed > t.spent {
		t.spent = v.pressed
	}
	return t
}

// Answered notes how a released call ended.
func (t Ticket) Answered(v Verdict, r Result, at time.Duration) Ticket {
	t.calls = slices.Clone(t.calls)
	for i := range slices.Backward(t.calls) {
		if c := &t.calls[i]; c.digest == v.Print && !c.answered {
			c.answered, c.outcome, c.resend, c.at = true, r.Outcome, r.Resend, at
			break
		}
	}
	return t
}

// Left tells whether a call has left under the ticket that says something of
// the request, and what the last one was answered. One that stayed after all
// says nothing, and takes back nothing that was said to one before it. Nor does
// silence, or the gateway's no, take back an answer that was not understood: the
// shop may have done what it was asked.
func (t Ticket) Left() (outcome Outcome, left bool) {
	for _, c := range slices.Backward(t.calls) {
		switch {
		case c.role != RoleAsking || c.outcome == OutcomeStayed:
		case !left:
			outcome, left = c.outcome, true
		case c.outcome == OutcomeUnclear && (outcome == OutcomeNone || outcome == OutcomeGateway || outcome == ""):
			outcome = OutcomeUnclear
		}
	}
	return outcome, left
}

// Prepared names the calls that came before the first one which asks. Where
// the flow ended well it was that one which asked, so these did not.
func (t Ticket) Prepared() (names []string) {
	first := slices.IndexFunc(t.calls, func(c sentCall) bool { return c.role == RoleAsking })
	for _, c := range t.calls[:max(first, 0)] {
		for _, n := range c.names {
			if c.role == RolePreparation && !slices.Contains(names, n) {
				names = append(names, n)
			}
		}
	}
	return names
}

func (t Ticket) count(fits func(sentCall) bool) (n int) {
	for _, c := range t.calls {
		if fits(c) {
			n++
		}
	}
	return n
}

func (t Ticket) asked() int { return t.count(func(c sentCall) bool { return c.role == RoleAsking }) }

// decided tells whether the shop has answered the request, or the message
// with that text.
func (t Ticket) decided(text string) bool {
	return t.count(func(c sentCall) bool { return c.role == RoleAsking && c.outcome.final() && c.text == text }) > 0
}

// who is the order that the ticket is for.
func (t Ticket) who(s State) identity {
	return identity{order: t.Order, lines: t.Lines, handles: t.handles, harmless: t.Harmless, known: s.known}
}

// changing are the names of values that differ each time the same is sent.
var changing = []string{
	"t", "ts", "sign", "token", "callback", "_", "timestamp", "csrf", "csrftoken", "_csrf", "_tb_token_",
	"nonce", "uuid", "guid", "random", "requestid", "request_id", "traceid", "trace_id", "idempotencykey", "idempotency_key",
}

// prints gives the print of a call, its name and what it says, and of what it
// says alone. What only signs it is left out.
func (y *payload) prints(names []string, method string, body []byte) (call, said string) {
	lines := make([]string, 0, len(y.fields)+1)
	for _, f := range y.fields {
		if f.path || f.holds || slices.Contains(changing, strings.ToLower(f.key)) {
			continue // what holds other values is compared by these
		}
		lines = append(lines, fmt.Sprintf("%q=%q", f.key, f.val))
	}
	slices.Sort(lines)
	lines = slices.Compact(lines)
	if len(lines) == 0 || y.partial {
		lines = append(lines, fmt.Sprintf("%x", sha256.Sum256(body)))
	}
	hash := func(s string) string {
		sum := sha256.Sum256([]byte(s))
		return hex.EncodeToString(sum[:])
	}
	said = hash(strings.Join(lines, "\n"))
	return hash(strings.ToUpper(method) + "\n" + strings.Join(names, "\n") + "\n" + said), said
}
