package machine

import (
	goflag "flag"
	"fmt"
	"maps"
	"os"
	"slices"
	"strings"
	"sync"
	"testing"

	"pgregory.net/rapid"

	"countermand/state"
	"countermand/sync/rules"
)

var update = goflag.Bool("update", false, "write the diagram of transitions anew")

// Where the diagram stands: what is between head and tail is generated.
const (
	docHead   = "// # Transitions\n//\n"
	docTail   = "package machine\n"
	guideHead = "<!-- transitions: made by go generate -->\n"
	guideTail = "<!-- end of transitions -->\n"
)

// moves are transitions, each with the events that make it.
type moves map[[2]state.Status]map[state.EventKind]bool

// watching is the table with an ear at each entry.
func watching(see func(from state.Status, ev state.EventKind, to state.Status)) map[state.Status]row {
	out := map[state.Status]row{}
	for s, entries := range table {
		out[s] = row{}
		for ev, h := range entries {
			out[s][ev] = func(x *change) error {
				err := h(x)
				if err == nil {
					see(s, ev, x.c.Status)
				}
				return err
			}
		}
	}
	return out
}

// with tells a story by another table.
func with(s scenario, t map[state.Status]row) scenario {
	before := s.policy
	s.policy = func(p *Policy) {
		if before != nil {
			before(p)
		}
		p.table = t
	}
	return s
}

// transitions are all moves that the stories make. Each entry of the table is
// in some story, and each mutation of one is noticed, so these are the table's.
var transitions = sync.OnceValue(func() moves {
	m := moves{}
	t := watching(func(from state.Status, ev state.EventKind, to state.Status) {
		if from == to {
			return
		}
		if m[[2]state.Status{from, to}] == nil {
			m[[2]state.Status{from, to}] = map[state.EventKind]bool{}
		}
		m[[2]state.Status{from, to}][ev] = true
	})
	for _, s := range everyStory() {
		play(new(deaf), with(s, t))
	}
	return m
})

// deaf minds nothing that a story finds wrong.
type deaf struct{}

func (*deaf) Helper()               {}
func (*deaf) Errorf(string, ...any) {}

// events lists what leads from one status to another, in the order of the
// kinds.
func (m moves) events(from, to state.Status) string {
	var all []string
	for _, k := range state.EventKinds {
		if m[[2]state.Status{from, to}][k] {
			all = append(all, string(k))
		}
	}
	return strings.Join(all, ", ")
}

// each visits the moves in the order of a case's life.
func (m moves) each(visit func(from, to state.Status, events string)) {
	for _, from := range append([]state.Status{state.StatusStart}, state.Statuses...) {
		for _, to := range state.Statuses {
			if e := m.events(from, to); e != "" {
				visit(from, to, e)
			}
		}
	}
}

// text is the diagram as the package's documentation shows it.
func (m moves) text() string {
	var b strings.Builder
	b.WriteString("// Where each event may take a case; events that leave it where it is are not\n// shown. Made from the table by go generate.\n//\n")
	last := state.Status("none")
	m.each(func(from, to state.Status, events string) {
		name := ""
		if from != last {
			if name = string(from); from == state.StatusStart {
				name = "(new)"
			}
		}
		last = from
		fmt.Fprintf(&b, "//\t%-10s → %-11s %s\n", name, to, events)
	})
	return b.String()
}

// mermaid is the diagram as docs/CONTRIBUTING.md draws it.
func (m moves) mermaid() string {
	var b strings.Builder
	b.WriteString("\n```mermaid\nstateDiagram-v2\n")
	m.each(func(from, to state.Status, events string) {
		if from == state.StatusStart {
			from = "[*]"
		}
		fmt.Fprintf(&b, "    %s --> %s: %s\n", from, to, events)
	})
	for _, s := range state.Statuses {
		if s.Ended() {
			fmt.Fprintf(&b, "    %s --> [*]\n", s)
		}
	}
	b.WriteString("```\n\n")
	return b.String()
}

