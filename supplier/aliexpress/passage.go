package aliexpress

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"countermand/supplier"
	"countermand/supplier/aliexpress/site"
	"countermand/supplier/chrome"
)

// passage is a decided flow, or a rehearsal of one, as the gate knows it: the
// ticket by which its calls pass, and what became of them. Its fields are
// guarded by the gatekeeper's mutex.
type passage struct {
	k      *gatekeeper
	mode   site.Mode
	ticket site.Ticket
	tabs   map[string]bool
	// ctx ends with the flow: what is held then does not leave.
	ctx context.Context
	// mark stores that a call is about to leave.
	mark func(context.Context) error
	// reached is told how far a call has come; nil: nobody is.
	reached func(supplier.Stage)
	// keep stores evidence of a call.
	keep func(name string, body []byte) (refs []string, err error)

	marked  bool
	refs    []string      // of the evidence
	inHand  int           // calls that are held, or released and not answered
	latest  chan struct{} // closed when the call that came last is over
	changed chan struct{} // closed at the next change
	// left counts the marked calls that were released and not proved to have stayed.
	left   int
	words  string // of the last answer to an asking call
	failed []string
	// stuck is why a call that was to leave did not.
	stuck error
	// strange is a number of unknown origin that a call named.
	strange string
	// barred: a call by which a pressed page asks was not let through, so that
	// the page may speak of that.
	barred bool
	// ended is the call at which a rehearsal ended.
	ended *site.Call
	end   site.Verdict
}

// open begins a passage in a tab. The ticket lets nothing through before the
// opening press.
func (k *gatekeeper) open(f *passage, tab *chrome.Tab) {
	k.mu.Lock()
	defer k.mu.Unlock()
	f.k, f.tabs, f.changed = k, map[string]bool{tab.ID(): true}, make(chan struct{})
	f.latest = make(chan struct{})
	close(f.latest)
	k.flow = f
}

// finish ends the passage once no call is in hand, or when ctx ends: whatever
// its pages send later does not leave.
func (f *passage) finish(ctx context.Context) error {
	return f.settled(ctx, func() {
		if f.k.flow == f {
			f.k.flow = nil
		}
	})
}

// chose notes that files were chosen for uploading.
func (f *passage) chose(files int) {
	f.k.mu.Lock()
	defer f.k.mu.Unlock()
	f.ticket = f.ticket.Chose(files)
}

// change needs mu.
func (f *passage) change() {
	close(f.changed)
	f.changed = make(chan struct{})
}

// turn is a held call's place among those of the flow: they leave in the order
// in which the page made them, so that none which comes later takes the place
// of the one that our press led to.
type turn struct{ before, over chan struct{} }

// arrived counts a call that is held. Needs mu.
func (f *passage) arrived() turn {
	f.inHand++
	f.change()
	t := turn{before: f.latest, over: make(chan struct{})}
	f.latest = t.over
	return t
}

// stopped notes a call that did not pass. Needs mu.
func (f *passage) stopped(c site.Call, v site.Verdict) {
	if v.Class == site.ClassForeign || v.Class == site.ClassTelemetry {
		return
	}
	if v.Strange != "" && f.strange == "" {
		f.strange = v.Strange
	}
	f.barred = f.barred || v.Asks && c.Doc.Flow && len(c.Doc.Presses) > 0
	if v.Ends && f.ended == nil {
		f.ended, f.end = &c, v
	}
	const most = 5
	if len(f.failed) < most {
		f.failed = append(f.failed, fmt.Sprintf("%s %s (%s)", c.Method, site.PublicURL(c.URL), v.Why))
	}
	f.change()
}

// errMoved: what was judged when the call was held holds no more.
var errMoved = errors.New("it would not be let through any more")

