package site

import (
	"regexp"
	"slices"
	"strings"
	"unicode"
)

// operation is what a word of a call asks the shop to do.
type operation string

// The operations. The denied ones give the seller money or time, or the
// buyer a purchase, and nothing undoes them: they leave under no ticket and
// for no person. Any other that is not a kind of its own may be any kind's.
const (
	opNone    operation = ""
	opAny     operation = "submits"
	opCancel  operation = "cancels"
	opMessage operation = "sends"
	opDispute operation = "opens a dispute"
	opDenied  operation = "is denied"
)

// fits tells whether an operation may be that of a kind.
func (o operation) fits(k Kind) bool {
	switch o {
	case opCancel:
		return k == KindCancel
	case opMessage:
		return k == KindMessage
	case opDispute:
		return k == KindDispute
	}
	return o != opDenied
}

// verbs are the words that ask for something to be done, in the languages in
// which the site's programmers and pages write. Only whole words count.
var verbs = wordSet(map[operation]string{
	opCancel: `cancel revoke cancelar anular annuler annulla annullare stornieren abbrechen annuleren anuluj anulować отменить отмена скасувати
		iptal إلغاء בטל ביטול キャンセル 取消 取消订单 취소`,
	opMessage: `send senden invia envoyer verzenden wyślij отправить надіслати gönder إرسال שלח 送信 发送 보내기`,
	opAny: `submit confirm apply commit agree execute
		presentar enviar confirmar solicitar aplicar soumettre confirmer demander bestätigen absenden beantragen conferma confermare inviare richiedere
		bevestigen indienen potwierdź zatwierdź подтвердить применить підтвердити onayla başvur تأكيد تقديم אישור שלח 確認 申請 提交 确认 申请 확인 제출 신청`,
	opDenied: `receive extend pay repay prolong delete remove repurchase rebuy reorder
		recibir receber recevoir erhalten ricevere ontvangen получить отримати 收货 确认收货 确认收到 수령
		extender ampliar estender prolongar prolonger verlängern estendere verlengen przedłuż продлить продовжити uzat تمديد הארך 延長 延长 연장
		pagar payer bezahlen zahlen paga pagare betalen zapłać оплатить сплатити öde دفع שלם 支払う 付款 支付 결제
		eliminar excluir apagar supprimer löschen elimina eliminare verwijderen usuń удалить видалити sil حذف מחק 削除 删除 삭제
		recomprar racheter 再次购买 재구매`,
})

// objects are the words that may stand beside a verb without making a sentence of it.
var objects = wordSet(map[operation]string{opAny: `order orders goods good item items product products trade buyer user request receipt received receiving delivery arrival
	reverse refund return returns dispute issue case form line lines now again time processing period deadline my the this by for batch all action
	operation op package parcel payment money sale after aftersale aftersales message msg chat do async sync web pc h app part whole
	pedido pedidos compra orden commande bestellung ordine bestelling zamówienie заказ замовлення sipariş recepción recebimento réception erhalt
	recibido recebido entrega disputa litige streit 订单 商品 注文 주문`})

// observers make a name one that asks: "check cancel", "cancel reasons".
var observers = wordSet(map[operation]string{opAny: `query get list render check can is find fetch load show init detail details reason reasons info page config status result
	count preview pre has need search view read history rule rules text tip tips cancelled canceled cancellation confirmation submitted payload payment
	payments receiver deleted extended extension sender applied application applet removed paid payer`})