func TestDiagramIsCurrent(t *testing.T) {
	t.Parallel()
	for _, part := range []struct{ file, head, tail, want string }{
		{"doc.go", docHead, docTail, transitions().text()},
		{"../../docs/CONTRIBUTING.md", guideHead, guideTail, transitions().mermaid()},
	} {
		data, err := os.ReadFile(part.file)
		if err != nil {
			t.Fatal(err)
		}
		before, rest, ok1 := strings.Cut(string(data), part.head)
		have, after, ok2 := strings.Cut(rest, part.tail)
		switch {
		case !ok1 || !ok2:
			t.Errorf("%s: no place for the diagram between %q and %q", part.file, part.head, part.tail)
		case have == part.want:
		case !*update:
			t.Errorf("%s: the diagram is not current, run: make generate", part.file)
		default:
			if err := os.WriteFile(part.file, []byte(before+part.head+part.want+part.tail+after), 0o644); err != nil {
				t.Fatal(err)
			}
		}
	}
}

// The diagram shows no more and no less than the table: every status is
// reached, every open one can be left for an end, no ended one is left.
func TestDiagramIsWhole(t *testing.T) {
	t.Parallel()
	m := transitions()
	reach := func(from state.Status) map[state.Status]bool {
		seen := map[state.Status]bool{}
		for queue := []state.Status{from}; len(queue) > 0; queue = queue[1:] {
			for _, to := range state.Statuses {
				if m.events(queue[0], to) != "" && !seen[to] {
					seen[to], queue = true, append(queue, to)
				}
			}
		}
		return seen
	}
	fromStart := reach(state.StatusStart)
	for _, s := range state.Statuses {
		if !fromStart[s] {
			t.Errorf("nothing leads to %s", s)
		}
		after := reach(s)
		if ends := slices.ContainsFunc(slices.Collect(maps.Keys(after)), state.Status.Ended); ends == s.Ended() {
			t.Errorf("%s leads to %v", s, after)
		}
	}
	for move, events := range m {
		for ev := range events {
			if table[move[0]][ev] == nil {
				t.Errorf("%s leads from %q to %s without an entry", ev, move[0], move[1])
			}
		}
	}
}

// A walk of any events keeps to the diagram: what the stories leave out does
// not happen.
func TestAnySequenceOfEventsKeepsToTheDiagram(t *testing.T) {
	t.Parallel()
	m := transitions()
	rules, err := rules.Parse([]rules.Rule{{When: "supplier.total > 15", Then: "ignore"}, {When: "supplier.total < 5", Then: "confirm"}})
	if err != nil {
		t.Fatal(err)
	}
	rapid.Check(t, func(t *rapid.T) {
		p := policyOf(rapid.SampledFrom([]Mode{Auto, Auto, Confirm, Observe}).Draw(t, "mode"))
		if rapid.Bool().Draw(t, "rules") {
			p.Rules = rules
		}
		c, now := reached(t, rapid.SampledFrom(state.Statuses).Draw(t, "from")), base.Add(day1)
		for range rapid.IntRange(1, 40).Draw(t, "length") {
			now = drawTime(t, c, now)
			ev := drawEvent(t, c, now)
			out, err := p.Step(c, ev, now)
			if err != nil {
				continue
			}
			if from, to := c.Status, out.Case.Status; from != to && !m[[2]state.Status{from, to}][ev.Kind] {
				t.Fatalf("%s takes a case from %q to %s, which no story tells", ev.Kind, from, to)
			}
			c = out.Case
		}
	})
}

// reached is a case of a status, as the story that leads there leaves it.
func reached(t *rapid.T, s state.Status) state.Case {
	c, now := state.Case{ID: "01CASE", Supplier: "aliexpress"}, base
	for _, st := range reach[s] {
		now = now.Add(st.after)
		out, err := policyOf(Auto).Step(c, stamped(st.ev, now), now)
		if err != nil {
			t.Fatalf("to %s: %v", s, err)
		}
		c = out.Case
	}
	return c
}
