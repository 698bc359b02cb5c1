package configs

import (
	"errors"
	"fmt"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/agnivade/levenshtein"
	"github.com/goccy/go-yaml"
	"github.com/goccy/go-yaml/ast"
	"github.com/goccy/go-yaml/parser"
	"github.com/goccy/go-yaml/token"
)

// decoder fills a struct from YAML and notes all that is wrong on the way. The
// library's own strict mode stops at the first problem; an operator wants
// the list.
type decoder struct {
	file     string
	problems Problems
	warnings Warnings
	// at is where each field stands in the file.
	at map[string]*token.Position
}

func newDecoder(file string) *decoder {
	return &decoder{file: file, at: map[string]*token.Position{}}
}

func (d *decoder) bad(path, format string, args ...any) {
	d.problems = append(d.problems, d.problem(path, fmt.Sprintf(format, args...)))
}

func (d *decoder) warn(path, format string, args ...any) {
	d.warnings = append(d.warnings, d.problem(path, fmt.Sprintf(format, args...)))
}

func (d *decoder) badAt(n ast.Node, path, format string, args ...any) {
	d.at[path] = n.GetToken().Position
	d.bad(path, format, args...)
}

// problem finds the place of a field, or of the nearest section around it
// that the file has.
func (d *decoder) problem(path, text string) Problem {
	p := Problem{File: d.file, Path: path, Text: text}
	for around := path; around != ""; around = parent(around) {
		if pos := d.at[around]; pos != nil {
			p.Line, p.Column = pos.Line, pos.Column
			break
		}
	}
	return p
}

func parent(path string) string {
	return path[:max(strings.LastIndexAny(path, ".["), 0)]
}

func join(path, key string) string {
	if path == "" {
		return key
	}
	return path + "." + key
}

// document decodes a whole file into the struct that out points to.
func (d *decoder) document(data []byte, out any) {
	file, err := parse(data)
	if err != nil {
		d.syntax(err)
		return
	}
	docs := slices.DeleteFunc(file.Docs, func(doc *ast.DocumentNode) bool { return doc.Body == nil })
	switch {
	case len(docs) > 1:
		d.badAt(docs[1].Body, "", "a second document begins here; put everything into one")
	case len(docs) == 1 && docs[0].Body.Type() != ast.CommentType:
		d.decode(docs[0].Body, reflect.ValueOf(out).Elem(), "")
	}
}

// parse lets no panic of the YAML library through: the text is the operator's.
func parse(data []byte) (file *ast.File, err error) {
	defer func() {
		if r := recover(); r != nil {
			err = fmt.Errorf("the YAML cannot be understood (%v)", r)
		}
	}()
	return parser.ParseBytes(data, 0, parser.AllowDuplicateMapKey())
}

func (d *decoder) syntax(err error) {
	p := Problem{File: d.file, Text: err.Error()}
	if e, ok := errors.AsType[yaml.Error](err); ok {
		p.Text = "not YAML: " + e.GetMessage()
		if tk := e.GetToken(); tk != nil && tk.Position != nil {
			p.Line, p.Column = tk.Position.Line, tk.Position.Column
		}
	}
	d.problems = append(d.problems, p)
}

var durationType = reflect.TypeFor[time.Duration]()

// decode sets v from n. An empty value leaves the default.
func (d *decoder) decode(n ast.Node, v reflect.Value, path string) {
	d.at[path] = n.GetToken().Position
	switch n.Type() {
	case ast.NullType:
		return
	case ast.AnchorType, ast.AliasType, ast.MergeKeyType, ast.TagType:
		d.bad(path, "anchors, aliases and tags of YAML are not supported; write the value out")
		return
	}
	switch {
	case v.Kind() == reflect.Struct:
		d.mapping(n, path, "a section with keys", d.structField(v))
	case v.Kind() == reflect.Map:
		v.Set(reflect.MakeMap(v.Type()))
		d.mapping(n, path, "a section with keys", d.mapEntry(v))
	case v.Kind() == reflect.Slice:
		d.sequence(n, v, path)
	default:
		d.leaf(n, v, path)
	}
}

// mapping walks the keys of a section; set says what each is for.
func (d *decoder) mapping(n ast.Node, path, want string, set func(key ast.MapKeyNode, name, path string, value ast.Node)) {
	m, ok := n.(ast.MapNode)
	if !ok {
		d.bad(path, "must be %s", want)
		return
	}
	seen := map[string]int{}
	for it := m.MapRange(); it.Next(); {
		key := it.Key()
		name := key.GetToken().Value
		field := join(path, name)
		if key.IsMergeKey() {
			d.badAt(key, field, "merge keys of YAML are not supported; write the keys out")
			continue
		}
		if line, twice := seen[name]; twice {
			d.badAt(key, field, "is already set on line %d; keep one", line)
			continue
		}
		seen[name] = key.GetToken().Position.Line
		set(key, name, field, it.Value())
	}
}

