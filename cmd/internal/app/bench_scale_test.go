package app

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/rs/zerolog"

	"countermand/cmd/internal/control"
	"countermand/cmd/internal/upkeep"
	"countermand/configs"
	"countermand/state"
	"countermand/state/boltstore"
	casesync "countermand/sync"
)

// How much is stored: years of cases, of which few are open.
const (
	openStored = 500
	someStored = 100_000
	manyStored = 1_000_000
	fillBatch  = 5000
	// openAmong: of so many new cases one is still open.
	openAmong = 10
)

// storedCase is one of many, as it stands after some weeks.
func storedCase(n int, open bool, now time.Time) (state.Case, []state.Entry) {
	at := now.Add(-time.Duration(n%1000+30) * time.Hour)
	usd := state.Money{Units: int64(n%90+10) * 10_000, Currency: "USD"}
	c := state.Case{
		ID: fmt.Sprintf("01K%023d", n), Shop: "mystore", ShopOrder: fmt.Sprintf("#%d", 1000+n), ShopOrderID: fmt.Sprintf("gid://shopify/Order/%d", n+1),
		Supplier: "aliexpress", Account: "main", SupplierOrder: fmt.Sprintf("819%013d", n), MappedBy: "attribute", Status: state.Refunded, Rule: "mode auto", Then: state.ThenAuto,
		Reason: "customer", ShopOrderedAt: at, CancelledAt: at, OpenedAt: at, AskableAt: at, RequestedAt: at, AnsweredAt: at, ClosedAt: at, EndedAt: at,
		OrderedAt: at, PaidAt: at, ReadAt: at, DetailAt: at, Amount: usd, Proof: state.ProofNone, Store: "Lumen Home Store",
		Lines:  []state.Line{{ID: "gid://shopify/LineItem/1", Title: "Desk lamp, walnut", SKU: "LAMP-1", Quantity: 1}},
		Facts:  state.Facts{Total: usd, Tags: []string{"gift"}, Products: []string{"Desk lamp, walnut"}, Country: "US", Fulfillment: "unfulfilled", Financial: "paid"},
		Clocks: map[state.Clock]time.Time{state.ClockAnswerDue: at, state.ClockRefundWarn: at, state.ClockRefundDue: at},
		Refund: &state.Refund{Amount: usd, To: state.RefundCard, At: at, ConfirmedBy: "site"},
	}
	if open {
		c.Status, c.Refund, c.AnsweredAt, c.ClosedAt, c.EndedAt = state.Requested, nil, time.Time{}, time.Time{}, time.Time{}
		c.NextCheckAt = now.Add(time.Duration(n%1000+600) * time.Hour)
		c.Clocks = map[state.Clock]time.Time{state.ClockAnswerDue: c.NextCheckAt.Add(time.Hour), state.ClockShipWindowEnd: c.NextCheckAt.Add(time.Hour)}
		c.DueAt = c.NextCheckAt
	}
	return c, []state.Entry{
		{At: at, Event: state.EventCancelled, To: state.Queued, By: state.ByShop, Detail: "cancelled in the shop: will be asked (mode auto)"},
		{At: at, Event: state.EventReading, From: state.Requested, To: c.Status, By: state.BySupplier, Detail: "the order was read", Evidence: []string{c.ID + "/20260302T083000Z-000001-detail.json#sha256:" + strings.Repeat("0", 64)}},
	}
}

// fill stores the cases from up to but not including to. The open ones stand
// apart among the newest: no case stays open for more than some months.
func fill(tb testing.TB, path string, from, to, open int, now time.Time) {
	tb.Helper()
	store, err := boltstore.Open(path, boltstore.Options{NoSync: true, InitialMmapSize: 8 << 30})
	if err != nil {
		tb.Fatal(err)
	}
	for n := from; n < to; {
		end := min(n+fillBatch, to)
		err := store.Update(context.Background(), func(tx state.Tx) error {
			for i := n; i < end; i++ {
				c, journal := storedCase(i, i >= to-open*openAmong && i%openAmong == 0, now)
				if _, err := tx.PutCase(c); err != nil {
					return err
				}
				for _, e := range journal {
					if err := tx.AddEntry(c.ID, e); err != nil {
						return err
					}
				}
			}
			return tx.PutValue("upkeep/ran", now.UTC().Format(time.RFC3339Nano))
		})
		if err != nil {
			tb.Fatal(err)
		}
		n = end
	}
	err = store.Close()
	// Whoever writes next must not have to wait for all of this.
	if f, serr := os.OpenFile(path, os.O_RDWR, 0); serr == nil {
		err = errors.Join(err, f.Sync(), f.Close())
	}
	if err != nil {
		tb.Fatal(err)
	}
}

// ticking is the real engine on a database of cases of which none is due.
type ticking struct {
	store  *watched
	engine *casesync.Engine
	upkeep *upkeep.Upkeep
	// calls is how many transactions one tick of the engine makes.
	calls int
}

