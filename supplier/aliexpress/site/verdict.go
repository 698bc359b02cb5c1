package site

import (
	"net/url"
	"path"
	"slices"
	"strings"
	"time"
)

// The verdict: what may leave the browser. A request is of the first class
// that it fits (classify), and the class says what becomes of it, alone or
// together with the ticket of a decided flow (ticketed). The default is no.
//
// It judges bytes: address, method, payload, and who makes the call. It cannot
// know what the shop's server does with them: a page that writes on load, by
// a call that looks like a read, names no order and says no word of an
// operation, passes as a read.

// Mode is whose hand is on the browser.
type Mode string

// The modes. In all but ModeDecided no ticket counts.
const (
	ModeReading   Mode = "reading"   // the daemon reads, sweeps, probes
	ModeRehearsal Mode = "rehearsal" // a flow walked to its last call, which is kept and dropped
	ModeDecided   Mode = "decided"   // a flow that was decided on
	ModeLogin     Mode = "login"     // a person signs in
	ModePerson    Mode = "person"    // a person in the live view
	ModeTeach     Mode = "teach"     // a person shows a flow
)

// State is what a request is judged in.
type State struct {
	Mode  Mode
	Hosts Hosts
	// Ticket is that of a decided flow; in a rehearsal, the one that it would
	// have, and in teach the one that a person's yes gave.
	Ticket *Ticket
	// Known tells whether a number is a supplier order's, from any case,
	// mapping, list or page data; nil: none is.
	Known func(number string) bool
	// Open gives the order of an open case by its number or a line's.
	Open map[string]string
}

func (s State) known(n string) bool {
	return n != "" && (s.Open[n] == n || s.Known != nil && s.Known(n))
}

// person tells whether a person's hand is on the browser.
func (s State) person() bool { return s.Mode == ModePerson || s.Mode == ModeTeach }

// Class is what a request is taken for.
type Class string

// The classes, in the order in which they are tried.
const (
	ClassForeign    Class = "foreign"     // to a host that is not the shop's
	ClassStatic     Class = "static"      // a file
	ClassSession    Class = "session"     // keeps the session, proves the device, asks a captcha
	ClassTelemetry  Class = "telemetry"   // a report of the page's
	ClassPreflight  Class = "preflight"   // a question whether another request may be made
	ClassDenied     Class = "denied"      // an operation that never leaves
	ClassKnownRead  Class = "known read"  // on the list
	ClassKnownWrite Class = "known write" // on the list
	ClassUnproven   Class = "unproven"    // looks like a read, on a page of ours that was not pressed yet
	ClassDocument   Class = "document"    // a page that our navigation or press led to
	ClassOther      Class = "other"       // everything else
)

// Action is what the gate does with a request.
type Action string

// The actions. Everything that is not known to be harmless waits or fails.
const (
	// Pass lets it go on.
	Pass Action = "pass"
	// Fail ends it before it leaves.
	Fail Action = "fail"
	// Swallow answers it with 204 and lets nothing leave.
	Swallow Action = "answer 204"
	// AnswerPreflight answers a preflight in the site's place, so that the
	// request behind it can be seen.
	AnswerPreflight Action = "answer preflight"
	// Hold lets it wait until the mark is stored, then leave over the one
	// fresh connection. It is judged anew before it leaves.
	Hold Action = "hold"
	// Show keeps it for a person and fails it; on a yes the control is
	// pressed again.
	Show Action = "show"
)

// Verdict is what becomes of a request, and why.
type Verdict struct {
	Class Class
	Do    Action
	// Name of the call, or its path.
	Name string
	// Why is a reason in words, for logs and people.
	Why string
	// Known: the call is on the list of writes, so its answer may be believed.
	Known bool
	// Role is that of a call which passes by ticket.
	Role Role
	// Asks: the call asks the shop for something, as far as it can be seen.
	Asks bool
	// Again: the page sends a call once more that the gateway had refused for
	// its signature, or that was redirected.
	Again bool
	// Print tells a call by its name and payload, without what signs it.
	Print string
	// Remembered: a preparation that an earlier flow showed to ask nothing. It
	// needs no mark.
	Remembered bool
	// MarkFor is the open case's order on which a person's call is first
	// stored as a mark by the operator.
	MarkFor string
	// Other is another order's number, Strange a long number of unknown
	// origin that a call of the flow names: the flow ends there.
	Other, Strange string
	// Ends: a rehearsal ends here, with this call as its result.
	Ends bool
	// Tell: the operator is alerted.
	Tell bool

	names   []string
	body    string
	text    string
	files   int
	pressed time.Duration
}

