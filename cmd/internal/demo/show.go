package demo

import (
	"cmp"
	"encoding/json"
	"fmt"
	"strings"
	"sync"
	"text/tabwriter"
	"time"

	"github.com/jedib0t/go-pretty/v6/text"

	"countermand/cmd/internal/app"
	"countermand/supplier/aliexpresstest"
)

// show writes the story as it happens. Lines are queued, because the daemon
// must not wait for a slow terminal.
type show struct {
	o     Options
	mu    sync.Mutex
	more  *sync.Cond
	queue []string
	ended bool
	done  chan struct{}

	bar  string // on a terminal, the line that moves
	day  int
	now  func() time.Time
	over bool // the table was shown
}

func newShow(o Options) *show {
	s := &show{o: o, done: make(chan struct{}), day: -1}
	s.more = sync.NewCond(&s.mu)
	go s.write()
	return s
}

// write is the only one that writes to the terminal.
func (s *show) write() {
	defer close(s.done)
	for {
		s.mu.Lock()
		for len(s.queue) == 0 && !s.ended {
			s.more.Wait()
		}
		lines := s.queue
		s.queue = nil
		ended := s.ended
		s.mu.Unlock()
		for _, l := range lines {
			if _, err := fmt.Fprint(s.o.Progress, l); err != nil {
				return // nobody looks any more; the stories go on
			}
		}
		if ended && len(lines) == 0 {
			return
		}
	}
}

func (s *show) close() {
	s.mu.Lock()
	s.ended = true
	s.more.Signal()
	s.mu.Unlock()
	<-s.done
}

// put queues whole lines and keeps the bar below them.
func (s *show) put(text string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.putLocked(text)
}

func (s *show) putLocked(text string) {
	if s.bar != "" {
		text = "\r\x1b[K" + text + s.bar
	}
	s.queue = append(s.queue, text)
	s.more.Signal()
}

// colours, where there is a terminal.
func (s *show) paint(code, text string) string {
	if s.o.Width == 0 {
		return text
	}
	return "\x1b[" + code + "m" + text + "\x1b[0m"
}

const (
	bold   = "1"
	dim    = "2"
	red    = "31"
	green  = "32"
	yellow = "33"
	cyan   = "36"
)

func (s *show) intro() {
	s.put(s.paint(bold, "countermand demo") + ": what happens behind a cancelled order, weeks in about two minutes.\n" +
		"Everything runs on this machine: a Shopify, an AliExpress, the real daemon and a real Chromium.\n" +
		fmt.Sprintf("%d customers of a small shop are about to cancel. Each order was bought at AliExpress.\n\n", len(stories)))
}

func (s *show) open(w *world) {
	s.mu.Lock()
	s.now = w.clock.Now
	s.mu.Unlock()
	www, _, _, _ := w.site.Hosts()
	s.put(s.paint(dim, fmt.Sprintf("  Shopify %s   AliExpress %s/p/order/index.html\n  log, database and evidence in %s", w.shop.URL(), www, w.dir)) + "\n")
}

// cancel is the line of a customer's cancel.
func (s *show) cancel(now time.Time, st story) {
	does := "the customer cancels"
	if st.asks {
		does = "the customer asks for a cancel"
	}
	s.line(now, st.order, "shop", s.paint(bold, does)+": "+st.item+s.paint(dim, "   ("+st.title+")"))
}

// change is the line of a case that moved, in the words of its journal.
func (s *show) change(c app.Change) {
	s.mu.Lock()
	over := s.over
	s.mu.Unlock()
	if over {
		return
	}
	for _, e := range c.Entries {
		if e.From == e.To || e.To == "requesting" {
			continue
		}
		s.line(e.At, c.Case.ShopOrder, "countermand", s.status(string(e.To))+"  "+e.Detail)
	}
}

// ring is the operator's telephone.
func (s *show) ring(body string) {
	var m struct{ Title, Message string }
	if err := json.Unmarshal([]byte(body), &m); err != nil {
		m.Title = body
	}
	s.mu.Lock()
	now, over := s.now, s.over
	s.mu.Unlock()
	if over || now == nil {
		return // reminders would scroll the table away
	}
	s.line(now(), "", "your phone", s.paint(yellow, "☎ "+m.Title))
}

