package shopifytest

import (
	"context"
	"fmt"
	"math/rand/v2"
	"slices"
)

// maxTries of one delivery: the first and eight more.
const maxTries = 9

// event is one webhook for one subscription, waiting to be sent.
type event struct {
	sub      int64
	uri      string
	topic    string
	delivery Delivery
	tries    int
}

// Plan is how badly the webhooks travel. The same seed makes the same
// journey.
type Plan struct {
	Seed uint64
	// Lose and Repeat are the chances, from 0 to 1, that a delivery never
	// arrives and that it arrives twice.
	Lose, Repeat float64
	// Shuffle sends them in any order.
	Shuffle bool
}

// Delivered counts what became of the webhooks.
type Delivered struct{ Sent, Lost, Repeated, Failed, Waiting int }

// Emit makes the webhooks of an event, one for each subscription to its topic,
// with the order as it is now. Topic is written as in the header. They wait
// for Deliver.
func (s *Shop) Emit(topic, order string) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	o, err := s.find(order)
	if err != nil {
		return fmt.Errorf("emit %s: %w", topic, err)
	}
	for _, u := range s.subs {
		if u.header() == topic {
			d := s.delivery(topic, o.clone(), u.fields)
			s.events = append(s.events, event{sub: u.id, uri: u.uri, topic: topic, delivery: d})
		}
	}
	return nil
}

// Deliver sends what waits, each webhook once or as the plan says. One that is
// not answered with a 2xx waits for the next Deliver, with the same body and
// id; eight failures in a row end a subscription.
func (s *Shop) Deliver(ctx context.Context, p Plan) Delivered {
	s.mu.Lock()
	events := s.events
	s.events = nil
	s.mu.Unlock()
	rng := rand.New(rand.NewPCG(p.Seed, 1))
	if p.Shuffle {
		rng.Shuffle(len(events), func(i, j int) { events[i], events[j] = events[j], events[i] })
	}
	var out Delivered
	for _, e := range events {
		if rng.Float64() < p.Lose {
			out.Lost++
			continue
		}
		times := 1
		if rng.Float64() < p.Repeat {
			times, out.Repeated = 2, out.Repeated+1
		}
		for range times {
			reply, err := s.send(ctx, e.uri, e.delivery)
			ok := err == nil && reply.Status/100 == 2
			if ok {
				out.Sent++
			} else {
				out.Failed++
			}
			s.settle(e, ok)
		}
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	out.Waiting = len(s.events)
	return out
}

// settle counts a subscription's failures in a row and keeps what failed.
func (s *Shop) settle(e event, ok bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	i := slices.IndexFunc(s.subs, func(u *subscription) bool { return u.id == e.sub })
	if i < 0 {
		return
	}
	if ok {
		s.subs[i].failures = 0
		return
	}
	if e.tries++; e.tries < maxTries {
		s.events = append(s.events, e)
	}
	if s.subs[i].failures++; s.subs[i].failures >= maxFailures {
		s.subs = slices.Delete(s.subs, i, i+1)
		s.events = slices.DeleteFunc(s.events, func(w event) bool { return w.sub == e.sub })
	}
}