// newTicking starts the engine and waits until what a start does is done.
func newTicking(tb testing.TB, c *configs.Config, durable bool, now time.Time) *ticking {
	tb.Helper()
	must := func(err error) {
		tb.Helper()
		if err != nil {
			tb.Fatal(err)
		}
	}
	store, err := boltstore.Open(upkeep.DatabasePath(c.DataDir), boltstore.Options{NoSync: !durable})
	must(err)
	tb.Cleanup(func() { must(store.Close()) })
	t := &ticking{store: &watched{Store: store, ended: make(chan struct{}, 1024)}}
	clock := func() time.Time { return now }
	t.upkeep = upkeep.New(upkeep.Options{Store: store, DataDir: c.DataDir, Now: clock, Log: zerolog.Nop()})
	policy, err := policyOf(c)
	must(err)
	acc, err := openAccount(c, c.Accounts[0], parts{evidence: upkeep.NewEvidence(c.DataDir), now: clock, log: zerolog.Nop(), book: NewSiteBook(c, clock)})
	must(err)
	t.engine, err = casesync.New(casesync.Options{
		Store: t.store, Policy: policy, Now: clock, NewID: newIDs(), Owner: "test", Log: zerolog.Nop(),
		Accounts: map[string]casesync.Account{"main": {Supplier: "aliexpress", Client: acc.client}},
		Shops:    map[string]casesync.Shop{"mystore": {Account: "main"}},
	})
	must(err)
	must(t.engine.Start(context.Background()))
	tb.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
		defer cancel()
		must(t.engine.Stop(ctx))
		must(acc.Close(ctx))
	})
	t.settle()
	t.engine.Heartbeat()
	t.calls = t.settle()
	return t
}

// settle waits until nothing has happened for a while, and counts what did.
func (t *ticking) settle() (calls int) {
	for {
		rest := time.NewTimer(500 * time.Millisecond)
		select {
		case <-t.store.ended:
			rest.Stop()
			calls++
		case <-rest.C:
			return calls
		}
	}
}

// tick is what comes every fifteen seconds, to its end.
func (t *ticking) tick() {
	t.engine.Heartbeat()
	for range t.calls {
		<-t.store.ended
	}
	t.upkeep.Beat(context.Background())
}

// A tick with nothing due reads no case and costs the same however many are
// stored or open.
func TestIdleTickReadsNoCase(t *testing.T) {
	t.Parallel()
	calls := map[int]int{}
	for _, stored := range []int{20, 400} {
		c := config(t)
		fill(t, upkeep.DatabasePath(c.DataDir), 0, stored, stored/openAmong, begin)
		r := newTicking(t, c, false, begin)
		r.store.cases.Store(0)
		for range 5 {
			r.tick()
		}
		if n := r.store.cases.Load(); n != 0 {
			t.Errorf("with %d stored, five ticks read %d cases", stored, n)
		}
		if more := r.settle(); more != 0 {
			t.Errorf("with %d stored, the ticks had %d more transactions", stored, more)
		}
		calls[stored] = r.calls
	}
	if calls[20] != calls[400] || calls[20] == 0 || calls[20] > 8 {
		t.Errorf("transactions a tick, by what is stored: %v", calls)
	}
}

