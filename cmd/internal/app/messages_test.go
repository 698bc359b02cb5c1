package app

import (
	"slices"
	"strings"
	"testing"
	"time"

	"countermand/configs"
	"countermand/state"
)

func asked() state.Case {
	return state.Case{
		SupplierOrder: "8190000000000007", Store: "Bright Lamps",
		RequestedAt: time.Date(2026, 11, 20, 18, 0, 0, 0, time.UTC), // the 21st in China
		Clocks: map[state.Clock]time.Time{
			state.ClockProofDue:  time.Date(2026, 11, 27, 16, 0, 0, 0, time.UTC), // midnight there
			state.ClockAnswerDue: time.Date(2026, 11, 23, 18, 0, 0, 0, time.UTC),
		},
	}
}

func textsOf(t *testing.T, set map[string]map[string]string) func(string, state.Case) ([]string, error) {
	t.Helper()
	c := configs.Default()
	c.Messages = set
	texts, err := messageTexts(c)
	if err != nil {
		t.Fatal(err)
	}
	return texts
}

func TestBuiltInMessagesNameTheOrderInTwoLanguages(t *testing.T) {
	t.Parallel()
	texts := textsOf(t, nil)
	for _, kind := range configs.MessageKinds {
		for _, cs := range []state.Case{asked(), {SupplierOrder: "8190000000000007"}} {
			got, err := texts(kind, cs)
			if err != nil || len(got) != 2 {
				t.Fatalf("%s: %q, %v", kind, got, err)
			}
			for _, s := range got {
				if !strings.Contains(s, "8190000000000007") || strings.Contains(s, "<no value>") || strings.Contains(s, "{{") {
					t.Errorf("%s: %q", kind, s)
				}
				if dated := strings.Contains(s, "2026-11-27"); dated != (cs.Store != "" && kind != configs.MessageRequest) {
					t.Errorf("%s names the day %v: %q", kind, dated, s)
				}
			}
			if !strings.HasPrefix(got[0], "Hello") || !strings.HasPrefix(got[1], "您好") {
				t.Errorf("%s: not English, then Chinese: %q", kind, got)
			}
		}
	}
}

func TestMessagesTakeTheOperatorsTexts(t *testing.T) {
	t.Parallel()
	texts := textsOf(t, map[string]map[string]string{
		"request": {"en": "{{.Order}} {{.Store}} {{.Requested}} {{.Due}}", "zh": "", "de": "Bitte stornieren"},
		"refusal": {"zh": "  ", "en": "{{if not .Due}}never{{end}}"},
		"proof":   {},
	})
	for kind, want := range map[string][]string{
		"request": {"8190000000000007 Bright Lamps 2026-11-21 2026-11-24", "Bitte stornieren"}, "refusal": nil, "proof": nil,
	} {
		if got, err := texts(kind, asked()); err != nil || !slices.Equal(got, want) {
			t.Errorf("%s: %q, %v; want %q", kind, got, err, want)
		}
	}
	if _, err := texts("greeting", asked()); err == nil {
		t.Error("a kind that does not exist gives no error")
	}
	first := asked()
	first.RequestedAt, first.Attempt.FirstAt = time.Time{}, time.Date(2026, 11, 19, 1, 0, 0, 0, time.UTC)
	if got, err := texts("request", first); err != nil || !strings.Contains(got[0], "2026-11-19") {
		t.Errorf("before the request is known: %q, %v", got, err)
	}
}

func TestMessagesThatCannotBeMade(t *testing.T) {
	t.Parallel()
	c := configs.Default()
	c.Messages = map[string]map[string]string{"request": {"en": "{{.Order"}}
	if _, err := messageTexts(c); err == nil || !strings.Contains(err.Error(), "messages.request.en") {
		t.Errorf("a broken template: %v", err)
	}
	texts := textsOf(t, map[string]map[string]string{"request": {"en": "{{.Store}}", "zh": ""}})
	long := asked()
	long.Store = strings.Repeat("长", configs.MaxMessage+1)
	if _, err := texts("request", long); err == nil || !strings.Contains(err.Error(), "may have 1000") {
		t.Errorf("a text that is too long: %v", err)
	}
}
