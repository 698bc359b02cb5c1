package configs

import (
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"
	"text/template"
	"unicode"
	"unicode/utf8"
)

// The kinds of messages to a seller.
const (
	MessageRequest = "request" // please cancel, do not ship; sent with the request
	MessageRefusal = "refusal" // the request was declined: the number and proof of dispatch are wanted
	MessageProof   = "proof"   // the last reminder before the time for the proof ends
)

// MessageKinds lists the kinds in the order in which a case may send them.
var MessageKinds = []string{MessageRequest, MessageRefusal, MessageProof}

// MaxMessage is the most runes that one message may have. The site publishes
// no limit; a text that its box cuts off would not be sent.
const MaxMessage = 1000

// MessageFields are the fields of a template, between {{ and }}. What is not known
// is empty, so that {{if .Due}} works.
type MessageFields struct {
	// Order is the supplier's number of the order.
	Order string
	// Store is the seller's store.
	Store string
	// Requested and Due are days, 2026-11-27, in the seller's zone: when the
	// cancel was asked for, and until when an answer is wanted.
	Requested, Due string
}

// builtInMessages are sent where the configuration says nothing else.
var builtInMessages = map[string]map[string]string{
	MessageRequest: {
		"en": "Hello, please cancel order {{.Order}} and do not ship it: the item is no longer needed. Please accept the cancel request on the order page. Thank you and sorry for the trouble.",
		"zh": "您好，请取消订单 {{.Order}}，请不要发货：该商品已不再需要。麻烦您在订单页面同意取消申请。给您添麻烦了，谢谢！",
	},
	MessageRefusal: {
		"en": "Hello, the request to cancel order {{.Order}} was declined. If the parcel has left, please send the tracking number and a proof of dispatch, such as the carrier's receipt{{if .Due}}, by {{.Due}}{{end}}. If it has not left, please do not ship it and accept the cancel. Thank you.",
		"zh": "您好，订单 {{.Order}} 的取消申请被拒绝了。如果包裹已经寄出，请{{if .Due}}在 {{.Due}} 前{{end}}提供物流单号和发货凭证（例如快递揽收回执）。如果还没有寄出，请不要发货并同意取消。谢谢！",
	},
	MessageProof: {
		"en": "Hello, a reminder about order {{.Order}}: the tracking number with a proof of dispatch is still missing{{if .Due}}; please send it by {{.Due}}{{end}}. Without it a dispute will be opened. If the parcel has not left, please accept the cancel instead. Thank you.",
		"zh": "您好，关于订单 {{.Order}} 再次提醒：目前仍未收到物流单号和发货凭证{{if .Due}}，请在 {{.Due}} 前提供{{end}}。否则我们只能提交纠纷。如果包裹还没有寄出，请同意取消。谢谢！",
	},
}

// MessageText is one text of a kind, ready to be filled in.
type MessageText struct {
	Kind, Language string
	text           *template.Template
}

// MessageTexts gives what is sent for a kind, in the order in which it is
// sent: English, Chinese, the others by their codes. What the file sets
// replaces the built-in text of that language; an empty text leaves the
// language out, and {} in place of a kind's languages the whole kind.
func (c *Config) MessageTexts(kind string) ([]MessageText, error) {
	texts := maps.Clone(builtInMessages[kind])
	if set := c.Messages[kind]; set != nil {
		if len(set) == 0 {
			return nil, nil
		}
		maps.Copy(texts, set)
	}
	var out []MessageText
	for _, lang := range sendOrder(texts) {
		if strings.TrimSpace(texts[lang]) == "" {
			continue
		}
		m, err := parseMessage(kind, lang, texts[lang])
		if err != nil {
			return nil, fmt.Errorf("read messages.%s.%s: %w", kind, lang, err)
		}
		out = append(out, m)
	}
	return out, nil
}

// sendOrder puts the languages that most sellers read first.
func sendOrder(texts map[string]string) []string {
	order := []string{"en", "zh"}
	for _, lang := range slices.Sorted(maps.Keys(texts)) {
		if !slices.Contains(order, lang) {
			order = append(order, lang)
		}
	}
	return order
}

func parseMessage(kind, lang, text string) (MessageText, error) {
	t, err := template.New(kind + "." + lang).Option("missingkey=error").Parse(text)
	return MessageText{kind, lang, t}, err
}

// Fill gives the text as it is sent; it is empty where the template makes
// nothing of the fields.
func (m MessageText) Fill(f MessageFields) (string, error) {
	var b strings.Builder
	if err := m.text.Execute(&b, f); err != nil {
		return "", err
	}
	s := strings.TrimSpace(b.String())
	if n := utf8.RuneCountInString(s); n > MaxMessage {
		return "", fmt.Errorf("it has %d characters; a message may have %d", n, MaxMessage)
	}
	if strings.ContainsFunc(s, func(r rune) bool { return r != '\n' && unicode.IsControl(r) }) {
		return "", fmt.Errorf("it holds a tab or another control character")
	}
	return s, nil
}

// messages checks the texts by filling them in, with each field there and
// missing: a template may only show its fault with what it was given.
func (d *decoder) messages(c *Config) {
	for _, kind := range slices.Sorted(maps.Keys(c.Messages)) {
		at := "messages." + kind
		if !slices.Contains(MessageKinds, kind) {
			d.bad(at, "is no kind of message; %s", suggest(kind, MessageKinds))
			continue
		}
		set := c.Messages[kind]
		for _, lang := range slices.Sorted(maps.Keys(set)) {
			d.message(at+"."+lang, kind, lang, set[lang])
		}
		if texts, err := c.MessageTexts(kind); err == nil && len(texts) == 0 && len(set) > 0 {
			d.warn(at, "every language is empty, so nothing is sent; {} says the same")
		}
	}
}

var languageCode = regexp.MustCompile(`^[a-z]{2,3}([-_][A-Za-z0-9]{2,8})*$`)

func (d *decoder) message(at, kind, lang, text string) {
	if !languageCode.MatchString(lang) {
		d.bad(at, "%q is no language; write a code such as en, zh or pt_BR", lang)
	}
	m, err := parseMessage(kind, lang, text)
	if err != nil {
		d.bad(at, "is no template: %s; it may name %s", plainTemplateError(err), fieldNames)
		return
	}
	for n := range 16 {
		f := MessageFields{"8190000000000000", strings.Repeat("x", 40), "2026-11-20", "2026-11-27"}
		for i, field := range []*string{&f.Order, &f.Store, &f.Requested, &f.Due} {
			if n&(1<<i) != 0 {
				*field = ""
			}
		}
		if _, err := m.Fill(f); err != nil {
			d.bad(at, "cannot be sent: %s; it may name %s", plainTemplateError(err), fieldNames)
			return
		}
	}
}

const fieldNames = "{{.Order}}, {{.Store}}, {{.Requested}} and {{.Due}}"

var templatePrefix = regexp.MustCompile(`^template: [^ ]+ (executing "[^"]*" at )?`)

// plainTemplateError leaves out the template's name, which is the field's.
func plainTemplateError(err error) string {
	return templatePrefix.ReplaceAllString(err.Error(), "")
}