// judging is one request, read.
type judging struct {
	p       Profile
	s       State
	c       Call
	u       *url.URL
	names   []string
	gateway bool
	shop    bool
	pay     *payload
	asksFor
	named  named
	write  WriteCall
	digest string
	body   string
}

// JudgeCall gives the verdict on a request in a state. It is a pure function
// of its arguments; what counts towards a ticket is noted with its methods.
func (p Profile) JudgeCall(s State, c Call) Verdict {
	c.Method = strings.ToUpper(c.Method)
	u, err := url.Parse(c.URL)
	if err != nil || u.Host == "" || u.Scheme != "http" && u.Scheme != "https" || u.User != nil {
		return Verdict{Class: ClassOther, Do: Fail, Why: "its address cannot be read"}
	}
	if c.ServiceWorker {
		return Verdict{Class: ClassOther, Do: Fail, Why: "a service worker would make calls that no document makes"}
	}
	j := &judging{p: p, s: s, c: c, u: u, pay: readPayload(u, c.ContentType, c.Body)}
	j.names, j.gateway = callNames(u, j.pay)
	j.asksFor = j.pay.operations(j.names, append(slices.Clone(builtInDeny.Types), p.Deny.Types...))
	who := identity{known: s.known}
	if s.Ticket != nil {
		who = s.Ticket.who(s)
	}
	raw := []string{u.Path, u.RawQuery}
	if len(c.Body) <= maxPayload {
		raw = append(raw, string(c.Body))
	}
	j.named = j.pay.names(who, raw...)
	j.digest, j.body = j.pay.prints(j.names, c.Method, c.Body)
	j.shop = p.shop(s.Hosts, u) || j.gateway || j.operatesOn()
	for _, n := range j.names {
		if w, ok := p.writeCall(n); ok {
			j.write = w
		}
	}
	v := j.outcome(j.classify())
	v.Print, v.body, v.Name, v.names, v.Asks = j.digest, j.body, j.name(), j.names, j.asks()
	return v
}

// classify gives the first class that fits.
func (j *judging) classify() Class {
	for _, x := range []struct {
		class Class
		is    func() bool
	}{
		{ClassForeign, func() bool { return !j.shop && !j.sentOn() }},
		{ClassStatic, func() bool { return !j.deniedOrder() && j.static() }},
		{ClassSession, func() bool { return !j.operatesOn() && j.session() }},
		{ClassTelemetry, func() bool { return j.c.Resource == ResourcePing || j.c.Resource == ResourceCSPReport || j.reports() }},
		{ClassPreflight, func() bool { return j.c.Method == "OPTIONS" && j.c.CORSMethod != "" && len(j.c.Body) == 0 }},
		{ClassDenied, func() bool { return j.op == opDenied }},
		{ClassKnownRead, j.knownRead},
		{ClassKnownWrite, func() bool { return j.write.Kind != "" }},
		{ClassDocument, j.ledTo},
		{ClassUnproven, j.unproven},
	} {
		if x.is() {
			return x.class
		}
	}
	return ClassOther
}

// outcome turns a class into what becomes of the request.
func (j *judging) outcome(class Class) Verdict {
	v := Verdict{Class: class, Do: Pass}
	fail := func(why string) Verdict {
		v.Do, v.Why = Fail, why
		return v
	}
	switch class {
	case ClassForeign, ClassStatic, ClassSession, ClassKnownRead, ClassUnproven:
		return v
	case ClassTelemetry:
		v.Do = Swallow
		return v
	case ClassPreflight:
		if j.s.Mode == ModeRehearsal {
			v.Do = AnswerPreflight
		}
		return v
	case ClassDenied:
		v.Tell = len(j.c.Doc.Presses) > 0 || j.s.person()
		return fail("it asks for " + quoteList(j.words) + ", which never leaves; whoever wants it does it in a browser of their own")
	case ClassDocument:
		// A page that only its address tells to do something is let through
		// like a preparation.
		if j.op == opNone && !j.pay.partial {
			return v
		}
	}
	switch {
	case j.pay.partial || j.c.Hidden:
		return fail("its payload cannot be read whole")
	case j.s.person():
		return j.byPerson(v)
	case j.s.Mode == ModeLogin && j.login():
		return v
	case j.s.Mode != ModeDecided && j.s.Mode != ModeRehearsal || j.s.Ticket == nil:
		return fail("it may write, and nothing was decided")
	}
	return j.ticketed(v)
}

