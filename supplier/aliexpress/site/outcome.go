package site

import (
	"bytes"
	"encoding/json"
	"slices"
	"strconv"
	"strings"

	"countermand/supplier"
)

// Outcome is how a call that left ended, seen from the decision behind it.
type Outcome string

// The outcomes.
const (
	// OutcomeYes: the shop says that it is done.
	OutcomeYes Outcome = "yes"
	// OutcomeNo: the seller or the courier says no, or the order is shipped.
	OutcomeNo Outcome = "no"
	// OutcomeAsked: a request stands already, as a reading must show.
	OutcomeAsked Outcome = "already asked"
	// OutcomeUnclear: an answer that is not understood. It is read after, and
	// never asked again without a person.
	OutcomeUnclear Outcome = "not understood"
	// OutcomeGateway: the gateway's own no (token, session, limit, captcha),
	// which is nobody's refusal.
	OutcomeGateway Outcome = "not the shop's"
	// OutcomeNone: nobody knows whether it arrived.
	OutcomeNone Outcome = "none"
	// OutcomeStayed: no connection was let through, so nothing left.
	OutcomeStayed Outcome = "nothing left"
)

// final tells whether the shop has decided, so that nothing more is asked.
func (o Outcome) final() bool { return o == OutcomeYes || o == OutcomeNo || o == OutcomeAsked }

// Result is an outcome with what it was read from.
type Result struct {
	Outcome Outcome
	// Words are the site's own.
	Words string
	// Resend: the gateway refused the call's signature or token, so that the
	// page signs anew and sends the same once more.
	Resend bool
}

// Reply is what came back for a call that was released.
type Reply struct {
	// Stayed: no connection was admitted for it.
	Stayed bool
	// Broken: an error of the network before any header, or the daemon or the
	// browser died.
	Broken bool
	// Silent: it ended without any event.
	Silent bool
	Status int
	// Length is Content-Length, -1 where it is not known or the body was
	// encoded on its way.
	Length int64
	Body   []byte
	// Unreadable: the body could not be had.
	Unreadable bool
}

// gatewayStatus are answers of whatever stands before the shop: not signed
// in, forbidden, not waited for, sent to the wrong server, too many.
var gatewayStatus = []int{401, 403, 408, 421, 429}

// JudgeReply reads the reply to a released call. Only the body of a call that
// is known to write is believed, and more than the envelope: the gateway says
// SUCCESS to every call that arrived.
func (p Profile) JudgeReply(v Verdict, r Reply) Result {
	switch {
	case r.Stayed:
		return Result{Outcome: OutcomeStayed}
	case r.Broken, !r.Silent && !r.Unreadable && r.Length > int64(len(r.Body)):
		return Result{Outcome: OutcomeNone}
	case slices.Contains(gatewayStatus, r.Status):
		return Result{Outcome: OutcomeGateway, Words: "status " + strconv.Itoa(r.Status)}
	case r.Silent, r.Unreadable:
		return Result{Outcome: OutcomeUnclear}
	}
	a, err := ParseAnswer(r.Body)
	if err == nil {
		words := Clip(strings.Join(a.Ret, ", "))
		switch p.Returns.Kind(a.Ret) {
		case supplier.LoggedOut, supplier.Challenged, supplier.Throttled:
			return Result{Outcome: OutcomeGateway, Words: words}
		case retryKind:
			return Result{Outcome: OutcomeGateway, Words: words, Resend: true}
		}
	} else if slices.ContainsFunc(p.Pages.Challenge.Addresses, func(mark string) bool { return bytes.Contains(r.Body, []byte(mark)) }) {
		return Result{Outcome: OutcomeGateway, Words: "a challenge"}
	}
	if !v.Known || v.Role != RoleAsking {
		return Result{Outcome: OutcomeUnclear}
	}
	res := p.bodySays(r.Body)
	if r.Status >= 400 && res.Outcome == OutcomeYes || err == nil && p.Returns.Kind(a.Ret) != "" && res.Outcome == OutcomeYes {
		res.Outcome = OutcomeUnclear // a yes in an envelope that says no
	}
	if res.Words == "" && err == nil {
		res.Words = Clip(strings.Join(a.Ret, ", "))
	}
	return res
}

// bodySays looks in a body for what means yes and what means no. Where both
// stand, or a flag denies, it is not understood.
func (p Profile) bodySays(body []byte) Result {
	dec := json.NewDecoder(bytes.NewReader(stripCallback(body)))
	dec.UseNumber()
	var tree any
	if dec.Decode(&tree) != nil {
		return Result{Outcome: OutcomeUnclear}
	}
	var yes, no, asked, denied bool
	var words string
	w := p.Gate.Answers
	var walk func(key string, v any, depth int, inside bool)
	walk = func(key string, v any, depth int, inside bool) {
		if depth > maxNesting {
			denied = true
			return
		}
		denied = denied || inside && saysError(key, v)
		switch v := v.(type) {
		case map[string]any:
			for k, x := range v {
				walk(k, x, depth+1, inside || k == "data")
			}
		case []any:
			for _, x := range v {
				walk(key, x, depth+1, inside)
			}
		case bool, string:
			s := node{v}.str()
			if isFlag := inside && slices.ContainsFunc(w.Flags, func(f string) bool { return strings.EqualFold(f, key) }); isFlag {
				yes, denied = yes || s == "true", denied || s != "true"
				return
			}
			code := func(list []string) bool { return slices.Contains(list, s) }
			switch {
			case code(w.RefusedCodes), p.Cancel.PickedUpTexts.in(s) != "", p.Reminders.Refused.in(s) != "":
				no, words = true, s
			case w.AskedTexts.in(s) != "":
				asked, words = true, s
			case code(w.DoneCodes), p.Cancel.DoneTexts.in(s) != "", p.Reminders.Pending.in(s) != "":
				yes = true
			}
		}
	}
	walk("", tree, 0, false)
	res := Result{Outcome: OutcomeUnclear, Words: Clip(words)}
	switch {
	case no && !yes && !asked:
		res.Outcome = OutcomeNo
	case asked && !yes && !no:
		res.Outcome = OutcomeAsked
	case yes && !no && !asked && !denied:
		res.Outcome = OutcomeYes
	}
	return res
}

// saysError tells whether a value beside the others names an error.
func saysError(key string, v any) bool {
	switch v.(type) {
	case map[string]any, []any, nil:
		return false
	}
	if !saysOneOf(key, []string{"error", "errcode", "errmsg", "errno", "fail"}) {
		return false
	}
	said := strings.ToLower(node{v}.str())
	return !slices.Contains([]string{"", "0", "false", "null", "none", "ok", "success"}, said)
}

// Together joins what the body of the last asking call says with what the
// page says in words after a committing press. Two that contradict each other
// are not understood.
func Together(body, page Outcome) Outcome {
	switch {
	case page == "" || page == OutcomeUnclear || page == body:
		return body
	case body == OutcomeStayed:
		return OutcomeUnclear // the page speaks of what never left
	case !body.final():
		return page
	}
	return OutcomeUnclear
}