func (d *decoder) structField(v reflect.Value) func(ast.MapKeyNode, string, string, ast.Node) {
	index := map[string]int{}
	var names []string
	for i := range v.NumField() {
		if name := v.Type().Field(i).Tag.Get("yaml"); name != "-" {
			index[name] = i
			names = append(names, name)
		}
	}
	return func(key ast.MapKeyNode, name, path string, value ast.Node) {
		i, known := index[name]
		if !known {
			d.badAt(key, path, "is not a key that exists; %s", suggest(name, names))
			return
		}
		d.decode(value, v.Field(i), path)
	}
}

func (d *decoder) mapEntry(v reflect.Value) func(ast.MapKeyNode, string, string, ast.Node) {
	return func(_ ast.MapKeyNode, name, path string, value ast.Node) {
		elem := reflect.New(v.Type().Elem()).Elem()
		d.decode(value, elem, path)
		v.SetMapIndex(reflect.ValueOf(name), elem)
	}
}

// suggest names the key that was probably meant, else all there are.
func suggest(name string, known []string) string {
	best, distance := "", 4
	for _, k := range known {
		if n := levenshtein.ComputeDistance(strings.ToLower(name), k); n < distance {
			best, distance = k, n
		}
	}
	if best != "" {
		return "did you mean " + best + "?"
	}
	return "known here are " + strings.Join(known, ", ")
}

func (d *decoder) sequence(n ast.Node, v reflect.Value, path string) {
	list, ok := n.(*ast.SequenceNode)
	if !ok {
		d.bad(path, "must be a list: [a, b], or one \"- \" line for each")
		return
	}
	v.Set(reflect.MakeSlice(v.Type(), len(list.Values), len(list.Values)))
	for i, item := range list.Values {
		elem := v.Index(i)
		if e, ok := elem.Addr().Interface().(interface{ setDefaults() }); ok {
			e.setDefaults()
		}
		d.decode(item, elem, fmt.Sprintf("%s[%d]", path, i))
	}
}

// leaf sets a single value.
func (d *decoder) leaf(n ast.Node, v reflect.Value, path string) {
	switch {
	case v.Type() == durationType:
		d.duration(n, v, path)
	case v.Kind() == reflect.String:
		switch s := n.(type) {
		case *ast.StringNode:
			v.SetString(s.Value)
		case *ast.LiteralNode:
			v.SetString(s.Value.Value)
		default:
			d.bad(path, "must be text; put it in quotes")
		}
	case v.Kind() == reflect.Bool:
		if b, ok := n.(*ast.BoolNode); ok {
			v.SetBool(b.Value)
		} else {
			d.bad(path, "must be true or false")
		}
	case v.Kind() == reflect.Int:
		i, err := strconv.Atoi(n.GetToken().Value)
		if _, ok := n.(*ast.IntegerNode); ok && err == nil {
			v.SetInt(int64(i))
		} else {
			d.bad(path, "must be a whole number")
		}
	default:
		panic("configs: no decoding for a field of type " + v.Type().String())
	}
}

func (d *decoder) duration(n ast.Node, v reflect.Value, path string) {
	s, ok := n.(*ast.StringNode)
	if !ok {
		d.bad(path, "must be a duration with its unit: 90s, 15m, 72h or 400d")
		return
	}
	parsed, err := ParseDuration(s.Value)
	if err != nil {
		d.bad(path, "%v", err)
		return
	}
	v.SetInt(int64(parsed))
}

// ParseDuration reads 90s, 1h30m and, beyond what package time knows, days of
// 24 hours: 400d, 1d12h. Negative ones are refused.
func ParseDuration(s string) (time.Duration, error) {
	var whole time.Duration
	rest := s
	if days, after, ok := strings.Cut(s, "d"); ok {
		n, err := strconv.ParseUint(days, 10, 16)
		if err != nil {
			return 0, notDuration(s)
		}
		whole, rest = time.Duration(n)*day, after
		if rest == "" {
			return whole, nil
		}
	}
	part, err := time.ParseDuration(rest)
	if err != nil || strings.ContainsAny(rest, "+-") || whole+part < 0 {
		return 0, notDuration(s)
	}
	return whole + part, nil
}

func notDuration(s string) error {
	return fmt.Errorf("%q is not a duration; write a number and its unit: 90s, 15m, 72h or 400d", s)
}