func (s *show) line(at time.Time, order, who, text string) {
	s.put(s.fit(fmt.Sprintf("  %-16s  %-5s  %-11s  %s", at.UTC().Format("Mon 2 Jan 15:04"), order, who, text)) + "\n")
}

// fit cuts a line to the terminal's width; colour codes take no room.
func (s *show) fit(line string) string {
	if s.o.Width <= 0 {
		return line
	}
	return text.Snip(line, s.o.Width, "…")
}

var statusColours = map[string]string{
	"refunded": green, "shipped": green, "cancelled": green, "disputable": red, "unmapped": red, "held": red, "refused": yellow, "requested": cyan, "queued": cyan,
}

func (s *show) status(name string) string {
	return s.paint(statusColours[name], fmt.Sprintf("%-10s", name))
}

// tick moves the bar of the days; without a terminal it writes one line a day.
func (s *show) tick(now time.Time, done int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	n := int(now.Sub(begin) / day)
	const width = 20
	full := min(width, n)
	text := fmt.Sprintf("day %2d  [%s%s]  %s  %d of %d stories where they end", n+1, strings.Repeat("#", full), strings.Repeat(".", width-full), now.Format("Mon 2 Jan"), done, len(stories))
	if s.o.Width == 0 {
		if n != s.day {
			s.day = n
			s.putLocked("-- " + text + " --\n")
		}
		return
	}
	s.bar = s.paint(bold, text)
	s.putLocked("")
}

// end is the table, the operator's list and what the site saw.
func (s *show) end(now time.Time, rows []ending, writes []aliexpresstest.Write) {
	s.mu.Lock()
	bar := s.bar
	s.bar, s.over = "", true
	s.mu.Unlock()
	if bar != "" {
		s.put("\r\x1b[K")
	}
	var b strings.Builder
	fmt.Fprintf(&b, "\n%s\n\n", s.paint(bold, fmt.Sprintf("How it ended, %d days later", int(now.Sub(begin)/day)+1)))
	t := tabwriter.NewWriter(&b, 0, 0, 2, ' ', 0)
	fmt.Fprintln(t, "  ORDER\tALIEXPRESS\tSTATUS\t\tSTORY")
	for _, r := range rows {
		mark := "as it should"
		if !r.right() {
			mark = "WANTED " + r.ends
		}
		fmt.Fprintf(t, "  %s\t%s\t%s\t%s\t%s\n", r.order, cmp.Or(r.number, "-"), cmp.Or(string(r.Case.Status), "-"), mark, r.title)
	}
	_ = t.Flush()
	fmt.Fprintf(&b, "\n%s\n\n", s.paint(bold, "What needs you"))
	t = tabwriter.NewWriter(&b, 0, 0, 2, ' ', 0)
	for _, r := range rows {
		switch r.Case.Status {
		case "disputable", "unmapped", "held":
			fmt.Fprintf(t, "  %s\t%s\t%s\t%s\n", r.order, r.Case.Status, r.Case.Amount, r.Case.Flag)
		}
	}
	_ = t.Flush()
	fmt.Fprintf(&b, "\nAliExpress got %d cancel requests and %d messages from real clicks, none twice, and no other click that changes anything.\n",
		count(writes, aliexpresstest.WriteCancel), count(writes, aliexpresstest.WriteMessage))
	s.put(b.String())
}

// stay tells where to look while everything is still up.
func (s *show) stay(w *world, self string) {
	www, _, _, _ := w.site.Hosts()
	s.put(fmt.Sprintf(`
Everything is still running; look around, and end it with Ctrl-C:
  %[1]s disputes list --socket %[2]s
  %[1]s cases list --socket %[2]s
  %[1]s cases show '#1003' --socket %[2]s
  %[3]s/p/order/index.html   the loopback AliExpress
  http://%[4]s/metrics
`, self, w.dir+"/control.sock", www, w.app.ConsoleAddr()))
}