// fileEndings are those of files that a server hands out as they are.
var fileEndings = strings.Fields(".js .mjs .css .map .png .jpg .jpeg .gif .webp .avif .svg .ico .bmp .woff .woff2 .ttf .otf .eot .mp4 .webm .mp3 .wasm")

// operatesOn: an operation on an order, which nothing makes a session of.
func (j *judging) operatesOn() bool {
	return j.op != opNone && (j.named.own || len(j.named.orders) > 0)
}

// deniedOrder: a denied operation on an order, which nothing makes a file of.
func (j *judging) deniedOrder() bool { return j.op == opDenied && j.operatesOn() }

// sentOn: a redirect of the shop's carries a call with its body elsewhere.
func (j *judging) sentOn() bool {
	from, err := url.Parse(j.c.RedirectedFrom)
	return j.c.RedirectedFrom != "" && err == nil && j.p.shop(j.s.Hosts, from) && j.c.Method != "GET" && j.c.Method != "HEAD"
}

func (j *judging) static() bool {
	if j.c.Method != "GET" && j.c.Method != "HEAD" || j.gateway || j.c.Hidden || len(j.c.Body) > 0 {
		return false
	}
	for _, f := range j.pay.fields {
		if key := strings.ToLower(f.key); !f.path && (key == "cb" || strings.Contains(key, "callback") || strings.Contains(key, "jsonp")) {
			return false
		}
	}
	file := pathParams.ReplaceAllString(j.u.Path, "")
	return under(j.p.Gate.Content, j.u) || slices.Contains(fileEndings, strings.ToLower(path.Ext(file)))
}

func (j *judging) session() bool {
	where := strings.ToLower(j.u.Path)
	if slices.ContainsFunc(j.p.Gate.Session.Paths, func(s string) bool { return strings.Contains(where, strings.ToLower(s)) }) {
		return true
	}
	// The page of the sign-in, wherever it leads back to.
	if j.c.Resource == ResourceDocument && j.c.Method == "GET" && j.op == opNone && !j.gateway && !j.pay.partial && j.signIn(j.c.URL) {
		return true
	}
	return all(j.names, func(n string) bool {
		return slices.ContainsFunc(j.p.Gate.Session.Calls, func(s string) bool { return strings.EqualFold(s, n) })
	})
}

// reports knows what the Reporting API sends.
func (j *judging) reports() bool {
	kind, _, _ := strings.Cut(strings.ToLower(j.c.ContentType), ";")
	return kind == "application/reports+json" || kind == "application/csp-report"
}

// knownRead: all of its names are on the list, and it asks for nothing to be
// done but in the words that the list gives it.
func (j *judging) knownRead() bool {
	if j.pay.partial || j.c.Hidden || strings.Contains(j.u.Path, "..") {
		return false
	}
	var may []string
	if !all(j.names, func(n string) bool {
		words, ok := j.p.readWords(n)
		may = append(may, words...)
		return ok
	}) {
		return false
	}
	return !slices.ContainsFunc(j.said, func(w string) bool {
		return !slices.ContainsFunc(may, func(m string) bool { return fold(m) == fold(w) })
	})
}

// ledTo: a page that our own navigation or a press of ours opens.
func (j *judging) ledTo() bool {
	if j.c.Resource != ResourceDocument || j.c.Method != "GET" || j.gateway || j.c.Frame == "" {
		return false
	}
	_, pressed := j.c.Doc.pressed(j.c.At, func(p Press) bool { return true })
	return j.c.Ours || pressed
}

// unproven: it looks like a read, and the page that makes it has no reason
// yet to write: our own navigation opened it, and nothing was pressed on it.
func (j *judging) unproven() bool {
	switch j.c.Resource {
	case ResourceFetch, ResourceXHR, ResourceScript:
	case ResourceDocument:
		if j.c.Method != "GET" {
			return false
		}
	default:
		return false
	}
	d := j.c.Doc
	if j.c.Method != "GET" && j.c.Method != "POST" || j.c.Frame == "" || d.By != ByDriver || !d.onlyRead() || d.Leaving || !j.ofItsDocument() {
		return false
	}
	if j.op != opNone || j.pay.partial || j.pay.packed || j.c.Hidden || j.pay.files > 0 || j.p.givesReason(j.pay) || j.s.Ticket != nil && j.text(*j.s.Ticket) != "" {
		return false
	}
	address, err := url.Parse(d.Address)
	if err != nil {
		return false
	}
	stands := readPayload(address, "", nil).names(identity{known: j.s.known}, address.Path, address.RawQuery).orders
	return !slices.ContainsFunc(j.named.orders, func(n string) bool { return !slices.Contains(stands, n) }) && j.lineless(stands)
}