// compounds are operations that only several words together tell.
var compounds = []struct {
	all []string
	is  operation
}{
	{[]string{"confirm", "goods"}, opDenied}, {[]string{"confirm", "received"}, opDenied}, {[]string{"confirm", "receipt"}, opDenied},
	{[]string{"confirm", "delivery"}, opDenied}, {[]string{"confirm", "arrival"}, opDenied}, {[]string{"confirm", "receiving"}, opDenied},
	{[]string{"confirm", "payment"}, opDenied}, {[]string{"confirmar", "recepción"}, opDenied}, {[]string{"confirmar", "recibido"}, opDenied},
	{[]string{"confirmar", "entrega"}, opDenied}, {[]string{"confirmar", "recebimento"}, opDenied}, {[]string{"confirmar", "recebido"}, opDenied},
	{[]string{"confirmer", "réception"}, opDenied}, {[]string{"bestätigen", "erhalt"}, opDenied},
	{[]string{"buy", "again"}, opDenied}, {[]string{"buy", "now"}, opDenied}, {[]string{"pay", "now"}, opDenied},
	{[]string{"place", "order"}, opDenied}, {[]string{"release", "payment"}, opDenied}, {[]string{"release", "money"}, opDenied},
	{[]string{"open", "dispute"}, opDispute}, {[]string{"create", "dispute"}, opDispute}, {[]string{"apply", "dispute"}, opDispute}, {[]string{"submit", "dispute"}, opDispute},
	{[]string{"open", "issue"}, opDispute}, {[]string{"create", "issue"}, opDispute}, {[]string{"submit", "issue"}, opDispute},
	{[]string{"send", "message"}, opMessage}, {[]string{"send", "msg"}, opMessage}, {[]string{"close", "order"}, opCancel}, {[]string{"close", "trade"}, opCancel},
}

// linkVerbs are verbs only in a compound.
var linkVerbs = wordSet(map[operation]string{opAny: "buy place create release open close"})

// ranks orders operations: of several words the gravest counts.
var ranks = []operation{opNone, opAny, opMessage, opCancel, opDispute, opDenied}

func graver(a, b operation) operation {
	if slices.Index(ranks, b) > slices.Index(ranks, a) {
		return b
	}
	return a
}

func wordSet(of map[operation]string) map[string]operation {
	out := map[string]operation{}
	for op, list := range of {
		for _, w := range strings.Fields(list) {
			out[w] = graver(out[w], op)
		}
	}
	return out
}

// wordsOf splits a name or a value into lower-case words: at everything that
// is no letter, and where a lower-case letter meets an upper-case one.
func wordsOf(s string) []string {
	var out []string
	var w strings.Builder
	end := func() {
		if w.Len() > 0 {
			out = append(out, w.String())
			w.Reset()
		}
	}
	var prev rune
	for _, r := range s {
		if !unicode.IsLetter(r) && !unicode.IsMark(r) {
			end()
			prev = r
			continue
		}
		if unicode.IsUpper(r) && unicode.IsLower(prev) {
			end()
		}
		w.WriteRune(unicode.ToLower(r))
		prev = r
	}
	end()
	return out
}

func isVocabulary(w string) bool {
	_, verb := verbs[w]
	_, object := objects[w]
	_, link := linkVerbs[w]
	return verb || object || link
}

// apart splits a word that several words were written into ("cancelorder"),
// as gateways write the names of their calls; nil where it is not made of
// known ones. Among several ways the gravest is given.
func apart(w string) []string {
	const longest = 40
	if len(w) > longest {
		return nil
	}
	ways := make([][]string, len(w)+1)
	ways[0] = []string{}
	for end := 1; end <= len(w); end++ {
		for from := 0; from < end; from++ {
			piece := w[from:end]
			_, observes := observers[piece]
			if ways[from] == nil || !isVocabulary(piece) && !observes {
				continue
			}
			way := append(slices.Clone(ways[from]), piece)
			if ways[end] == nil || slices.Index(ranks, judgeWords(way)) > slices.Index(ranks, judgeWords(ways[end])) {
				ways[end] = way
			}
		}
	}
	return ways[len(w)]
}

// judgeWords gives the operation that words ask for, all of which must be
// known: of a sentence nobody knows what it asks.
func judgeWords(words []string) operation {
	op := opNone
	for _, w := range words {
		if _, observes := observers[w]; observes && !isVocabulary(w) {
			return opNone
		}
		if !isVocabulary(w) {
			return opNone
		}
		op = graver(op, verbs[w])
	}
	for _, c := range compounds {
		if !slices.ContainsFunc(c.all, func(w string) bool { return !slices.Contains(words, w) }) {
			op = graver(op, c.is)
		}
	}
	return op
}

