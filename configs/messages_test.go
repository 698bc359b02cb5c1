package configs

import (
	"slices"
	"strings"
	"testing"
	"unicode/utf8"
)

func TestBuiltInMessagesFit(t *testing.T) {
	t.Parallel()
	c := Default()
	for _, kind := range MessageKinds {
		texts, err := c.MessageTexts(kind)
		if err != nil || len(texts) != 2 || texts[0].Language != "en" || texts[1].Language != "zh" {
			t.Fatalf("%s: %v, %v", kind, texts, err)
		}
		for _, m := range texts {
			s, err := m.Fill(MessageFields{"8190000000000000", "Store", "2026-11-20", "2026-11-27"})
			if n := utf8.RuneCountInString(s); err != nil || n < 20 || n > 400 {
				t.Errorf("%s.%s has %d characters: %v", kind, m.Language, n, err)
			}
		}
	}
	if len(builtInMessages) != len(MessageKinds) {
		t.Error("a kind is built in that nobody sends")
	}
}

func TestMessageLanguages(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		set  map[string]string
		want []string
	}{
		"not set":         {nil, []string{"en", "zh"}},
		"left out whole":  {map[string]string{}, nil},
		"one left out":    {map[string]string{"zh": ""}, []string{"en"}},
		"one more":        {map[string]string{"de": "x", "ar": "y"}, []string{"en", "zh", "ar", "de"}},
		"another instead": {map[string]string{"en": "", "zh": " \n", "fr": "x"}, []string{"fr"}},
	} {
		c := Default()
		c.Messages = map[string]map[string]string{MessageRequest: tc.set}
		texts, err := c.MessageTexts(MessageRequest)
		var got []string
		for _, m := range texts {
			got = append(got, m.Language)
		}
		if err != nil || !slices.Equal(got, tc.want) {
			t.Errorf("%s: sends %v, %v; want %v", name, got, err, tc.want)
		}
	}
}

func TestMessageProblems(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct{ set, path, text string }{
		"unknown kind":       {`{refused: {en: "x"}}`, "messages.refused", "did you mean refusal?"},
		"no language":        {`{request: {english: "x"}}`, "messages.request.english", "write a code such as en"},
		"no map":             {`{request: "x"}`, "messages.request", "must be a section with keys"},
		"not closed":         {`{request: {en: "{{.Order"}}`, "messages.request.en", "is no template: unclosed action"},
		"unknown field":      {`{request: {en: "{{.Buyer}}"}}`, "messages.request.en", "can't evaluate field Buyer"},
		"unknown field, if":  {`{proof: {en: "{{if .Due}}{{else}}{{.Buyer}}{{end}}"}}`, "messages.proof.en", "can't evaluate field Buyer"},
		"unknown function":   {`{proof: {en: "{{shout .Order}}"}}`, "messages.proof.en", `function "shout" not defined`},
		"too long":           {`{proof: {zh: "` + strings.Repeat("长", MaxMessage+1) + `"}}`, "messages.proof.zh", "1001 characters; a message may have 1000"},
		"too long with name": {`{proof: {zh: "{{.Store}}` + strings.Repeat("长", MaxMessage-1) + `"}}`, "messages.proof.zh", "a message may have 1000"},
		"control character":  {`{proof: {zh: "a\tb"}}`, "messages.proof.zh", "control character"},
	} {
		ps := problemsOf(t, minimal+"messages: "+tc.set+"\n")
		if len(ps) != 1 || ps[0].Path != tc.path || ps[0].Line != strings.Count(minimal, "\n")+1 || !strings.Contains(ps[0].Text, tc.text) {
			t.Errorf("%s: %v", name, ps)
		}
	}
}

func TestMessageWarnings(t *testing.T) {
	t.Parallel()
	for set, want := range map[string]int{
		`{request: {en: "", zh: ""}}`: 1, `{request: {}}`: 0, `{request: {en: ""}}`: 0, `{request: {en: "a\nb"}}`: 0, `{request: }`: 0,
	} {
		c, ws, err := loadText(t, minimal+"messages: "+set+"\n")
		if err != nil || len(ws) != want || c == nil {
			t.Errorf("%s: warnings %v, %v", set, ws, err)
		}
	}
}
