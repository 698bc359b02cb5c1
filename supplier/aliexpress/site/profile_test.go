package site

import (
	"strings"
	"testing"

	"countermand/supplier"
)

func TestProfileIsCheckedStrictly(t *testing.T) {
	t.Parallel()
	good := string(profileBytes(t))
	for name, c := range map[string]struct{ old, new, want string }{
		"unknown key":        {"version: 1", "version: 1\nvursion: 1", "vursion"},
		"version":            {"version: 1", "version: 2", "version"},
		"denied button":      {"button_types: [CANCEL_ORDER]", "button_types: [CONFIRM_GOODS]", "cancel.button_types"},
		"denied caption":     {`en: ["Cancel order", "Request`, `en: ["Confirm received", "Request`, "cancel.button_captions"},
		"denied title":       {`"Your order will be cancelled", "Your`, `"Confirm the receipt of your order", "Your`, "cancel.confirm_titles"},
		"empty text":         {`en: ["Submit"]`, `en: [""]`, "cancel.submit_captions"},
		"empty selector":     {`list_more: ["[data-pl='order_more'] button"`, `list_more: [""`, "selectors.list_more"},
		"template":           {`detail.html?orderId={id}"`, `detail.html"`, "urls.detail"},
		"phase":              {`"8": [shipped, delivered]`, `"8": [posted]`, "numbers.8"},
		"one text, two ways": {`en: ["Delivered",`, `en: ["Canceled",`, "statuses."},
		"months":             {"[ene|enero, feb|febrero,", "[ene,", "dates.es.months"},
		"channel":            {"CARD: card", "CARD: pocket", "refund.channels.CARD"},
		"write as a read":    {"  writes: {}", "    mtop.aliexpress.trade.buyer.order.operation: []\n  writes: {}", "a call that writes"},
		"denied read":        {"  writes: {}", "    mtop.a.order.confirmgoods: []\n  writes: {}", "never leaves"},
		"denied word":        {"initiatereverserender: [cancel]", "initiatereverserender: [PAY]", "gate.reads."},
		"denied write":       {"  writes: {}", "  writes: {mtop.a.payorder: {kind: cancel}}", "never leaves"},
		"kind of a write":    {"  writes: {}", "  writes: {mtop.a.b: {kind: pay}}", "gate.writes.mtop.a.b.kind"},
		"read as a write":    {"  writes: {}", "  writes: {mtop.aliexpress.trade.buyer.order.list: {kind: cancel}}", "the driver reads"},
		"name of a call":     {"  writes: {}", "  writes: {order.b: {kind: cancel}}", "gate.writes.order.b"},
		"write as a session": {"calls: [mtop.common.gettimestamp]", "calls: [mtop.aliexpress.trade.buyer.order.operation]", "gate.session.calls"},
		"every path":         {"paths: [/_____tmd_____/,", "paths: [/,", "gate.session.paths"},
		"no statuses":        {"statuses:", "statuses: {}\nreminders:", ""},
	} {
		if !strings.Contains(good, c.old) {
			t.Fatalf("%s: the profile lacks %q", name, c.old)
		}
		_, err := ParseProfile([]byte(strings.Replace(good, c.old, c.new, 1)))
		if err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v, want it to name %q", name, err, c.want)
		}
	}
}

// TestDenyListCannotBeShortened empties all that a profile can say.
func TestDenyListCannotBeShortened(t *testing.T) {
	t.Parallel()
	for _, p := range []Profile{{}, testProfile(t)} {
		for _, b := range []Button{
			{Type: "CONFIRM_GOODS", Caption: "Cancel order"},
			{Type: "EXTEND_PROCESSING", Caption: "Cancel order"},
			{Caption: "Confirm  Received"},
			{Caption: "EXTEND PROCESSING TIME"},
			{Caption: "Confirm", Title: "Are you sure you want to confirm the receipt of your order?"},
			{Caption: "Cancel", Title: "Are you sure you want to confirm the receipt of your order?"},
			{Caption: "Confirm", Text: "AliExpress will release your payment to the seller. Confirm Cancel"},
		} {
			if p.Denies(b) == "" {
				t.Errorf("%+v is not denied", b)
			}
		}
	}
	p := testProfile(t)
	for _, b := range []Button{
		{Caption: "Confirmar recebimento"}, {Caption: "Confirmar recepción"}, {Type: "PAY", Caption: "Weiter"}, {Caption: "Pay now"}, {Caption: "Remove"},
		{Caption: "Confirmar", Title: "¿Seguro que quieres confirmar la recepción del pedido?"},
	} {
		if p.Denies(b) == "" {
			t.Errorf("%+v is not denied", b)
		}
	}
	for _, b := range []Button{{Type: "CANCEL_ORDER", Caption: "Cancel order"}, {Caption: "Submit"}, {Caption: "Confirm", Title: "Your order will be cancelled"}, {Caption: "View orders"}} {
		if why := p.Denies(b); why != "" {
			t.Errorf("%+v is denied: %s", b, why)
		}
	}
}

