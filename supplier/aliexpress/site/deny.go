package site

import (
	"slices"
)

// builtInDeny stands whatever a profile says: these pay the seller, give him
// more time, buy, delete or open what nobody decided on, and nothing undoes
// them. A profile's own list only adds to it.
var builtInDeny = Deny{
	Types: []string{"CONFIRM_GOODS", "EXTEND_PROCESSING", "EXTEND_RECEIVE", "PAY", "REPURCHASE", "DELETE", "OPEN_DISPUTE"},
	Captions: Texts{
		"en": {
			"confirm received", "confirm receipt", "confirm goods received", "extend processing", "extend delivery", "pay now", "add to cart", "buy again",
			"remove", "delete", "open dispute", "returns/refunds",
		},
		"es": {"confirmar recepción", "confirmar recibido", "confirmar entrega", "ampliar", "extender", "pagar", "añadir", "comprar de nuevo", "eliminar", "abrir disputa"},
		"pt": {"confirmar recebimento", "confirmar recebido", "confirmar entrega", "estender", "prolongar", "pagar", "adicionar", "comprar novamente", "excluir", "abrir disputa"},
	},
	Titles: Texts{
		"en": {"receipt of your order", "confirm the receipt", "you've received", "release your payment", "extend", "delete"},
		"es": {"confirmar la recepción", "has recibido", "pago al vendedor", "ampliar", "eliminar"},
		"pt": {"confirmar o recebimento", "você recebeu", "pagamento ao vendedor", "estender", "excluir"},
	},
}

// Button is what decides whether something may be clicked.
type Button struct {
	// Type is the site's own name of the button, where its data tells it.
	Type    string
	Caption string
	// Names are its accessible names: aria-label, title.
	Names []string
	// Title and Text are those of the dialog around it.
	Title, Text string
}

// Denies says why a button may never be clicked, "" where it may.
func (p Profile) Denies(b Button) string {
	for _, d := range []Deny{builtInDeny, p.Deny} {
		if b.Type != "" && slices.Contains(d.Types, b.Type) {
			return "buttons of type " + b.Type + " are on the deny list"
		}
		for _, caption := range append([]string{b.Caption}, b.Names...) {
			if t := d.Captions.in(caption); t != "" {
				return "its caption holds the denied " + Quoted(t)
			}
		}
		for _, text := range []string{b.Title, b.Text} {
			if t := d.Titles.in(text); t != "" {
				return "its dialog holds the denied " + Quoted(t)
			}
		}
	}
	return ""
}
