package shopifytest

import (
	"fmt"
	"strings"
)

// Cancel is how an order was cancelled through the API.
type Cancel struct {
	Reason         string
	Restock        bool
	NotifyCustomer bool
	// Refund is "original", "store_credit" or "none".
	Refund    string
	StaffNote string
	// Times counts how often it was accepted: more than once is a fault of
	// the caller.
	Times int
}

// Problem is a refusal in Shopify's shape.
type Problem struct{ Code, Field, Message string }

func (p Problem) object() object {
	field := any(nil)
	if p.Field != "" {
		field = strings.Split(p.Field, ".")
	}
	return object{"code": orNull(p.Code), "field": field, "message": p.Message}
}

func problems(ps ...Problem) []object {
	out := []object{}
	for _, p := range ps {
		out = append(out, p.object())
	}
	return out
}

// job is a cancel that goes on after its mutation was answered.
type job struct {
	id      int64
	order   *Order
	left    int // queries until it ends
	done    bool
	failure *Problem
}

// SlowCancels makes a cancel end only after n further queries; by default it
// has ended at the first.
func (s *Shop) SlowCancels(n int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.faults.cancelTicks = n
}

// RefuseCancel answers every cancel with a problem; nil ends that.
func (s *Shop) RefuseCancel(p *Problem) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.faults.cancelRefused = p
}

// FailCancel lets every cancel be accepted and its job fail; nil ends that.
func (s *Shop) FailCancel(p *Problem) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.faults.cancelFailed = p
}

// orderCancel is the mutation.
func (s *Shop) orderCancel(args map[string]any) (any, error) {
	refused := func(code, field, message string) (any, error) {
		return object{"job": nil, "jobResult": nil, "orderCancelUserErrors": problems(Problem{code, field, message})}, nil
	}
	o := s.byGID(args["orderId"])
	switch {
	case o == nil:
		return refused("NOT_FOUND", "orderId", "Order does not exist")
	case !o.CancelledAt.IsZero():
		return refused("INVALID", "orderId", "Order has already been cancelled")
	case o.Fulfillment == "FULFILLED":
		return refused("INVALID", "orderId", "Cannot cancel an order that has been fulfilled")
	case s.faults.cancelRefused != nil:
		p := *s.faults.cancelRefused
		return refused(p.Code, p.Field, p.Message)
	}
	times := 1
	if o.Cancel != nil {
		times += o.Cancel.Times
	}
	note, _ := args["staffNote"].(string)
	if len([]rune(note)) > 255 {
		return refused("INVALID", "staffNote", "Staff note is too long (maximum is 255 characters)")
	}
	o.Cancel = &Cancel{
		Reason: fmt.Sprint(args["reason"]), Restock: args["restock"] == true, NotifyCustomer: args["notifyCustomer"] == true,
		Refund: refundMethod(args["refundMethod"]), StaffNote: note, Times: times,
	}
	j := &job{id: s.id(), order: o, left: s.faults.cancelTicks, failure: s.faults.cancelFailed}
	s.jobs = append(s.jobs, j)
	return object{
		"job":                   object{"id": j.gid("Job"), "done": false},
		"jobResult":             j.result(),
		"orderCancelUserErrors": problems(),
	}, nil
}

func refundMethod(v any) string {
	m, _ := v.(map[string]any)
	switch {
	case m["originalPaymentMethodsRefund"] == true:
		return "original"
	case m["storeCreditRefund"] != nil:
		return "store_credit"
	}
	return "none"
}

// tick lets the jobs go on by one query.
func (s *Shop) tick() {
	for _, j := range s.jobs {
		if j.done {
			continue
		}
		if j.left--; j.left > 0 {
			continue
		}
		j.done = true
		if j.failure != nil || !j.order.CancelledAt.IsZero() {
			continue
		}
		financial := "REFUNDED"
		if j.order.Cancel.Refund == "none" {
			financial = j.order.Financial
		}
		j.order.cancel(s.now(), j.order.Cancel.Reason, financial)
		s.touch(j.order)
	}
}

func (j *job) gid(typ string) string { return fmt.Sprintf("gid://shopify/%s/%d", typ, j.id) }

func (j *job) result() object {
	status, errs := "STARTED", problems()
	switch {
	case j.done && j.failure != nil:
		status, errs = "FAILED", problems(*j.failure)
	case j.done:
		status = "SUCCEEDED"
	}
	return object{
		"__typename": "OrderCancelJobResult", "id": j.gid("OrderCancelJobResult"), "done": j.done, "status": status, "errors": errs,
	}
}

func (s *Shop) readJob(args map[string]any) (any, error) {
	for _, j := range s.jobs {
		if j.gid("Job") == args["id"] {
			return object{"id": j.gid("Job"), "done": j.done}, nil
		}
	}
	return nil, nil
}

// node finds what can be asked for by its id alone.
func (s *Shop) node(args map[string]any) (any, error) {
	for _, j := range s.jobs {
		if j.gid("OrderCancelJobResult") == args["id"] {
			return j.result(), nil
		}
	}
	if _, e := s.findEdit(args["id"]); e != nil {
		return e.object(), nil
	}
	if o := s.byGID(args["id"]); o != nil {
		return s.orderObject(o), nil
	}
	return nil, nil
}
