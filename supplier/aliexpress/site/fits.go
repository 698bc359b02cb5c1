package site

import (
	"fmt"
	"net/url"
	"slices"
	"strings"
)

// ticketed judges a call that may write in a decided flow, or in a rehearsal
// as if it were one.
func (j *judging) ticketed(v Verdict) Verdict {
	t := *j.s.Ticket
	no := func(why string) Verdict {
		v.Do, v.Role, v.Why = Fail, "", why
		return v
	}
	if j.named.other != "" {
		v.Other, v.Tell = j.named.other, len(j.c.Doc.Presses) > 0
		return no("it names order " + j.named.other + ", not " + t.Order)
	}
	if why := j.outside(t); why != "" {
		return no(why)
	}
	if role, sent, ok := j.sentBefore(t); sent {
		if !ok {
			return no("the page sends again what has left already")
		}
		v.Role, v.Again, v.Known = role, true, j.write.Kind != ""
		switch {
		case j.write.Kind != "" && j.write.Kind != t.Kind || !j.op.fits(t.Kind) && j.text(t) == "":
			return no("what was redirected asks for something else")
		case role == RoleAsking && t.decided(j.text(t)):
			return no("the shop has answered already")
		case len(t.calls) >= maxCalls || role == RoleAsking && t.asked() >= maxAsking:
			return no("the flow has made as many calls as it may")
		}
		v.text = j.text(t)
		return j.hold(v)
	}
	switch t.Kind {
	case KindMessage:
		v = j.message(t, v)
	case KindDispute:
		v = j.dispute(t, v)
	default:
		v = j.either(t, v)
	}
	if v.Do == Fail || v.Do == Show && j.s.Mode != ModeRehearsal {
		return v
	}
	return j.hold(v)
}

// outside says why a call is none of the flow's at all, "" where it may be.
func (j *judging) outside(t Ticket) string {
	d := j.c.Doc
	switch {
	case t.Order == "" || t.Kind == "":
		return "the ticket names no order"
	case j.c.At > t.Until:
		return "the ticket's time is over"
	case !t.opened:
		return "nothing was pressed yet that could have led to it"
	case j.c.Frame == "" || !d.Flow:
		return "no page of the flow makes it"
	case d.Leaving || !j.ofItsDocument():
		return "the page that makes it is being left"
	case !slices.Contains([]Resource{ResourceDocument, ResourceFetch, ResourceXHR, ResourceScript}, j.c.Resource):
		return "calls of type " + string(j.c.Resource) + " are no part of a flow"
	}
	return ""
}

// sentBefore tells whether the same has left under the ticket, and whether it
// may leave once more: after the gateway refused its signature, or where the
// shop itself redirects it among its own hosts.
func (j *judging) sentBefore(t Ticket) (role Role, sent, again bool) {
	for _, c := range slices.Backward(t.calls) {
		if j.c.RedirectedFrom != "" && c.address == j.c.RedirectedFrom && c.body == j.body {
			from, err := url.Parse(j.c.RedirectedFrom)
			return c.role, true, err == nil && j.p.shop(j.s.Hosts, from) && j.p.shop(j.s.Hosts, j.u)
		}
		same := c.digest == j.digest || j.c.RedirectedFrom != "" && c.role == RoleAsking && c.body == j.body
		if same && (j.c.Method != "GET" || c.role == RoleAsking || j.op != opNone) {
			return c.role, true, c.resend && j.c.At-c.at <= PressReach
		}
	}
	return "", false, false
}

// hold lets a call wait for the mark; in a rehearsal it ends the flow.
func (j *judging) hold(v Verdict) Verdict {
	v.Do = Hold
	if j.s.Mode == ModeRehearsal {
		v.Do, v.Ends = Fail, true
		v.Why = "a rehearsal ends with it"
		if v.Role != RoleAsking {
			v.Why = fmt.Sprintf("nobody knows what %s does; if it only reads, say so: site calls set %s read", j.name(), j.name())
		}
	}
	return v
}

// name of the call, for people.
func (j *judging) name() string { return strings.Join(j.names, " and ") }

// either takes the call for an asking one by what it holds, else for a
// preparation.
func (j *judging) either(t Ticket, v Verdict) Verdict {
	if j.asks() {
		return j.asking(t, v, "")
	}
	return j.preparation(t, v)
}

