package app

import (
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/rs/zerolog"
	"go.etcd.io/bbolt"

	"countermand/configs"
	"countermand/shop/shopify"
	"countermand/shop/shopifytest"
	"countermand/state"
	"countermand/state/boltstore"
	casesync "countermand/sync"
)

// senders is how many deliveries are under way at a time.
const senders = 32

// storedBytes is about what the rows of one knock come to: the record, the
// delivery's key and their indexes.
const storedBytes = 520

// together lets the senders do their work until b is done, and gives how long
// each piece took, shortest first, and all of it.
func together(b *testing.B, work func(n int64) error) (each []time.Duration, all time.Duration) {
	b.Helper()
	var next atomic.Int64
	var mu sync.Mutex
	var running sync.WaitGroup
	began := time.Now()
	for range senders {
		running.Go(func() {
			var own []time.Duration
			for n := next.Add(1); n <= int64(b.N); n = next.Add(1) {
				at := time.Now()
				if err := work(n); err != nil {
					b.Error(err)
					return
				}
				own = append(own, time.Since(at))
			}
			mu.Lock()
			defer mu.Unlock()
			each = append(each, own...)
		})
	}
	running.Wait()
	all = time.Since(began)
	slices.Sort(each)
	return each, all
}

func p99(sorted []time.Duration) time.Duration { return sorted[len(sorted)*99/100] }

func milliseconds(d time.Duration) float64 { return float64(d.Microseconds()) / 1000 }

func perSecond(n int, d time.Duration) float64 { return float64(n) / d.Seconds() }

// hookServer is the real handler before the real engine on a real database.
func hookServer(b *testing.B) (url string, store *boltstore.Store) {
	b.Helper()
	store, err := boltstore.Open(filepath.Join(b.TempDir(), "db"), boltstore.Options{})
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { store.Close() })
	policy, err := policyOf(configs.Default())
	if err != nil {
		b.Fatal(err)
	}
	in, err := casesync.New(casesync.Options{
		Store: store, Batch: store.Batch, Policy: policy, Now: time.Now, NewID: newIDs(), Owner: "test", Log: zerolog.Nop(),
		Shops: map[string]casesync.Shop{"mystore": {Account: "main"}}, Accounts: map[string]casesync.Account{"main": {}},
	})
	if err != nil {
		b.Fatal(err)
	}
	server := httptest.NewServer(shopify.NewHandler(shopify.HandlerOptions{
		Shops: map[string]shopify.HookShop{"mystore": {Domain: "test.myshopify.com", Secrets: shopify.StaticSecrets([]byte("hook-secret"))}},
		Sink:  in, Log: zerolog.Nop(),
	}))
	b.Cleanup(server.Close)
	return server.URL + "/webhooks/shopify/mystore", store
}

// BenchmarkWebhooks measures how many signed webhooks of 32 senders are on
// disk and answered in a second, and how many batched writes of the same
// bytes bbolt itself gets there. The senders take their share of the machine.
func BenchmarkWebhooks(b *testing.B) {
	url, store := hookServer(b)
	hooks := make(chan *shopifytest.Recorded, senders)
	s, err := shopifytest.New(shopifytest.Options{})
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { s.Close() })
	client := &http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: senders}}
	b.Cleanup(client.CloseIdleConnections)
	for range senders {
		o := s.AddOrder(shopifytest.Order{Lines: []shopifytest.Line{{Title: "Lamp"}}})
		r, err := s.Record("orders/cancelled", o.Name)
		if err != nil {
			b.Fatal(err)
		}
		hooks <- r
	}
	b.ResetTimer()
	each, all := together(b, func(n int64) error {
		r := <-hooks
		defer func() { hooks <- r }()
		return deliver(client, url, r, fmt.Sprintf("delivery-%d", n))
	})
	b.StopTimer()
	mine := perSecond(b.N, all)
	b.ReportMetric(mine, "accepted/s")
	b.ReportMetric(milliseconds(p99(each)), "p99-ms")
	count := 0
	err = store.View(b.Context(), func(tx state.ReadTx) error {
		knocks, err := tx.Knocks(time.Now().Add(time.Hour), b.N+1)
		count = len(knocks)
		return err
	})
	if err != nil || count != b.N {
		b.Fatalf("%d of %d are stored: %v", count, b.N, err)
	}
	bolt, slowest := boltBatches(b)
	b.ReportMetric(bolt, "bbolt/s")
	b.ReportMetric(milliseconds(slowest), "bbolt-p99-ms")
	b.ReportMetric(mine/bolt, "of-bbolt")
}

// deliver sends one webhook that was signed before.
func deliver(client *http.Client, url string, r *shopifytest.Recorded, id string) error {
	req, err := r.Request(url, id)
	if err != nil {
		return err
	}
	res, err := client.Do(req)
	if err != nil {
		return err
	}
	defer res.Body.Close()
	if _, err := io.Copy(io.Discard, res.Body); err != nil || res.StatusCode != http.StatusOK {
		return fmt.Errorf("answered %d: %w", res.StatusCode, err)
	}
	return nil
}

// boltBatches is what bbolt's own batched write gives here, in writes a
// second, and how long the slowest hundredth of them takes at least.
func boltBatches(b *testing.B) (rate float64, slowest time.Duration) {
	b.Helper()
	db, err := bbolt.Open(filepath.Join(b.TempDir(), "bolt"), 0o600, nil)
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { db.Close() })
	name, value := []byte("b"), make([]byte, storedBytes)
	if err := db.Update(func(tx *bbolt.Tx) error { _, err := tx.CreateBucket(name); return err }); err != nil {
		b.Fatal(err)
	}
	each, all := together(b, func(n int64) error {
		return db.Batch(func(tx *bbolt.Tx) error { return tx.Bucket(name).Put(fmt.Appendf(nil, "%016d", n), value) })
	})
	return perSecond(b.N, all), p99(each)
}