// release lets one held call go, if it still may, and reads its answer.
func (f *passage) release(ctx context.Context, h *chrome.Held, c site.Call) {
	defer func() {
		f.k.mu.Lock()
		defer f.k.mu.Unlock()
		f.inHand--
		f.change()
	}()
	var v site.Verdict
	released := false
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	defer context.AfterFunc(f.ctx, func() { cancel(context.Cause(f.ctx)) })()
	h.Sent = func() { f.reach(supplier.StageReleased) }
	a, err := h.Release(ctx, func(ctx context.Context) (err error) {
		v, err = f.depart(ctx, h, c)
		released = err == nil
		return err
	})
	if !released {
		f.k.log.Info().Err(err).Str("call", site.PublicURL(c.URL)).Msg("a call was not released")
		f.k.mu.Lock()
		defer f.k.mu.Unlock()
		f.failed = append(f.failed, fmt.Sprintf("%s %s (%v)", c.Method, site.PublicURL(c.URL), err))
		f.stuck = err
		return
	}
	f.reach(supplier.StageAnswered)
	r := f.k.profile().JudgeReply(v, reply(a, err))
	f.noteAnswer(v, a, r, err)
	f.k.mu.Lock()
	defer f.k.mu.Unlock()
	f.ticket = f.ticket.Answered(v, r, chrome.BootTime())
	if r.Outcome == site.OutcomeStayed {
		if !v.Remembered {
			f.left--
		}
		f.stuck = err
	}
	if v.Role == site.RoleAsking && r.Outcome != site.OutcomeStayed {
		f.words = r.Words
	}
	f.k.log.Info().Str("call", site.PublicURL(c.URL)).Str("role", string(v.Role)).Str("outcome", string(r.Outcome)).Str("words", r.Words).Msg("a call left by decision")
}

// depart judges a held call anew, keeps what is about to leave, stores the
// mark, and counts the call as released.
func (f *passage) depart(ctx context.Context, h *chrome.Held, c site.Call) (site.Verdict, error) {
	judge := func(then func(site.Verdict) error) (site.Verdict, error) {
		f.k.mu.Lock()
		defer f.k.mu.Unlock()
		if f.k.flow != f || ctx.Err() != nil {
			return site.Verdict{}, errors.New("the flow has ended")
		}
		now := c
		now.Doc.Leaving = now.Doc.Leaving || h.Now().Leaving
		v := f.k.p.JudgeCall(f.k.state(), now)
		if v.Do != site.Hold {
			return v, fmt.Errorf("%w: %s", errMoved, v.Why)
		}
		return v, then(v)
	}
	v, err := judge(func(site.Verdict) error { return nil })
	if err != nil {
		return v, err
	}
	call, err := json.MarshalIndent(f.k.profile().RecordCall(c, v), "", " ")
	if err == nil {
		err = f.note("call", v, call)
	}
	if err != nil {
		return v, err
	}
	f.k.mu.Lock()
	marked := f.marked || v.Remembered
	f.k.mu.Unlock()
	if !v.Remembered {
		f.reach(supplier.StageWaiting)
	}
	if !marked && f.mark != nil {
		if err := f.mark(ctx); err != nil {
			return v, err
		}
	}
	f.k.mu.Lock()
	f.marked = f.marked || !v.Remembered
	f.k.mu.Unlock()
	// To store the mark takes a moment, in which the page may have turned. The
	// flow cannot end between this look and the count: it would say that nothing
	// has left.
	return judge(func(now site.Verdict) error {
		if now.Remembered != v.Remembered {
			return fmt.Errorf("%w: what is known of it has changed", errMoved)
		}
		f.ticket = f.ticket.Released(now, c)
		if !now.Remembered {
			f.left++
		}
		return nil
	})
}

// prepared names the calls of a flow that ended well which came before the one
// that asked.
func (f *passage) prepared() []string {
	f.k.mu.Lock()
	defer f.k.mu.Unlock()
	known := f.k.p.Gate.Preparations
	return slices.DeleteFunc(f.ticket.Prepared(), func(n string) bool { return slices.Contains(known, n) })
}

