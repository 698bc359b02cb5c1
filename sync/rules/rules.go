// Package rules reads the operator's rules, such as order.total > 100, and
// judges by them whether a case is asked by itself, asked after a question, or
// left alone.
package rules

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/expr-lang/expr"
	"github.com/expr-lang/expr/ast"
	"github.com/expr-lang/expr/file"
	"github.com/expr-lang/expr/vm"

	"countermand/state"
)

// Rule decides how the cases that match it are handled.
type Rule struct {
	// When is an expression that is true or false, such as order.total > 100.
	When string
	// Then is auto, confirm or ignore.
	Then string
}

// Set is rules that were read and found to be whole. It is never changed and
// may be shared. A nil one judges nothing.
type Set struct {
	rules []rule
	uses  map[string]bool
}

type rule struct {
	name    string // "rule 2: order.total > 100"
	then    state.Then
	program *vm.Program
}

// What a rule may cost. Lists come from one order only, and none is gone
// through for each entry of another, so these bound the time as well.
const (
	ruleNodes  = 200
	ruleMemory = 100_000 // entries of lists that are built on the way
)

// ruleFunctions are all that a rule can call. There is no now: a case is
// judged the same way whenever it is judged again.
var ruleFunctions = []string{"any", "all", "none", "one", "count", "filter", "len", "lower", "upper", "trim", "hasPrefix", "hasSuffix", "abs", "min", "max", "duration"}

// Parse reads rules and checks the types in them. Its error names each
// rule that cannot be used, the column, and what can be used.
func Parse(list []Rule) (*Set, error) {
	out := &Set{uses: map[string]bool{}}
	var errs []error
	for i, r := range list {
		got, err := parseRule(r, out.uses)
		if err != nil {
			errs = append(errs, fmt.Errorf("rule %d, %w", i+1, err))
			continue
		}
		got.name = fmt.Sprintf("rule %d: %s", i+1, strings.Join(strings.Fields(r.When), " "))
		out.rules = append(out.rules, got)
	}
	if len(errs) > 0 {
		return nil, errors.Join(errs...)
	}
	return out, nil
}

func parseRule(r Rule, uses map[string]bool) (rule, error) {
	then := state.Then(r.Then)
	if then != state.ThenAuto && then != state.ThenConfirm && then != state.ThenIgnore {
		return rule{}, fmt.Errorf("then: %q is not known; write auto, confirm or ignore", r.Then)
	}
	v := &ruleReader{uses: uses, bare: map[ast.Node]bool{}}
	options := []expr.Option{expr.Env(words{}), expr.AsBool(), expr.MaxNodes(ruleNodes), expr.Patch(v), expr.DisableAllBuiltins()}
	for _, f := range ruleFunctions {
		options = append(options, expr.EnableBuiltin(f))
	}
	program, err := expr.Compile(r.When, options...)
	if found := v.first(); found != nil {
		err = found.Bind(file.NewSource(r.When)) // in plainer words than the checker's
	}
	if err != nil {
		return rule{}, fmt.Errorf("%w; %s", placed(err), wordHelp())
	}
	return rule{then: then, program: program}, nil
}

// placed says where in the rule an error lies.
func placed(err error) error {
	f, ok := errors.AsType[*file.Error](err)
	if !ok {
		return fmt.Errorf("column 1: %w", err)
	}
	line := ""
	if f.Line > 1 {
		line = fmt.Sprintf("line %d, ", f.Line)
	}
	return fmt.Errorf("%scolumn %d: %s", line, f.Column+1, f.Message)
}

// ruleReader looks through a rule's tree: it notes which words are used, puts
// in the calls that ask for them, and refuses what is not bounded.
type ruleReader struct {
	uses map[string]bool
	// bare are order, supplier and $env where no word of theirs follows.
	bare  map[ast.Node]bool
	found []*file.Error
}

