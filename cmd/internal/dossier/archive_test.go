package dossier

import (
	"archive/zip"
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/csv"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"countermand/cmd/internal/control"
	"countermand/cmd/internal/upkeep"
	"countermand/state"
	"countermand/supplier"
)

var update = flag.Bool("update", false, "write the golden files anew")

var begin = time.Date(2026, time.March, 2, 8, 0, 0, 0, time.UTC)

// packRig is a data_dir with the evidence of one case.
type packRig struct {
	*testing.T
	dir   string
	ev    *upkeep.Evidence
	c     state.Case
	now   time.Time
	story []state.Entry
}

// at is a moment of the story: so many hours after its begin.
func (r *packRig) at(h float64) time.Time { return begin.Add(time.Duration(h * float64(time.Hour))) }

func (r *packRig) keep(h float64, label, ext string, body string) string {
	r.Helper()
	e := supplier.Evidence{CaseID: r.c.ID, Number: r.c.SupplierOrder, Name: label, Ext: ext, At: r.at(h), Body: []byte(body)}
	if ext == "json" {
		e.CaseID = "" // readings serve all cases of an order
	}
	ref, err := r.ev.Keep(r.Context(), e)
	if err != nil {
		r.Fatal(err)
	}
	return ref
}

func (r *packRig) happened(h float64, e state.Entry) {
	e.At = r.at(h)
	r.story = append(r.story, e)
}

// newPackRig tells of an order that was refused and sent afterwards.
func newPackRig(t *testing.T) *packRig {
	t.Helper()
	r := &packRig{T: t, dir: t.TempDir()}
	r.now = r.at(300)
	r.ev = upkeep.NewEvidence(r.dir)
	usd := func(units int64) state.Money { return state.Money{Units: units, Currency: "USD"} }
	r.c = state.Case{
		ID: "01JNQ5Z3K0C8V4T2M6R7S9W1X4", Shop: "mystore", ShopOrder: "#1044", ShopOrderID: "gid://shopify/Order/1", Supplier: "aliexpress", Account: "main",
		SupplierOrder: "8190000000000004", Status: state.Disputable, Rule: "mode auto", Reason: "customer", Store: "Lamps \x1b[31m& more",
		Amount: usd(123400), Proof: state.ProofScanAfter, OpenedAt: r.at(0), CancelledAt: r.at(-1), ShopOrderedAt: r.at(-30), OrderedAt: r.at(-29),
		PaidAt: r.at(-28), RequestedAt: r.at(0.5), AnsweredAt: r.at(40), ShippedAt: r.at(45), ReadAt: r.at(299),
		Attempt:    state.Attempt{FirstAt: r.at(0.4), DispatchedAt: r.at(0.45)},
		MessagedAt: map[state.EffectKind]time.Time{state.EffectMessageRequest: r.at(1), state.EffectMessageRefusal: r.at(41)},
		Lines:      []state.Line{{Title: "Desk lamp", Quantity: 2}},
		Clocks: map[state.Clock]time.Time{
			state.ClockProofDue: r.at(160), state.ClockDisputeOpens: r.at(285), state.ClockDisputeCloses: r.at(2000),
		},
		Estimated: []state.Clock{state.ClockProofDue},
		Tracking: []state.Tracking{
			{Number: "LP001", Carrier: "Cainiao", SeenAt: r.at(60), FirstScanAt: r.at(70), FirstScanCode: "AE_GOT"},
			{Number: "LP002", SeenAt: r.at(80)},
		},
	}
	r.happened(0, state.Entry{Event: state.EventCancelled, To: state.Queued, By: state.ByShop, Detail: "cancelled in the shop: will be asked (mode auto)"})
	r.happened(0.5, state.Entry{Event: state.EventAttemptEnded, From: state.Requesting, To: state.Requested, By: state.BySupplier, Detail: "the order shows the request pending",
		Evidence: []string{r.keep(0.5, "before-submit", "png", "a picture"), r.keep(0.5, "before-submit", "html", "<p>form</p>")}})
	detail := r.keep(40, "detail", "json", `{"status":"Processing"}`)
	r.happened(40, state.Entry{Event: state.EventReading, From: state.Requested, To: state.Requested, By: state.BySupplier, Detail: "=1+1 the page says\nno", Evidence: []string{detail}})
	r.happened(40, state.Entry{Event: state.EventReading, From: state.Requested, To: state.Refused, By: state.BySupplier, Detail: "the page says: declined"})
	r.happened(41, state.Entry{Event: state.EventMessaged, From: state.Refused, To: state.Refused, By: state.ByEngine, Detail: "the message about the refusal was written",
		Evidence: []string{r.keep(41, "after-send", "png", strings.Repeat("large picture ", siteFileLimit/14+1))}})
	r.happened(75, state.Entry{Event: state.EventReading, From: state.Refused, To: state.Disputable, By: state.BySupplier, Detail: "it left after we asked: LP001 first scanned",
		Evidence: []string{detail, r.keep(75, "tracking", "json", `{"scans":1}`)}})
	r.happened(76, state.Entry{Event: state.EventSnooze, From: state.Disputable, To: state.Disputable, By: state.ByCLI, Who: "anna", Detail: "snoozed"})
	return r
}