// asking judges a call that asks the shop for what the ticket is about. text
// is the message that it carries.
func (j *judging) asking(t Ticket, v Verdict, text string) Verdict {
	no := func(why string) Verdict {
		v.Do, v.Role, v.Why = Fail, "", why
		return v
	}
	shown := t.Only != "" && t.Only == j.digest // a person has seen this very payload
	known := j.write.Kind == t.Kind
	switch {
	case j.write.Kind != "" && !known:
		return no("it is a call of another kind: " + string(j.write.Kind))
	case text == "" && !j.op.fits(t.Kind):
		return no("it asks for something else: " + quoteList(j.words))
	case t.Only != "" && !shown:
		return no("it is not the call that a person said yes to")
	case !j.named.own && text == "" && !shown && !(known && j.write.Unnamed):
		return no("it asks without naming the order by number or line")
	case j.named.strange != "" && !shown:
		v.Strange = j.named.strange
		return no("it names " + j.named.strange + ", and nobody knows what that is")
	}
	press, ok := j.c.Doc.pressed(j.c.At, func(p Press) bool {
		if p.Kind == PressCommits && p.About == t.Kind {
			return true
		}
		// A listed call that says in words what it does needs no more.
		return known && j.saysKind(t.Kind) && (p.Kind == PressOpening || p.Kind == PressCommits)
	})
	switch {
	case !ok:
		return no("no press of ours on its page could have led to it")
	case known && press.At <= t.spent:
		return no("the press that it follows has led to a call already")
	case slices.ContainsFunc(t.calls, func(c sentCall) bool { return c.role == RoleAsking && !c.answered }):
		return no("the call before it is not answered yet")
	case t.decided(text):
		return no("the shop has answered already")
	case t.asked() >= maxAsking || len(t.calls) >= maxCalls:
		return no("the flow has made as many calls as it may")
	}
	v.Do, v.Role, v.Known, v.text, v.pressed = Hold, RoleAsking, known, text, press.At
	return v
}

// saysKind: the payload or the name of a listed call says in a known word
// that it does what the ticket is about.
func (j *judging) saysKind(k Kind) bool {
	return j.op == opCancel && k == KindCancel || j.op == opMessage && k == KindMessage || j.op == opDispute && k == KindDispute
}

// preparation judges every other call or page of the flow: checks before the
// asking call, refreshes after it.
func (j *judging) preparation(t Ticket, v Verdict) Verdict {
	no := func(why string) Verdict {
		v.Do, v.Role, v.Why = Fail, "", why
		return v
	}
	switch {
	case j.write.Kind != "" || j.op != opNone && j.c.Resource != ResourceDocument:
		return no("it asks for " + quoteList(j.words) + " in a way that no flow does")
	case !j.op.fits(t.Kind):
		return no("it asks for something else: " + quoteList(j.words))
	case !j.named.own && !j.named.handle:
		return no("it does not name the order")
	case len(t.calls) >= maxCalls:
		return no("the flow has made as many calls as it may")
	}
	v.Do, v.Role = Hold, RolePreparation
	v.Remembered = j.op == opNone && j.c.Resource != ResourceDocument && all(j.names, func(n string) bool {
		return slices.ContainsFunc(j.p.Gate.Preparations, func(p string) bool { return strings.EqualFold(p, n) })
	})
	return v
}

// text gives the message that a call carries, "" where it carries none.
func (j *judging) text(t Ticket) string {
	if t.Kind != KindMessage {
		return ""
	}
	for _, f := range j.pay.fields {
		if i := slices.IndexFunc(t.Texts, func(s string) bool { return fold(s) != "" && fold(s) == fold(f.val) }); i >= 0 {
			return t.Texts[i]
		}
	}
	return ""
}

// message judges a call while a text is sent to the seller: the one that
// carries the text asks.
func (j *judging) message(t Ticket, v Verdict) Verdict {
	text := j.text(t)
	if text == "" {
		if j.asks() {
			v.Do, v.Why = Fail, "it carries none of the texts that were to be sent"
			return v
		}
		return j.preparation(t, v)
	}
	switch beside := slices.DeleteFunc(slices.Clone(j.words), func(w string) bool { return fold(w) == fold(text) }); {
	case j.c.Doc.Order != t.Order:
		v.Do, v.Why = Fail, "nothing proves that its page is order "+t.Order+"'s"
	case slices.ContainsFunc(beside, func(w string) bool { return !operationOfName(w).fits(KindMessage) }):
		v.Do, v.Why = Fail, "it asks for something else: "+quoteList(beside)
	case slices.ContainsFunc(t.calls, func(c sentCall) bool { return fold(c.text) == fold(text) }):
		v.Do, v.Why = Fail, "this text has left already"
	case j.c.Resource == ResourceScript:
		v.Do, v.Why = Fail, "a message is not sent as a script"
	default:
		return j.asking(t, v, text)
	}
	return v
}

// dispute judges a call while a dispute form is filled in: as many uploads as
// files were chosen, drafts after "Next", and the call that submits it only
// after the second yes.
func (j *judging) dispute(t Ticket, v Verdict) Verdict {
	_, next := j.c.Doc.pressed(j.c.At, func(p Press) bool { return p.Kind == PressNext })
	uploads := 0
	for _, c := range t.calls {
		uploads += c.files
	}
	switch {
	case j.pay.files > 0 && j.op == opNone && j.write.Kind == "":
		if uploads+j.pay.files > t.files {
			v.Do, v.Why = Fail, fmt.Sprintf("it uploads a file, and %d were chosen", t.files)
			return v
		}
		v.Do, v.Role, v.files = Hold, RoleUpload, j.pay.files
		return v
	case next && j.op == opNone && j.write.Kind == "":
		return j.preparation(t, v)
	}
	v = j.either(t, v)
	if v.Do == Hold && v.Role == RoleAsking && !t.Submit {
		v.Do, v.Why = Show, "a dispute is submitted only after a person's second yes"
	}
	return v
}