// Visit is called for each node, the inner ones first.
func (v *ruleReader) Visit(node *ast.Node) {
	switch n := (*node).(type) {
	case *ast.IdentifierNode:
		if groups[n.Value] != nil || n.Value == "$env" {
			v.bare[n] = true
		}
	case *ast.MemberNode:
		v.member(node, n)
	case *ast.CallNode:
		if _, twice := n.Callee.(*ast.CallNode); twice {
			v.refuse(n, "a word is written without brackets after it")
		}
	case *ast.BinaryNode:
		if n.Operator == ".." {
			v.refuse(n, "ranges of numbers cannot be used; compare with < and >")
		}
	case *ast.BuiltinNode:
		inner := func(arg ast.Node) bool { return ast.Find(arg, isPredicate) != nil }
		if i := slices.IndexFunc(n.Arguments, isPredicate); i >= 0 && inner(n.Arguments[i].(*ast.PredicateNode).Node) {
			v.refuse(n, "%s goes through a list for each entry of another; write two rules", n.Name)
		}
	}
}

func isPredicate(n ast.Node) bool { _, ok := n.(*ast.PredicateNode); return ok }

func (v *ruleReader) member(node *ast.Node, n *ast.MemberNode) {
	group, ok1 := n.Node.(*ast.IdentifierNode)
	word, ok2 := n.Property.(*ast.StringNode)
	if !ok1 || !ok2 || groups[group.Value] == nil {
		return
	}
	delete(v.bare, group)
	name := group.Value + "." + word.Value
	ask, known := askedFor[name]
	if !known {
		v.refuse(n, "%s is not known", name)
		return
	}
	v.uses[name] = true
	if ask {
		ast.Patch(node, &ast.CallNode{Callee: n})
	}
}

func (v *ruleReader) refuse(n ast.Node, format string, args ...any) {
	v.found = append(v.found, &file.Error{Location: n.Location(), Message: fmt.Sprintf(format, args...)})
}

// first is the leftmost thing that cannot be used, nil where all can.
func (v *ruleReader) first() *file.Error {
	for n := range v.bare {
		v.refuse(n, "%s is not a value by itself; write %s.WORD", n, n)
	}
	if len(v.found) == 0 {
		return nil
	}
	return slices.MinFunc(v.found, func(a, b *file.Error) int { return a.From - b.From })
}

// Judge gives what the first rule that matches decides, and that rule's number
// and text; nothing where none matches. A rule that cannot be judged, because a
// fact is not known, decides for confirm, and err says why: doubt goes to a
// person. It is ErrSupplierUnread where reading the supplier's order would
// tell.
func (r *Set) Judge(c state.Case, now time.Time) (then state.Then, text string, err error) {
	if r == nil {
		return "", "", nil
	}
	env := wordsOf(c, now)
	for _, one := range r.rules {
		machine := vm.VM{MemoryBudget: ruleMemory}
		got, err := machine.Run(one.program, env)
		if err != nil {
			return state.ThenConfirm, one.name, fmt.Errorf("cannot be judged, so you are asked: %w", plainly(err))
		}
		if got == true {
			return one.then, one.name, nil
		}
	}
	return "", "", nil
}

// plainly is a run-time error without the drawing of the place.
func plainly(err error) error {
	f, ok := errors.AsType[*file.Error](err)
	switch {
	case !ok:
		return err
	case f.Prev != nil:
		return f.Prev
	}
	return errors.New(f.Message)
}

// NeedsSupplier tells whether some rule asks for what only the supplier's page
// tells. Such cases are read before they are judged.
func (r *Set) NeedsSupplier() bool {
	return r.mentions("supplier.store", "supplier.total", "supplier.currency", "supplier.items")
}

// NeedsCountry tells whether some rule asks where the parcel goes. Without
// one, the shop is not asked for it.
func (r *Set) NeedsCountry() bool { return r.mentions("order.country") }

func (r *Set) mentions(names ...string) bool {
	return r != nil && slices.ContainsFunc(names, func(n string) bool { return r.uses[n] })
}
