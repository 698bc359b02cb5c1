package state

import (
	"encoding/json"
	"reflect"
	"strings"
	"testing"
	"time"
)

// fill sets every field below v to something, and fails at what JSON or a
// copy could not carry.
func fill(t *testing.T, v reflect.Value) {
	t.Helper()
	switch at := v.Addr().Interface().(type) {
	case *time.Time:
		*at = time.Date(2026, 3, 2, 1, 2, 3, 4, time.UTC)
		return
	case *Money:
		*at = Money{Units: 123456, Currency: "USD"}
		return
	}
	switch v.Kind() {
	case reflect.Struct:
		for i := range v.NumField() {
			if !v.Type().Field(i).IsExported() {
				t.Fatalf("%s.%s is not exported", v.Type(), v.Type().Field(i).Name)
			}
			fill(t, v.Field(i))
		}
	case reflect.Pointer:
		v.Set(reflect.New(v.Type().Elem()))
		fill(t, v.Elem())
	case reflect.Slice:
		v.Set(reflect.MakeSlice(v.Type(), 1, 1))
		fill(t, v.Index(0))
	case reflect.Map:
		key, value := reflect.New(v.Type().Key()).Elem(), reflect.New(v.Type().Elem()).Elem()
		fill(t, key)
		fill(t, value)
		v.Set(reflect.MakeMap(v.Type()))
		v.SetMapIndex(key, value)
	case reflect.String:
		v.SetString("x")
	case reflect.Bool:
		v.SetBool(true)
	case reflect.Int, reflect.Int64:
		v.SetInt(7)
	case reflect.Uint64:
		v.SetUint(7)
	case reflect.Uint8:
		v.SetUint(7)
	default:
		t.Fatalf("no value for %s", v.Type())
	}
}

// TestRecordsSurviveJSON: the store keeps records as JSON, so a field that
// JSON loses is lost for good.
func TestRecordsSurviveJSON(t *testing.T) {
	t.Parallel()
	for _, record := range []any{&Case{}, &Entry{}, &Effect{}, &Knock{}, &Alert{}, &Account{}, &Request{}, &Mapping{}, &Quarantined{}, &Reading{}} {
		v := reflect.ValueOf(record).Elem()
		t.Run(v.Type().Name(), func(t *testing.T) {
			t.Parallel()
			fill(t, v)
			if rev := v.FieldByName("Rev"); rev.IsValid() {
				rev.SetUint(0) // kept beside the record
			}
			if seq := v.FieldByName("Seq"); seq.IsValid() && v.Type() == reflect.TypeFor[Quarantined]() {
				seq.SetUint(0) // its key
			}
			text, err := json.Marshal(record)
			if err != nil {
				t.Fatal(err)
			}
			back := reflect.New(v.Type())
			if err := json.Unmarshal(text, back.Interface()); err != nil {
				t.Fatal(err)
			}
			if !reflect.DeepEqual(back.Elem().Interface(), v.Interface()) {
				t.Errorf("got %+v\nwant %+v", back.Elem(), v)
			}
		})
	}
}

// TestCaseJSONKeys pins what scripts and the write-back read.
func TestCaseJSONKeys(t *testing.T) {
	t.Parallel()
	var c Case
	fill(t, reflect.ValueOf(&c).Elem())
	text, err := json.Marshal(c)
	if err != nil {
		t.Fatal(err)
	}
	for key := range strings.FieldsSeq("id shop shop_order shop_order_id account supplier_order status flag reason amount proof cancelled_at requested_at answered_at next_check_at clocks tracking refund rule lines findings paused") {
		if !jsonKey(t, text, key) {
			t.Errorf("%s is missing", key)
		}
	}
	if jsonKey(t, text, "Rev") {
		t.Error("the revision is written")
	}
}

// TestCloneSharesNothing changes everything that a clone can reach.
func TestCloneSharesNothing(t *testing.T) {
	t.Parallel()
	var c, want Case
	fill(t, reflect.ValueOf(&c).Elem())
	fill(t, reflect.ValueOf(&want).Elem())
	clone := c.Clone()
	if !reflect.DeepEqual(clone, want) {
		t.Errorf("got %+v\nwant %+v", clone, want)
	}
	spoil(reflect.ValueOf(&clone).Elem())
	if !reflect.DeepEqual(c, want) {
		t.Errorf("the original changed with its clone:\n%+v\nwant %+v", c, want)
	}
	if empty := (Case{}).Clone(); !reflect.DeepEqual(empty, Case{}) {
		t.Errorf("the clone of an empty case is %+v", empty)
	}
}

// spoil empties in place what v points to.
func spoil(v reflect.Value) {
	switch v.Kind() {
	case reflect.Struct:
		for i := range v.NumField() {
			if v.Type().Field(i).IsExported() {
				spoil(v.Field(i))
			}
		}
	case reflect.Slice:
		for i := range v.Len() {
			spoil(v.Index(i))
			v.Index(i).SetZero()
		}
	case reflect.Map:
		v.Clear()
	case reflect.Pointer:
		v.Elem().SetZero()
	}
}

func TestStatuses(t *testing.T) {
	t.Parallel()
	ended := map[Status]bool{Refunded: true, Shipped: true, Won: true, Lost: true, WrittenOff: true, Ignored: true}
	seen := map[Status]bool{}
	for _, s := range Statuses {
		if seen[s] || !s.Known() || s.Ended() != ended[s] {
			t.Errorf("%s: twice %v, known %v, ended %v", s, seen[s], s.Known(), s.Ended())
		}
		seen[s] = true
	}
	if StatusStart.Known() || Status("lunch").Known() {
		t.Error("what is no status is known")
	}
}

// TestDecisions: the kinds of a person's decisions are the last of the list.
func TestDecisions(t *testing.T) {
	t.Parallel()
	decisions := false
	seen := map[EventKind]bool{}
	for _, k := range EventKinds {
		decisions = decisions || k == EventApprove
		if k.Decision() != decisions || seen[k] {
			t.Errorf("%s: decision %v, twice %v", k, k.Decision(), seen[k])
		}
		seen[k] = true
	}
}

func TestItemCount(t *testing.T) {
	t.Parallel()
	if got := ItemCount([]Line{{Quantity: 2}, {Quantity: 3}}); got != 5 {
		t.Errorf("got %d", got)
	}
	if EffectID("c", EffectRead) == EffectID("c", EffectRequest) {
		t.Error("two effects share an id")
	}
}

// Every status has its facts, and no other has.
func TestEveryStatusHasFacts(t *testing.T) {
	t.Parallel()
	for _, s := range Statuses {
		f, ok := facts[s]
		if !ok {
			t.Errorf("%s has no facts", s)
		}
		if f.ended == (len(f.awaits) > 0) {
			t.Errorf("%s: ended is %t with %v awaited", s, f.ended, f.awaits)
		}
	}
	if len(facts) != len(Statuses) {
		t.Errorf("%d statuses have facts, there are %d", len(facts), len(Statuses))
	}
}
