package shopify

import (
	"sync"
	"time"
)

// cost is extensions.cost of an answer, in Shopify's points.
type cost struct {
	Requested float64 `json:"requestedQueryCost"`
	Actual    float64 `json:"actualQueryCost"`
	Status    struct {
		Maximum   float64 `json:"maximumAvailable"`
		Available float64 `json:"currentlyAvailable"`
		Restore   float64 `json:"restoreRate"` // points per second
	} `json:"throttleStatus"`
}

// wait is how long until the points for the same question are there again.
func (c cost) wait() time.Duration {
	if c.Status.Restore <= 0 {
		return time.Second
	}
	return max(seconds((c.Requested-c.Status.Available)/c.Status.Restore, time.Hour), 100*time.Millisecond)
}

// budget is the leaky bucket of one shop as its last answer told it. Until
// then nothing is known and nothing waits.
type budget struct {
	mu        sync.Mutex
	available float64
	maximum   float64
	restore   float64
	at        time.Time
	price     map[string]float64 // by operation
}

// reserve takes the price of an operation off and returns how long to wait
// before sending it. Where that is more than maxWait nothing is taken.
func (b *budget) reserve(op string, now time.Time) time.Duration {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.restore <= 0 {
		return 0
	}
	b.refill(now)
	price := min(b.price[op], b.maximum)
	wait := max(0, seconds((price-b.available)/b.restore, time.Hour))
	if wait <= maxWait {
		b.available -= price
	}
	return wait
}

// observe takes over what an answer says. What other calls have reserved and
// not yet sent is forgotten by it: the shop then throttles, which is met.
func (b *budget) observe(op string, c cost, now time.Time) {
	if c.Status.Restore <= 0 || c.Status.Maximum <= 0 {
		return
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	b.available, b.maximum, b.restore, b.at = c.Status.Available, c.Status.Maximum, c.Status.Restore, now
	if b.price == nil {
		b.price = map[string]float64{}
	}
	if c.Requested > 0 {
		b.price[op] = c.Requested
	}
}

func (b *budget) refill(now time.Time) {
	if d := now.Sub(b.at); d > 0 {
		b.available = min(b.maximum, b.available+d.Seconds()*b.restore)
		b.at = now
	}
}

// seconds turns a finite number of seconds into a Duration.
func seconds(s float64, most time.Duration) time.Duration {
	return time.Duration(min(s, most.Seconds()) * float64(time.Second))
}
