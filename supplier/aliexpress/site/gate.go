package site

import (
	"cmp"
	"net/netip"
	"net/url"
	"slices"
	"strings"
)

// Gate is what is known of the requests of the site's pages, as data. Names
// are those of the gateway's calls ("mtop.…") or paths that begin with "/",
// without regard to case.
type Gate struct {
	// Hosts are more of the shop's own, with everything below them.
	Hosts []string `yaml:"hosts"`
	// Content are hosts, with everything below them, that only hand out files.
	Content []string `yaml:"content"`
	// Reads are calls and documents that change nothing. Beside a name stand
	// the operation's words that it carries all the same, because they say
	// what is asked about.
	Reads map[string][]string `yaml:"reads"`
	// Writes are calls that change something, by what they do.
	Writes map[string]WriteCall `yaml:"writes"`
	// Preparations are calls of a flow that come before the one which asks, and
	// were seen to ask nothing: they pass by ticket, without a mark.
	Preparations []string `yaml:"preparations"`
	// Session are calls, and parts of paths, that keep the session, prove the
	// device or ask for a captcha.
	Session Session `yaml:"session"`
	// Answers are words and codes of the answers to calls that write.
	Answers AnswerWords `yaml:"answers"`
}

// WriteCall is a call that is known to write.
type WriteCall struct {
	Kind Kind `yaml:"kind"`
	// Unnamed: a person has shown this very call, and its payload names no
	// order that could be read.
	Unnamed bool `yaml:"unnamed"`
}

// Session names what keeps a session.
type Session struct {
	Calls []string `yaml:"calls"`
	Paths []string `yaml:"paths"`
}

// AnswerWords are what an answer's body must hold to mean something. Codes
// are whole values.
type AnswerWords struct {
	Flags        []string `yaml:"flags"`
	DoneCodes    []string `yaml:"done_codes"`
	RefusedCodes []string `yaml:"refused_codes"`
	AskedTexts   Texts    `yaml:"asked_texts"`
}

// ownReads are the calls and documents that the driver itself reads.
func (p Profile) ownReads() []string {
	out := []string{p.Calls.List, p.Calls.Detail, p.Calls.Tracking, p.Calls.Refund, p.Calls.Reasons, p.Calls.Returns}
	for _, template := range []string{p.URLs.List, p.URLs.Detail, p.URLs.Tracking, p.URLs.Refund, p.URLs.Returns} {
		if _, path, ok := strings.Cut(template, "}"); ok {
			path, _, _ = strings.Cut(path, "?")
			out = append(out, path)
		}
	}
	return out
}

// readWords tells whether a name is a read's, and the words that it may carry.
func (p Profile) readWords(name string) (words []string, ok bool) {
	if _, writes := p.writeCall(name); writes || name == "" {
		return nil, false
	}
	for n, w := range p.Gate.Reads {
		if strings.EqualFold(n, name) {
			return w, true
		}
	}
	return nil, slices.ContainsFunc(p.ownReads(), func(n string) bool { return strings.EqualFold(n, name) })
}

// writeCall gives what a name is known to write. The call of the order pages'
// operations is built in: no profile turns it into anything else.
func (p Profile) writeCall(name string) (WriteCall, bool) {
	if name != "" && (strings.EqualFold(name, p.Calls.Operation) || strings.EqualFold(name, builtInOperation)) {
		return WriteCall{Kind: KindCancel}, true
	}
	for n, w := range p.Gate.Writes {
		if strings.EqualFold(n, name) {
			return w, true
		}
	}
	return WriteCall{}, false
}

// builtInOperation is reported by public tools of the site as the one call by
// which its order pages pay, cancel and confirm.
const builtInOperation = "mtop.aliexpress.trade.buyer.order.operation"