func (r *packRig) bundle() Bundle {
	r.Helper()
	zone, err := time.LoadLocation("America/New_York")
	if err != nil {
		r.Fatal(err)
	}
	return Bundle{Case: r.c, Journal: r.story, Document: control.WholeCase(r.c, r.story, r.now), NextAction: "open a dispute", Zone: zone, Now: r.now}
}

// pack makes the archive and unpacks it.
func (r *packRig) pack() (raw []byte, files map[string]string, p Packed) {
	r.Helper()
	var out bytes.Buffer
	p, err := Pack(r.Context(), Options{DataDir: r.dir, Version: "v1.2.3"}, r.bundle(), &out)
	if err != nil {
		r.Fatal(err)
	}
	return out.Bytes(), unzip(r.T, out.Bytes()), p
}

func unzip(t *testing.T, raw []byte) map[string]string {
	t.Helper()
	z, err := zip.NewReader(bytes.NewReader(raw), int64(len(raw)))
	if err != nil {
		t.Fatal(err)
	}
	files := map[string]string{}
	for _, f := range z.File {
		if _, twice := files[f.Name]; twice || !filepath.IsLocal(f.Name) || f.Mode() != 0o600 {
			t.Errorf("%s: twice (%t), not local, or of mode %s", f.Name, twice, f.Mode())
		}
		in, err := f.Open()
		if err != nil {
			t.Fatal(err)
		}
		body, err := io.ReadAll(in)
		if err = errors.Join(err, in.Close()); err != nil {
			t.Fatal(err)
		}
		files[f.Name] = string(body)
	}
	return files
}

// summed holds each file against SHA256SUMS, which must name all others.
func summed(t *testing.T, files map[string]string) {
	t.Helper()
	left := maps.Clone(files)
	delete(left, "SHA256SUMS")
	for line := range strings.Lines(files["SHA256SUMS"]) {
		sum, name, ok := strings.Cut(strings.TrimSuffix(line, "\n"), "  ")
		body, there := left[name]
		if !ok || !there || sum != fmt.Sprintf("%x", sha256.Sum256([]byte(body))) {
			t.Errorf("the line %q fits no file", line)
		}
		delete(left, name)
	}
	if len(left) > 0 {
		t.Errorf("without a sum: %v", slices.Sorted(maps.Keys(left)))
	}
}

func TestPack(t *testing.T) {
	t.Parallel()
	r := newPackRig(t)
	raw, files, p := r.pack()
	summed(t, files)
	if diff := cmp.Diff(Packed{Evidence: 5, Missing: []string{}, Changed: []string{}}, p); diff != "" {
		t.Error(diff)
	}
	for _, e := range r.story {
		for _, ref := range e.Evidence {
			name, _, _ := strings.Cut(ref, "#")
			kept, err := os.ReadFile(filepath.Join(r.dir, "evidence", name))
			if err != nil || files["evidence/"+name] != string(kept) {
				t.Errorf("%s is not in the archive as it was kept: %v", name, err)
			}
		}
	}
	if len(files) != 5+5 {
		t.Errorf("packed: %v", slices.Sorted(maps.Keys(files)))
	}
	var doc control.Case
	if err := json.Unmarshal([]byte(files["case.json"]), &doc); err != nil || cmp.Diff(r.bundle().Document, any(doc)) != "" {
		t.Errorf("case.json: %v %s", err, cmp.Diff(r.bundle().Document, any(doc)))
	}
	again, _, _ := r.pack()
	if !bytes.Equal(raw, again) {
		t.Error("the same case gives another archive")
	}
	golden(t, "readme.txt", files["README.txt"])
	if strings.Contains(files["README.txt"], "\x1b") {
		t.Error("a page's text drives the terminal")
	}
}

func TestPackTables(t *testing.T) {
	t.Parallel()
	r := newPackRig(t)
	_, files, _ := r.pack()
	rows, err := csv.NewReader(strings.NewReader(files["journal.csv"])).ReadAll()
	if err != nil || len(rows) != 1+len(r.story) || rows[0][2] != "at_America/New_York" {
		t.Fatalf("%v %v", err, rows)
	}
	want := []string{"2026-03-04T00:00:00Z", "2026-03-04T08:00:00+08:00", "2026-03-03T19:00:00-05:00", "reading", "requested", "requested", "supplier", "", "'=1+1 the page says no", r.story[2].Evidence[0]}
	if diff := cmp.Diff(want, rows[3]); diff != "" {
		t.Error(diff)
	}
	rows, err = csv.NewReader(strings.NewReader(files["tracking.csv"])).ReadAll()
	if err != nil || len(rows) != 3 || rows[1][7] != "2 d 21 h after" || rows[2][7] != "no scan" {
		t.Errorf("%v %v", err, rows)
	}
}