func TestJudge(t *testing.T) {
	t.Parallel()
	p := testProfile(t)
	confirm := Allowance{What: "Confirm", Captions: p.Cancel.ConfirmCaptions, Title: p.Cancel.ConfirmTitles}
	cancel := Allowance{What: "cancel", Type: "CANCEL_ORDER", Captions: Texts{"": {"Cancel order"}}}
	in := func(text, title string) Element {
		return Element{Text: text, Inside: title != "", InsideTitle: title, InsideText: title + " " + text}
	}
	for name, x := range map[string]struct {
		e  Element
		a  Allowance
		ok bool
	}{
		"confirm":                   {in("Confirm", "Your order will be cancelled"), confirm, true},
		"its dismissal":             {in("Cancel", "Your order will be cancelled"), confirm, false},
		"confirm without a dialog":  {in("Confirm", ""), confirm, false},
		"confirm of another dialog": {in("Confirm", "Join the club?"), confirm, false},
		"confirm of the receipt":    {in("Confirm", "Are you sure you want to confirm the receipt of your order?"), confirm, false},
		"cancel order":              {in("Cancel order", ""), cancel, true},
		"caption changed":           {in("Confirm received", ""), cancel, false},
		"cancel order in a dialog":  {in("Cancel order", "Something"), cancel, false},
		"bare cancel":               {in("Cancel", ""), cancel, false},
		"type changed":              {in("Cancel order", ""), Allowance{What: "cancel", Type: "EXTEND_PROCESSING", Captions: cancel.Captions}, false},
	} {
		err := p.CheckClick(x.e, x.a)
		if (err == nil) != x.ok || err != nil && supplier.KindOf(err) != supplier.Unsafe {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// A profile file without a deny section, on the Spanish site.
func TestNoProfileShortensDeny(t *testing.T) {
	t.Parallel()
	good := string(profileBytes(t))
	from := strings.Index(good, "deny:\n")
	to := strings.Index(good, "# Tracking codes, which no language")
	bare := good[:from] + good[to:]
	for name, c := range map[string][2]string{
		"receipt button":   {`es: ["Cancelar pedido", "Solicitar la cancelación del pedido"]`, `es: ["Confirmar recepción"]`},
		"extend button":    {`es: ["Cancelar pedido", "Solicitar la cancelación del pedido"]`, `es: ["Ampliar plazo de procesamiento"]`},
		"receipt dialog":   {`es: ["Tu pedido será cancelado", "Tu pedido se cancelará"]`, `es: ["confirmar la recepción"]`},
		"pay button":       {`es: ["Enviar", "Presentar"]`, `es: ["Pagar ahora"]`},
		"pay type":         {"button_types: [CANCEL_ORDER]", "button_types: [PAY]"},
		"delete type":      {"button_types: [CANCEL_ORDER]", "button_types: [DELETE]"},
		"english pay":      {`en: ["Submit"]`, `en: ["Pay now"]`},
		"english delete":   {`en: ["Submit"]`, `en: ["Delete"]`},
		"english purchase": {`en: ["Submit"]`, `en: ["Buy again"]`},
	} {
		text := strings.Replace(bare, c[0], c[1], 1)
		if text == bare {
			t.Fatalf("%s: nothing replaced", name)
		}
		if _, err := ParseProfile([]byte(text)); err == nil {
			t.Errorf("%s: a profile that leaves deny out may allow %s", name, c[1])
		}
	}
}
