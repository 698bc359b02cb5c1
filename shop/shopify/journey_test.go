package shopify_test

import (
	"context"
	"fmt"
	"math/rand/v2"
	"net/http/httptest"
	"sync"
	"testing"
	"time"

	"countermand/shop/shopify"
	"countermand/shop/shopifytest"
	"countermand/state"
)

// shaky is a sink that every so often has no room.
type shaky struct {
	memory
	mu  sync.Mutex
	rng *rand.Rand
}

func (s *shaky) Knock(ctx context.Context, k state.Knock) (bool, error) {
	s.mu.Lock()
	full := s.rng.IntN(5) == 0
	s.mu.Unlock()
	if full {
		return false, errSink
	}
	return s.memory.Knock(ctx, k)
}

// Webhooks are lost, repeated and come in any order, and the store has no room
// now and then: with reconciliation beside them every cancel is knocked for,
// and no delivery twice.
func TestNothingIsLostOnTheWay(t *testing.T) {
	t.Parallel()
	for seed := range uint64(5) {
		t.Run(fmt.Sprint(seed), func(t *testing.T) {
			t.Parallel()
			clock := newTurned(orderDay)
			s := newShop(t, shopifytest.Options{Now: clock.Now, Budget: shopifytest.Budget{Maximum: 20000, Restore: 20000}})
			sink := &shaky{rng: rand.New(rand.NewPCG(seed, 7))}
			hooks := httptest.NewServer(shopify.NewHandler(shopify.HandlerOptions{
				Shops: map[string]shopify.HookShop{"mystore": {Domain: s.Domain(), Secrets: shopify.StaticSecrets([]byte("hook-secret"))}},
				Sink:  sink, Now: clock.Now,
			}))
			t.Cleanup(hooks.Close)
			c := newClient(t, s.URL())
			if _, err := c.EnsureSubscriptions(t.Context(), hooks.URL+"/webhooks/shopify/mystore", true); err != nil {
				t.Fatal(err)
			}
			var ids []string
			for i := range 120 {
				o := s.AddOrder(shopifytest.Order{CreatedAt: clock.Now(), Lines: make([]shopifytest.Line, 1)})
				if _, err := s.Cancel(o.GID(), "customer"); err != nil {
					t.Fatal(err)
				}
				ids = append(ids, o.GID())
				for _, topic := range []string{"orders/cancelled", "orders/updated", "refunds/create"} {
					if err := s.Emit(topic, o.GID()); err != nil {
						t.Fatal(err)
					}
				}
				clock.Advance(time.Minute)
				if i%10 == 9 {
					s.Deliver(t.Context(), shopifytest.Plan{Seed: seed + uint64(i), Lose: 0.4, Repeat: 0.3, Shuffle: true})
				}
			}
			r, err := shopify.NewReconciler(shopify.ReconcilerOptions{Shop: "mystore", Lister: c, Sink: sink, Cursors: &cursors{}, Now: clock.Now})
			if err != nil {
				t.Fatal(err)
			}
			for polls := 0; ; polls++ {
				if _, err := r.Poll(t.Context()); err == nil {
					break
				} else if polls > 200 {
					t.Fatal(err)
				}
			}
			known, keys := map[string]bool{}, map[string]bool{}
			for _, k := range sink.all() {
				if keys[k.Key] {
					t.Errorf("delivery %s was stored twice", k.Key)
				}
				known[k.OrderID], keys[k.Key] = true, true
			}
			for _, id := range ids {
				if !known[id] {
					t.Errorf("%s was never knocked for", id)
				}
			}
		})
	}
}