func (p Profile) validateGate(bad complain) {
	for name, words := range p.Gate.Reads {
		path := "gate.reads." + name
		if !isCallName(name) {
			bad(path, "is neither a call's name nor a path")
		}
		if _, writes := p.writeCall(name); writes {
			bad(path, "is a call that writes")
		}
		switch op := operationOfName(lastPart(name)); {
		case op == opDenied:
			bad(path, "is an operation that never leaves")
		case op != opNone && len(words) == 0:
			bad(path, "its own name asks for something to be done; if it only reads all the same, give the words that it carries (words)")
		}
		for _, w := range words {
			if op := operationOf(w); op == opDenied || op == opNone {
				bad(path, "%q is no word of an operation that may be asked about", w)
			}
		}
	}
	for name, w := range p.Gate.Writes {
		path := "gate.writes." + name
		if !isCallName(name) {
			bad(path, "is neither a call's name nor a path")
		}
		if !slices.Contains([]Kind{KindCancel, KindMessage, KindDispute}, w.Kind) {
			bad(path+".kind", "%q is not cancel, message or dispute", w.Kind)
		}
		if slices.ContainsFunc(p.ownReads(), func(n string) bool { return strings.EqualFold(n, name) }) {
			bad(path, "is a call that the driver reads")
		}
		if operationOfName(lastPart(name)) == opDenied {
			bad(path, "is an operation that never leaves")
		}
	}
	for path, list := range map[string][]string{"gate.hosts": p.Gate.Hosts, "gate.content": p.Gate.Content, "gate.session.paths": p.Gate.Session.Paths} {
		for _, v := range list {
			if len(strings.Trim(v, "/. ")) < 5 && !strings.Contains(v, ":") {
				bad(path, "%q would match too much", v)
			}
		}
	}
	for _, name := range p.Gate.Session.Calls {
		if _, writes := p.writeCall(name); writes || !isCallName(name) {
			bad("gate.session.calls", "%q is not the name of a call that keeps a session", name)
		}
	}
}

func isCallName(s string) bool {
	return strings.HasPrefix(s, "/") && len(s) > 1 || strings.HasPrefix(strings.ToLower(s), "mtop.")
}

// shop tells whether a request goes to a host of the shop's own: the
// account's four and everything in their domains, also under another
// country's ending, and the profile's. On loopback, exactly the account's and
// the profile's.
func (p Profile) shop(h Hosts, u *url.URL) bool {
	if containsHost(h.Also, u.Host) || containsHost(p.Messages.Hosts, u.Host) || under(p.Gate.Hosts, u) {
		return true
	}
	return slices.ContainsFunc([]string{h.WWW, h.Mobile, h.Login, h.API}, func(own string) bool {
		o, err := url.Parse(own)
		if err != nil || o.Host == "" {
			return false
		}
		if strings.EqualFold(o.Host, u.Host) {
			return true
		}
		if isLoopback(o.Hostname()) {
			return false
		}
		host := strings.ToLower(strings.TrimSuffix(u.Hostname(), "."))
		if strings.EqualFold(o.Hostname(), host) {
			return true // on another port
		}
		_, domain := ParentDomain(own)
		label, _, _ := strings.Cut(strings.TrimPrefix(strings.ToLower(domain), "."), ".")
		return label != "" && slices.Contains(strings.Split(host, "."), label)
	})
}

func isLoopback(host string) bool {
	addr, err := netip.ParseAddr(host)
	return strings.EqualFold(host, "localhost") || err == nil && addr.IsLoopback()
}

// under tells whether a host is one of the named ones or below it.
func under(hosts []string, u *url.URL) bool {
	host := strings.ToLower(strings.TrimSuffix(u.Hostname(), "."))
	return slices.ContainsFunc(hosts, func(h string) bool {
		h = strings.ToLower(h)
		return h != "" && (h == host || h == strings.ToLower(u.Host) || strings.HasSuffix(host, "."+h))
	})
}

// callNames gives the names of the call that is made: the gateway's ("mtop.…"
// in the path, or as the parameter api), else its path. A path that is not
// the gateway's own names the call too, whatever a parameter says.
func callNames(u *url.URL, y *payload) (names []string, gateway bool) {
	inPath := false
	for _, f := range y.fields {
		name := strings.ToLower(f.val)
		if !f.path && !strings.EqualFold(f.key, "api") || !strings.HasPrefix(name, "mtop.") {
			continue
		}
		inPath = inPath || f.path
		if !slices.Contains(names, name) {
			names = append(names, name)
		}
	}
	gateway = len(names) > 0 || strings.Contains(strings.ToLower(u.Path), "/h5/")
	if len(names) == 0 || !inPath && !strings.EqualFold(strings.Trim(u.Path, "/"), "h5") {
		names = append(names, cmp.Or(u.Path, "/"))
	}
	return names, gateway
}