// operationOf gives the operation that a whole name or value asks for.
func operationOf(s string) operation {
	const longest = 64
	if s == "" || len(s) > longest {
		return opNone
	}
	words := wordsOf(s)
	op := judgeWords(words)
	var pieces []string
	for _, w := range words {
		if way := apart(w); way != nil && !isVocabulary(w) {
			pieces = append(pieces, way...)
		} else {
			pieces = append(pieces, w)
		}
	}
	// "CANCELORDER" and "Cancel_Order" say the same.
	return graver(op, judgeWords(pieces))
}

// begun are the beginnings by which the name of a call betrays itself, though
// the rest of it is no known word.
var begun = map[string]operation{"cancel": opCancel, "submit": opAny, "confirm": opAny, "delete": opDenied, "repurchase": opDenied}

// operationOfName judges the last part of a call's name more severely: it
// need not be made of known words alone, if none of them only asks.
func operationOfName(name string) operation {
	if op := operationOf(name); op != opNone {
		return op
	}
	op := opNone
	for _, w := range wordsOf(name) {
		for o := range observers {
			if w == o || len(o) > 3 && (strings.HasSuffix(w, o) || strings.HasPrefix(w, o)) {
				return opNone
			}
		}
		op = graver(op, verbs[w])
		for beginning, is := range begun {
			if strings.HasPrefix(w, beginning) {
				op = graver(op, is)
			}
		}
	}
	return op
}

// pathParams stand behind a part of a path.
var pathParams = regexp.MustCompile(`;[^/]*`)

// lastPart gives the part of a call's name or path that says what it does:
// the last one that is not a version, an index or an ending.
func lastPart(name string) string {
	name = pathParams.ReplaceAllString(name, "")
	parts := strings.FieldsFunc(name, func(r rune) bool { return r == '.' || r == '/' })
	for i, part := range slices.Backward(parts) {
		switch words := wordsOf(part); {
		case len(words) == 0 || len(words) == 1 && words[0] == "v":
		case i > 0 && slices.Contains([]string{"htm", "html", "do", "json", "action", "jhtml", "php", "index"}, words[0]):
		default:
			return part
		}
	}
	return ""
}

// asksFor is what a call asks for, and in which words.
type asksFor struct {
	op    operation
	words []string // all of them
	said  []string // those of its values and keys, without its own name's
}

// operations gives the gravest operation of a call: of the last part of its
// names, of whole values, and of keys whose value is true.
func (y *payload) operations(names []string, types []string) asksFor {
	var a asksFor
	take := func(o operation, s string, name bool) {
		if o == opNone {
			return
		}
		a.op, a.words = graver(a.op, o), append(a.words, s)
		if !name {
			a.said = append(a.said, s)
		}
	}
	for _, n := range names {
		take(operationOfName(lastPart(n)), lastPart(n), true)
	}
	for _, f := range y.fields {
		if f.path {
			continue // of a path only the last part counts
		}
		if !f.bare {
			op := operationOf(f.val)
			if op != opDispute && slices.ContainsFunc(types, func(t string) bool { return strings.EqualFold(t, f.val) }) {
				op = opDenied
			}
			take(op, f.val, false)
		}
		if slices.Contains([]string{"true", "1", "yes", "y"}, strings.ToLower(f.val)) {
			take(operationOf(f.key), f.key, false)
		}
	}
	return a
}

// reasonKeys are parts of the names under which a reason is given.
var reasonKeys = []string{"reason", "motiv", "motif", "razon", "razón", "grund", "raison", "причин", "原因", "理由", "사유"}

// givesReason tells whether a payload gives a reason: under such a name, or
// as one of the known codes.
func (p Profile) givesReason(y *payload) bool {
	return slices.ContainsFunc(y.fields, func(f field) bool {
		if f.val == "" || f.val == "null" || f.val == "false" || f.val == "[]" || f.val == "{}" {
			return false
		}
		key := strings.ToLower(f.key)
		return slices.ContainsFunc(reasonKeys, func(k string) bool { return strings.Contains(key, k) }) ||
			slices.ContainsFunc(p.Cancel.Reasons, func(r Reason) bool { return r.Code != "" && strings.EqualFold(r.Code, f.val) })
	})
}