// What is wrong with the evidence is told, loudly, and the archive is made.
func TestPackWithSpoiltEvidence(t *testing.T) {
	t.Parallel()
	r := newPackRig(t)
	file := func(entry, n int) (name, path string) {
		name, _, _ = strings.Cut(r.story[entry].Evidence[n], "#")
		return name, filepath.Join(r.dir, "evidence", name)
	}
	goneName, gone := file(1, 0)
	changedName, changed := file(2, 0)
	linkName, link := file(1, 1)
	secret := filepath.Join(r.dir, "secret")
	for _, err := range []error{
		os.Remove(gone), os.WriteFile(changed, []byte("doctored"), 0o600),
		os.WriteFile(secret, []byte("<p>form</p>"), 0o600), os.Remove(link), os.Symlink(secret, link),
	} {
		if err != nil {
			t.Fatal(err)
		}
	}
	r.happened(80, state.Entry{Event: state.EventReading, From: state.Disputable, To: state.Disputable, Evidence: []string{
		"../secret#sha256:" + strings.Repeat("0", 64), "no reference", changedName + "#sha256:" + strings.Repeat("1", 64),
	}})
	_, files, p := r.pack()
	summed(t, files)
	if p.Evidence != 3 || len(p.Missing) != 4 || len(p.Changed) != 2 {
		t.Errorf("%+v", p)
	}
	text := files["README.txt"]
	for _, part := range []string{"!!! 2 FILE(S) OF EVIDENCE ARE NOT WHAT THEY WERE", "!!! 4 FILE(S) OF EVIDENCE ARE MISSING", goneName, linkName, "no reference"} {
		if !strings.Contains(strings.Join(strings.Fields(text), " "), part) {
			t.Errorf("README.txt does not tell of %s:\n%s", part, text)
		}
	}
	if files["evidence/"+changedName] != "doctored" || files["evidence/"+linkName] != "" {
		t.Error("what was packed is not what is there")
	}
	if strings.Index(text, "!!!") > strings.Index(text, "What this is") {
		t.Error("the bad news does not stand first")
	}
}

// A case without any evidence, or of any other status, is packed as well, and
// the text claims nothing that is not so.
func TestPackOfEveryStatus(t *testing.T) {
	t.Parallel()
	for _, status := range state.Statuses {
		r := newPackRig(t)
		r.c.Status, r.c.ClosedAt, r.story = status, r.at(100), r.story[:1]
		r.c.Clocks[state.ClockRefundWarn] = r.at(200)
		if err := os.RemoveAll(filepath.Join(r.dir, "evidence")); err != nil {
			t.Fatal(err)
		}
		_, files, p := r.pack()
		summed(t, files)
		claims := slices.Contains([]state.Status{state.Cancelled, state.Refused, state.Disputable, state.Disputed}, status)
		if got := strings.Contains(files["README.txt"], "--8<--"); got != claims || p.Evidence+len(p.Missing)+len(p.Changed) != 0 {
			t.Errorf("%s: a text to claim %t, want %t; %+v", status, got, claims, p)
		}
	}
}