// cpu is the processor time that this process has taken.
func cpu(tb testing.TB) time.Duration {
	tb.Helper()
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		tb.Fatal(err)
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

// benchTick measures ticks and gives the median, which a busy machine spoils
// less than the mean.
func benchTick(b *testing.B, c *configs.Config, durable bool, now time.Time) (median time.Duration) {
	b.Helper()
	r := newTicking(b, c, durable, now)
	each := make([]time.Duration, 0, b.N)
	used := cpu(b)
	b.ReportAllocs()
	b.ResetTimer()
	for range b.N {
		at := time.Now()
		r.tick()
		each = append(each, time.Since(at))
	}
	b.StopTimer()
	used = cpu(b) - used
	slices.Sort(each)
	median = each[len(each)/2]
	b.ReportMetric(float64(median.Microseconds()), "median-us")
	b.ReportMetric(float64(p99(each).Microseconds()), "p99-us")
	b.ReportMetric(float64(used.Microseconds())/float64(b.N), "cpu-us/tick")
	b.ReportMetric(float64(r.calls), "transactions/tick")
	b.ReportMetric(float64(r.commit(b).Microseconds()), "plain-commit-us")
	return median
}

// commit is what the disk takes for one small durable transaction, the median
// of some: a tick makes one.
func (t *ticking) commit(b *testing.B) time.Duration {
	b.Helper()
	var each []time.Duration
	for n := range 50 {
		at := time.Now()
		if err := t.store.Store.Update(context.Background(), func(tx state.Tx) error { return tx.PutValue("test", fmt.Sprint(n)) }); err != nil {
			b.Fatal(err)
		}
		each = append(each, time.Since(at))
	}
	slices.Sort(each)
	return each[len(each)/2]
}

// BenchmarkScale measures the goals for years of cases: with 100,000 stored of
// which 500 are open, a tick with nothing due takes less than 1 ms, a start is
// ready within 300 ms and the daemon needs less than 64 MB; with 1,000,000 the
// tick takes the same. Start and memory are those of the real program in a
// process of its own.
func BenchmarkScale(b *testing.B) {
	c := config(b)
	now := time.Now()
	path := upkeep.DatabasePath(c.DataDir)
	program := filepath.Join(b.TempDir(), "countermand")
	if out, err := exec.Command("go", "build", "-o", program, "countermand/cmd/countermand").CombinedOutput(); err != nil {
		b.Fatalf("%v %s", err, out)
	}
	fill(b, path, manyStored-someStored, manyStored, openStored, now)
	var few, many time.Duration
	b.Run("tick/stored=100000", func(b *testing.B) { few = benchTick(b, c, true, now) })
	b.Run("tick-without-fsync/stored=100000", func(b *testing.B) { benchTick(b, c, false, now) })
	b.Run("start/stored=100000", func(b *testing.B) { benchStart(b, program, c) })
	if testing.Short() {
		return
	}
	fill(b, path, 0, manyStored-someStored, 0, now)
	b.Run("tick/stored=1000000", func(b *testing.B) {
		many = benchTick(b, c, true, now)
		if few > 0 {
			b.ReportMetric(float64(many)/float64(few), "of-100000")
		}
	})
	b.Run("start/stored=1000000", func(b *testing.B) { benchStart(b, program, c) })
}

// benchStart starts the daemon, waits until it tells the service manager that
// it is ready, and asks the kernel for its memory.
func benchStart(b *testing.B, program string, c *configs.Config) {
	b.Helper()
	var each []time.Duration
	sum := map[string]int{}
	for range b.N {
		took, memory := startOnce(b, program, c)
		each = append(each, took)
		for k, kb := range memory {
			sum[k] += kb
		}
	}
	slices.Sort(each)
	b.ReportMetric(milliseconds(each[len(each)/2]), "median-ms-to-ready")
	b.ReportMetric(milliseconds(each[0]), "best-ms-to-ready")
	for k, kb := range sum {
		b.ReportMetric(float64(kb)/1000/float64(b.N), k+"-MB")
	}
}

func startOnce(b *testing.B, program string, c *configs.Config) (took time.Duration, memory map[string]int) {
	b.Helper()
	must := func(err error) {
		b.Helper()
		if err != nil {
			b.Fatal(err)
		}
	}
	manager, err := net.ListenUnixgram("unixgram", &net.UnixAddr{Name: c.ControlSocket + ".notify", Net: "unixgram"})
	must(err)
	defer os.Remove(c.ControlSocket + ".notify")
	defer manager.Close()
	cmd := exec.Command(program, "run", "--config", filepath.Join(filepath.Dir(c.DataDir), "countermand.yaml"))
	var log bytes.Buffer
	cmd.Stderr = &log
	cmd.Env = append(os.Environ(), "NOTIFY_SOCKET="+c.ControlSocket+".notify")
	cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
	at := time.Now()
	must(cmd.Start())
	told := make([]byte, 4096)
	must(manager.SetReadDeadline(at.Add(time.Minute)))
	n, err := manager.Read(told)
	took = time.Since(at)
	if err == nil && !bytes.HasPrefix(told[:n], []byte("READY=1")) {
		err = fmt.Errorf("it told %q", told[:n])
	}
	memory = map[string]int{}
	if err == nil {
		resident(b, c, cmd.Process.Pid, "ready", memory)
		// What an operator asks for needs memory, too.
		cl := control.NewClient(c.ControlSocket)
		if _, err = cl.Status(context.Background()); err == nil {
			_, err = cl.Cases(context.Background(), control.Filter{Open: true})
		}
		resident(b, c, cmd.Process.Pid, "asked", memory)
	}
	if stop := cmd.Process.Signal(syscall.SIGTERM); stop != nil {
		b.Error(stop)
	}
	if end := cmd.Wait(); err != nil || end != nil {
		b.Fatalf("%v %v\n%s", err, end, log.String())
	}
	return took, memory
}

// resident reads what the kernel keeps of a process in memory, in kB: all of
// it, and how much of that are pages of the database, which are the file's own
// and are let go when the memory is wanted.
func resident(b *testing.B, c *configs.Config, pid int, when string, into map[string]int) {
	b.Helper()
	body, err := os.ReadFile(fmt.Sprintf("/proc/%d/smaps", pid))
	if err != nil {
		b.Fatal(err)
	}
	ours := false
	for line := range strings.Lines(string(body)) {
		f := strings.Fields(line)
		switch {
		case strings.Contains(f[0], "-"): // the head of a mapping
			ours = len(f) > 5 && f[5] == upkeep.DatabasePath(c.DataDir)
		case f[0] == "Rss:":
			kb, err := strconv.Atoi(f[1])
			if err != nil {
				b.Fatal(err)
			}
			if into["rss-"+when] += kb; ours {
				into["rss-of-database-"+when] += kb
			}
		}
	}
}