// lineless: it names no open case's line but those of the orders that its
// page's address names.
func (j *judging) lineless(stands []string) bool {
	for _, f := range j.pay.fields {
		for _, w := range numberWords(f.val) {
			if order := j.s.Open[w]; order != "" && !slices.Contains(stands, order) {
				return false
			}
		}
	}
	return true
}

// ofItsDocument: neither Origin nor Referer belong to another document than
// the one that is taken for the maker.
func (j *judging) ofItsDocument() bool {
	d := j.c.Doc
	addresses := append([]string{d.Address}, d.Later...)
	if j.c.Origin != "" && !slices.ContainsFunc(addresses, func(a string) bool { return originOf(a) == strings.ToLower(j.c.Origin) }) {
		return false
	}
	if j.c.Referer == "" {
		return true
	}
	r, err := url.Parse(j.c.Referer)
	if err != nil {
		return false
	}
	return slices.ContainsFunc(addresses, func(a string) bool {
		u, err := url.Parse(a)
		switch {
		case err != nil || originOf(a) != originOf(j.c.Referer):
			return false
		case strings.Trim(r.Path, "/") == "" && r.RawQuery == "":
			return true // cut to the origin
		}
		return r.Path == u.Path && r.RawQuery == u.RawQuery
	})
}

func originOf(address string) string {
	u, err := url.Parse(address)
	if err != nil {
		return ""
	}
	return strings.ToLower(u.Scheme + "://" + u.Host)
}

// login: pages and calls of the sign-in itself, which name no order.
func (j *judging) login() bool {
	if j.named.own || len(j.named.orders) > 0 {
		return false
	}
	return j.signIn(j.c.URL) || j.signIn(j.c.Doc.Address)
}

// signIn tells whether an address is of the sign-in.
func (j *judging) signIn(address string) bool {
	u, err := url.Parse(address)
	if err != nil {
		return false
	}
	where := strings.ToLower(u.Host + u.Path)
	return originOf(address) == originOf(j.s.Hosts.Login) ||
		slices.ContainsFunc(j.p.Pages.Login.Addresses, func(a string) bool { return strings.Contains(where, strings.ToLower(a)) })
}

// byPerson: a person does what they like. What may write on an open case is
// first stored there; in teach the asking call needs a yes.
func (j *judging) byPerson(v Verdict) Verdict {
	for _, f := range j.pay.fields {
		for _, run := range digitRun.FindAllString(f.val, -1) {
			if order := j.s.Open[run]; order != "" && v.MarkFor == "" {
				v.MarkFor = order
			}
		}
	}
	if on := j.s.Open[j.c.Doc.Order]; v.MarkFor == "" && len(j.c.Doc.Presses) > 0 {
		v.MarkFor = on
	}
	if j.s.Mode == ModeTeach && j.asks() {
		if t := j.s.Ticket; t != nil && t.Only == j.digest && j.c.At <= t.Until {
			v.Role = RoleAsking
			return v
		}
		v.Do, v.Role, v.Why = Show, RoleAsking, "the call that asks needs a yes"
	}
	return v
}

// asks tells whether a call asks the shop for something, whoever makes it.
func (j *judging) asks() bool {
	if j.write.Kind != "" {
		return true
	}
	switch {
	case j.c.Resource == ResourceFetch, j.c.Resource == ResourceXHR, j.c.Resource == ResourceDocument && j.c.Method != "GET":
	default:
		return false
	}
	return j.op != opNone || j.pay.files > 0 || j.p.givesReason(j.pay) || j.c.Method != "GET" && j.c.Method != "POST" && j.c.Method != "HEAD"
}

func all[T any](list []T, is func(T) bool) bool {
	return len(list) > 0 && !slices.ContainsFunc(list, func(x T) bool { return !is(x) })
}

func quoteList(list []string) string {
	out := make([]string, len(list))
	for i, s := range list {
		out[i] = Quoted(Clip(s))
	}
	return strings.Join(slices.Compact(out), ", ")
}