// The text for the dispute form says what the proof is, and no more.
func TestDisputeTextSaysWhatTheProofIs(t *testing.T) {
	t.Parallel()
	r := newPackRig(t)
	rows := []struct {
		name   string
		change func(c *state.Case)
		holds  []string
		lacks  []string
	}{
		{"sent after", func(*state.Case) {}, []string{"sent only after my request", "LP001 first scanned on 5 March 2026 06:00 UTC (5 March 14:00 Beijing)", "full refund of 12.34 USD", "and wrote so to the seller on"}, []string{"unknown"}},
		{"no number", func(c *state.Case) { c.Proof, c.Tracking = state.ProofNone, nil }, []string{"No tracking number was given"}, []string{"scanned"}},
		{"number only", func(c *state.Case) { c.Proof, c.Tracking = state.ProofNumberOnly, c.Tracking[1:] }, []string{"LP002 never scanned"}, []string{"LP001"}},
		{"old scan", func(c *state.Case) {
			c.Proof, c.Tracking = state.ProofNumberOnly, []state.Tracking{{Number: "LP0", FirstScanAt: r.at(-400)}}
		}, []string{"LP0 first scanned on", "before the order was placed"}, []string{"never"}},
		{"never asked", func(c *state.Case) {
			c.RequestedAt, c.MessagedAt, c.Attempt = time.Time{}, nil, state.Attempt{FirstAt: r.at(0.4)}
		}, []string{"could not be placed", "sent only after I tried to cancel on 2 March"}, []string{"I asked to cancel", "wrote", "my request"}},
		{"asked in doubt", func(c *state.Case) { c.RequestedAt, c.MessagedAt = time.Time{}, nil }, []string{"I tried to cancel this order on 2 March"}, []string{"could not", "I asked", "my request"}},
		{"scanned before it stood", func(c *state.Case) { c.RequestedAt = r.at(71) }, []string{"I asked to cancel this order on 5 March", "sent only after I tried to cancel on 2 March"}, []string{"my request"}},
		{"asked in a lost time, perhaps", func(c *state.Case) {
			c.RequestedAt, c.MessagedAt, c.Attempt = time.Time{}, nil, state.Attempt{ClickedAt: r.at(0), InLostPeriod: true}
		}, []string{"I wanted to cancel this order.", "The tracking shows: LP001"}, []string{"could not", "tried", "asked", "my request"}},
		{"refused to somebody else", func(c *state.Case) {
			c.RequestedAt, c.MessagedAt, c.Attempt = time.Time{}, nil, state.Attempt{ClickedAt: r.at(-60), NotOurs: true}
		}, []string{"its page tells of a cancel request that was refused", "The tracking shows: LP001"}, []string{"tried", "I asked", "my request"}},
		{"nothing known", func(c *state.Case) { c.OrderedAt, c.Amount = time.Time{}, state.Money{} }, []string{"I ask for a full refund."}, []string{"unknown", "placed on"}},
		{"refund late", func(c *state.Case) { c.Status, c.ClosedAt = state.Cancelled, r.at(100) }, []string{"closed on", "has not arrived"}, []string{"scanned"}},
		{"refund short", func(c *state.Case) {
			c.Status, c.Refund = state.Cancelled, &state.Refund{Amount: state.Money{Units: 50000, Currency: "USD"}, To: state.RefundBonus}
		}, []string{"only 5.00 USD came back (to: bonus)", "remaining 7.34 USD"}, nil},
	}
	quiet := state.Case{AnsweredAt: r.at(40), ReadAt: r.at(200), Fired: map[string]time.Time{string(state.ClockProofDue): r.at(160)}}
	if said := strings.Join(comparisons(quiet), " "); !strings.Contains(said, "had until 2026-03-09 00:00 UTC") {
		t.Errorf("of a clock that was acted on it says %q", said)
	}
	for at, want := range map[float64]string{
		60: "The dispute was opened on 2026-03-04 20:00 UTC; first scanned AFTER that: LP001 (2026-03-05 06:00 UTC).",
		80: "The dispute was opened on 2026-03-05 16:00 UTC; no first scan is known to be later.",
	} {
		r.c.Status, r.c.DisputedAt = state.Disputed, r.at(at)
		_, files, _ := r.pack()
		if said := strings.Join(strings.Fields(files["README.txt"]), " "); !strings.Contains(said, want) || !strings.Contains(said, "dispute opened "+r.at(at).Format("2006-01-02 15:04")) {
			t.Errorf("opened %s: %q is not in %q", r.at(at), want, said)
		}
	}
	r.c.Status = state.Disputable
	for _, w := range rows {
		c := r.c.Clone()
		w.change(&c)
		got := disputeText(c)
		for _, part := range w.holds {
			if !strings.Contains(got, part) {
				t.Errorf("%s: %q is not in %q", w.name, part, got)
			}
		}
		for _, part := range w.lacks {
			if strings.Contains(got, part) {
				t.Errorf("%s: %q is in %q", w.name, part, got)
			}
		}
	}
}

// A receiver that takes no more ends the packing.
func TestPackStopsWhenTheReceiverFails(t *testing.T) {
	t.Parallel()
	r := newPackRig(t)
	o := Options{DataDir: r.dir}
	full := errors.New("no room")
	if _, err := Pack(t.Context(), o, r.bundle(), failingWriter{full}); !errors.Is(err, full) {
		t.Errorf("written into nothing: %v", err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := Pack(ctx, o, r.bundle(), io.Discard); !errors.Is(err, context.Canceled) {
		t.Errorf("went on: %v", err)
	}
}

type failingWriter struct{ err error }

func (w failingWriter) Write([]byte) (int, error) { return 0, w.err }

func golden(t *testing.T, name, got string) {
	t.Helper()
	path := filepath.Join("testdata", name)
	if *update {
		if err := errors.Join(os.MkdirAll("testdata", 0o755), os.WriteFile(path, []byte(got), 0o644)); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), got); diff != "" {
		t.Errorf("%s (-want +got):\n%s", name, diff)
	}
}
