package sync

import (
	"testing"
	"time"

	"countermand/state"
	"countermand/supplier"
	"countermand/sync/machine"
)

// yearReply is what becomes of the call that asks, and what the site answers.
type yearReply string

const (
	replyYes     yearReply = "yes, and the page shows it"
	replyOld     yearReply = "yes, and the page shows the old state for eight minutes"
	replyAlready yearReply = "it is asked already"
	replyUnclear yearReply = "something that nobody understands, and it took"
	replyMuddled yearReply = "something that nobody understands, and it did not take"
	replyLost    yearReply = "an answer that is lost"
	replyAstray  yearReply = "none: the call goes astray"
	replyLimit   yearReply = "the gateway's limit, and it took"
	replyToken   yearReply = "the gateway's token, and it did not take"
	replyNothing yearReply = "none: no connection was admitted"
	replyBroken  yearReply = "none, by a client that breaks its word"
)

// yearReplies are how often each comes, in parts of a hundred, usually and where
// the site is moody; the rest is a plain yes.
var yearReplies = []struct {
	reply        yearReply
	usual, moody int
}{
	{replyOld, 6, 14}, {replyAlready, 1, 8}, {replyUnclear, 1, 8}, {replyMuddled, 1, 8}, {replyLost, 5, 9}, {replyAstray, 3, 9}, {replyLimit, 1, 8},
	{replyToken, 2, 9}, {replyNothing, 2, 9}, {replyBroken, 1, 4},
}

func (s *yearSite) draw() yearReply {
	n := s.rng.IntN(100)
	for _, r := range yearReplies {
		share := r.usual
		if s.moods {
			share = r.moody
		}
		if n -= share; n < 0 {
			return r.reply
		}
	}
	return replyYes
}

// pageLag is how long a page shows the old state after the site said yes: less
// than the settle time, as it is set.
const pageLag = 8 * time.Minute

// called is what a call does that left, and what is seen of it.
func (c yearClient) called(o *yearOrder, reply yearReply) (state.AttemptResult, error) {
	if o.fate == fatePickedUp {
		return state.AttemptResult{Outcome: state.AskPickedUp, Said: state.SaidNo, Detail: "The courier has picked up the package"}, nil
	}
	switch reply {
	case replyAstray, replyMuddled, replyToken:
		c.y.store.dieHere("after a call that went astray")
	default:
		o.reach(c.rng, c.y.now)
		o.allowed = false
		c.y.store.dieHere("after the call")
	}
	out := state.AttemptResult{Outcome: state.AskUnclear, Detail: string(reply)}
	defer func() {
		if out.Said != state.SaidNothing && out.Said != state.SaidNone && out.Said != state.SaidGateway {
			o.told = c.y.now
			c.freshen(o)
		}
	}()
	switch reply {
	case replyAstray, replyLost:
		out.Said = state.SaidNone
		return out, nil
	case replyToken, replyLimit:
		out.Said, out.SaidWords = state.SaidGateway, "FAIL_SYS_TOKEN_EXPIRED"
		return out, nil
	case replyBroken:
		return state.AttemptResult{}, &supplier.Error{Kind: supplier.Browser, Op: "cancel order " + o.number}
	case replyUnclear, replyMuddled:
		out.Said, out.SaidWords = state.SaidUnclear, "Please verify"
	case replyAlready:
		out.Said, out.SaidWords = state.SaidAsked, "Already requested"
		o.vague = true // by whom, it does not say
	case replyOld:
		o.shownFrom = c.y.now.Add(pageLag)
		fallthrough
	default:
		out.Said, out.SaidWords = state.SaidYes, "Submitted"
	}
	r := o.page(c.y.now, false)
	if out.Reading = &r; r.Phase == state.PhasePending {
		out.Outcome, out.Reason = state.AskPending, "no longer wanted"
	}
	return out, nil
}

// mayFollow: another call may follow by itself only where no answer of the shop
// came to the one before.
func mayFollow(c state.Case) {
	for _, before := range c.Attempt.Before {
		if before.Said != state.SaidNone && before.Said != state.SaidGateway && !c.ApprovedAt.After(before.At) {
			wrong("case %s: a call although the site said %q to that of %s, and nobody approved", c.ID, before.Said, machine.Stamp(before.At))
		}
	}
}

// TestYearOfOddAnswers: a site that answers oddly more often than not, and whose
// pages show a request late, gets no request twice and loses none.
func TestYearOfOddAnswers(t *testing.T) {
	t.Parallel()
	seen := map[yearReply]int{}
	for seed := uint64(21); seed < 24; seed++ {
		y := playMoodyYear(t, seed, 40)
		for reply, n := range y.site.replies {
			seen[reply] += n
		}
	}
	for _, r := range yearReplies {
		if seen[r.reply] == 0 {
			t.Errorf("the site never answered: %s", r.reply)
		}
	}
}

func playMoodyYear(t *testing.T, seed uint64, cases int) *year {
	t.Helper()
	return playYearWith(t, seed, cases, machine.Auto, yearUsual, func(y *year) { y.site.moods = true })
}