func (f *passage) reach(p supplier.Stage) {
	if f.reached != nil {
		f.reached(p)
	}
}

func name(v site.Verdict) string { return strings.ReplaceAll(string(v.Role), " ", "-") }

// note keeps evidence of a call.
func (f *passage) note(what string, v site.Verdict, body []byte) error {
	refs, err := f.keep(what+"-"+name(v), body)
	f.k.mu.Lock()
	defer f.k.mu.Unlock()
	f.refs = append(f.refs, refs...)
	return err
}

func (f *passage) noteAnswer(v site.Verdict, a chrome.Answer, r site.Result, err error) {
	said := map[string]any{"status": a.Status, "body": f.k.profile().PublicBody(a.Body), "outcome": r.Outcome, "words": r.Words}
	if err != nil {
		said["error"] = err.Error()
	}
	raw, err := json.MarshalIndent(said, "", " ")
	if err == nil {
		err = f.note("answer", v, raw)
	}
	if err != nil {
		f.k.log.Warn().Err(err).Msg("evidence of an answer was not kept")
	}
}

// reply puts what came back into the words of the verdict.
func reply(a chrome.Answer, err error) site.Reply {
	r := site.Reply{Status: a.Status, Body: a.Body, Length: -1}
	if n, bad := strconv.ParseInt(a.Header.Get("Content-Length"), 10, 64); bad == nil && a.Header.Get("Content-Encoding") == "" && a.Status/100 != 3 {
		r.Length = n
	}
	switch {
	case errors.Is(err, chrome.ErrNothingLeft):
		r.Stayed = true
	case errors.Is(err, chrome.ErrNoAnswer):
		r.Broken = true
	case errors.Is(err, chrome.ErrNotRead):
		r.Unreadable, r.Silent = true, a.Status == 0
	}
	return r
}

// passed is what became of a passage's calls.
type passed struct {
	// marked: the mark is stored. left: a call left, or may have. inHand: one is
	// held, or not answered yet.
	marked, left, inHand bool
	// said is what was answered to the last call that asks, in the site's words.
	said  site.Outcome
	asked bool
	words string
	// heard: what the page says of a request may be believed. Something was
	// pressed that commits, and no call by which the page asks was kept from it
	// while none left.
	heard bool
	// failed are calls that were not let through, and why.
	failed  []string
	stuck   error
	strange string
	refs    []string
	// ended: a rehearsal came to its last call.
	ended bool
}

// so tells what became of the calls so far.
func (f *passage) so() passed {
	f.k.mu.Lock()
	defer f.k.mu.Unlock()
	said, asked := f.ticket.Left()
	return passed{
		marked: f.marked, left: f.left > 0, inHand: f.inHand > 0, said: said, asked: asked, words: f.words,
		heard:  f.ticket.Committed() && (asked || !f.barred && f.stuck == nil),
		failed: slices.Clone(f.failed), stuck: f.stuck, strange: f.strange, refs: slices.Clone(f.refs), ended: f.ended != nil,
	}
}

// calm waits until no call is held or waits for its answer: until then the
// pages stay as they are, because a page that is left takes the answer along.
func (f *passage) calm(ctx context.Context) error { return f.settled(ctx, func() {}) }

// settled waits for that and then calls do, before another call can come; it
// calls do also where the wait was in vain.
func (f *passage) settled(ctx context.Context, do func()) error {
	for {
		f.k.mu.Lock()
		inHand, changed, vain := f.inHand, f.changed, ctx.Err() != nil
		if inHand == 0 || vain {
			do()
		}
		f.k.mu.Unlock()
		switch {
		case inHand == 0:
			return nil
		case vain:
			return fmt.Errorf("wait for the answer to a call that left: %w", context.Cause(ctx))
		}
		select {
		case <-changed:
		case <-ctx.Done():
		}
	}
}

// calmWithin is longer than a call may wait and be answered.
const calmWithin = site.WaitAtMost + site.ReleaseWithin + site.AnswerWithin + 5*time.Second
