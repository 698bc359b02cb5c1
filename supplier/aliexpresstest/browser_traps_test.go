package aliexpresstest

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"countermand/supplier/chrome"
)

// covered tells that the element cannot be clicked and what lies over it.
func (v *visit) covered(e chrome.Element, by string) {
	v.Helper()
	if _, err := v.tab.Aim(v.Context(), e); !errors.Is(err, chrome.ErrCovered) || !strings.Contains(err.Error(), by) {
		v.Errorf("aim at %q: %v, want it covered by %s", e.Text, err, by)
	}
}

// missedOnly waits for the first missed click and checks its kind.
func (v *visit) missedOnly(kind string) {
	v.Helper()
	eventually(v.T, "the missed click is told", func() bool { return len(v.site.Missed()) > 0 })
	if got := v.site.Missed(); len(got) != 1 || got[0].Kind != kind || got[0].OrderID != idA {
		v.Errorf("missed: %+v", got)
	}
	v.wrote()
}

func overlayCoversButtons(v *visit) {
	v.order(idA, func(o *Order) { o.Nuisance = Nuisance{Overlay: Forever} })
	v.order(idB, func(o *Order) {
		o.Nuisance = Nuisance{Overlay: 700 * time.Millisecond, Loading: 400 * time.Millisecond}
	})
	v.detail(idA)
	b := v.see(detailButton, "Extend processing time")
	v.covered(b, "site-overlay")
	v.blind(b)
	v.missedOnly("overlay")
	v.detail(idB)
	v.press(detailButton, "Cancel order") // once nothing lies over it
	v.see(`[data-pl="refund_cancel_order_id"]`, idB)
}

func robotIsInTheWay(v *visit) {
	v.order(idA, func(o *Order) { o.Nuisance = Nuisance{Robot: true, StickyHeader: true} })
	v.detail(idA)
	v.see("#J_xiaomi_dialog", "Eva")
	b := v.see(detailButton, "Cancel order")
	v.picture("robot")
	v.covered(b, "xiaomi")
	v.blind(b)
	v.missedOnly("robot")
	v.press("#J_xiaomi_dialog button", "×")
	v.press(detailButton, "Cancel order")
	v.see(`[data-pl="refund_cancel_order_id"]`, idA)
	v.press(".comet-v2-select", "")
	v.press(".comet-v2-menu-item", "no longer want")
	v.covered(v.see(submitButton, "Submit"), "xiaomi") // it is back on the next page
}

func cookieBannerCoversTheFoot(v *visit) {
	for i := range 12 {
		v.order(fmt.Sprintf("81900000000000%02d", i+1), nil)
	}
	v.site.SetNuisance(Nuisance{Cookies: true})
	v.open(v.site.www + "/p/order/index.html")
	more := `[data-pl="order_more"] button`
	b := v.see(more, "View orders")
	v.picture("banner")
	v.covered(b, "gdpr-banner")
	v.press(".btn-accept", "Accept cookies")
	v.press(more, "View orders")
	v.see(".order-item-header-right-info", "8190000000000001")
	v.open(v.site.www + "/p/order/index.html")
	v.press(more, "View orders") // the browser remembers
}

func buttonsComeLate(v *visit) {
	v.order(idA, func(o *Order) { o.Nuisance = Nuisance{LateButtons: 600 * time.Millisecond} })
	v.detail(idA)
	v.see(".order-block-title", "Processing")
	v.press(detailButton, "Cancel order")
	v.see(submitButton, "Submit")
	v.order(idB, func(o *Order) { o.Nuisance = Nuisance{LateButtons: Forever} })
	v.detail(idB)
	v.see(".order-block-title", "Processing")
	if list := v.all(detailButton); len(list) > 0 {
		v.Errorf("buttons that never come: %v", list)
	}
}

func buttonsSwapOnHover(v *visit) {
	v.order(idA, func(o *Order) { o.Nuisance = Nuisance{SwapOnHover: true} })
	v.detail(idA)
	b := v.see(detailButton, "Cancel order")
	v.blind(b) // whoever aims once and presses presses the other
	eventually(v.T, "the wrong button is pressed", func() bool { return len(v.site.Writes()) > 0 })
	v.wrote(WriteExtend)
}

func decoysLeadElsewhere(v *visit) {
	v.order(idA, func(o *Order) { o.Nuisance = Nuisance{Decoys: true} })
	v.detail(idA)
	v.see("a.order-block-policy", "Cancellation policy")
	v.picture("decoys")
	v.press(detailButton, "Cancellation policy")
	v.see("h1", "Cancellation policy")
	v.wrote()
	if v.site.Calls()[PagePolicy] != 1 {
		v.Errorf("calls: %v", v.site.Calls())
	}
}

func pagesSpeakPortuguese(v *visit) {
	if err := v.site.SetLocale(LocalePortuguese); err != nil {
		v.Fatal(err)
	}
	v.order(idA, func(o *Order) { o.Layout = LayoutDialog })
	v.order(idB, func(o *Order) { o.Fate.AlreadyShipped = &Shipment{ShippedAt: time.Now().Add(-hour)} })
	v.detail(idB)
	v.press(detailButton, "Confirmar recebimento")
	v.see(".comet-v2-modal-title", "confirmar o recebimento")
	v.press(dialogButton, "Cancelar")
	v.open(v.site.www + "/p/order/index.html")
	v.see(".order-item-header-status-text", "Processando")
	v.picture("list")
	v.detail(idA)
	v.press(detailButton, "Cancelar pedido")
	v.press(".comet-v2-select", "Selecione")
	v.press(".comet-v2-menu-item", "Não quero mais")
	v.press(submitButton, "Enviar")
	v.press(dialogButton, "Confirmar")
	v.see(resultTitle, "Seu pedido de cancelamento foi enviado")
	v.detail(idA)
	v.see(".order-block-title", "Cancelamento solicitado")
	v.picture("pending")
	v.wrote(WriteCancel)
}

func listOfMobileCards(v *visit) {
	v.order(idA, nil)
	v.site.SetMobileCards(true)
	v.open(v.site.www + "/p/order/index.html")
	card := v.see(`a.order-item.order-item-mobile[href*="orderId="]`, idA)
	v.picture("cards")
	if err := v.tab.Click(v.Context(), card, nil); err != nil {
		v.Fatal(err)
	}
	v.see(".order-block-title", "Processing")
}

func pageSurvivesGarbling(v *visit) {
	v.order(idA, nil)
	for _, how := range []Garbling{GarbleTruncated, GarbleHTML, GarbleStatus} {
		v.site.Garble(CallDetail, 1, how)
		v.detail(idA)
		v.see(".comet-error", "went wrong")
	}
	v.site.Garble(CallDetail, 1, GarbleTypes)
	v.detail(idA)
	v.see(`[data-pl="order_detail_gray_id"]`, idA)
	v.site.Garble(CallList, 1, GarbleTruncated)
	v.open(v.site.www + "/p/order/index.html")
	v.see(".comet-loading-wrap", "") // a script that does not parse never calls back
	v.site.Garble(CallList, 1, GarbleTypes)
	v.open(v.site.www + "/p/order/index.html")
	v.see(".order-item", idA)
	v.wrote()
}

func pagesDanceForTheirToken(v *visit) {
	v.order(idA, nil)
	v.site.SetTokens(true)
	v.open(v.site.www + "/p/order/index.html")
	v.see(".order-item", idA)
	v.site.ExpireToken()
	v.detail(idA)
	v.see(".order-block-title", "Processing")
	if n := v.site.Calls(); n[CallList] != 2 || n[CallDetail] != 2 {
		v.Errorf("calls: %v", n)
	}
}

func regionalSiteSpeaksSpanish(v *visit) {
	v.order(idA, nil)
	if err := v.site.SetRegional(LocaleSpanish, 1); err != nil {
		v.Fatal(err)
	}
	defer v.pin("site=glo&region=US&b_locale=en_US&c_tp=USD") // the browser is not only ours
	v.detail(idA)
	v.see(".order-block-title", "Procesando")
	if u, err := v.tab.URL(v.Context()); err != nil || !strings.HasPrefix(u, v.site.Regional()) || !strings.Contains(u, "gatewayAdapt=glo2esp") {
		v.Errorf("at %s, %v", u, err)
	}
	v.picture("regional")
	v.detail(idA)
	v.see(".order-block-title", "Procesando") // the cookie keeps it away from home
	v.pin("site=glo&region=US&b_locale=en_US&c_tp=USD")
	v.detail(idA)
	v.see(".order-block-title", "Processing")
}

func messageIsSent(v *visit) {
	v.order(idA, func(o *Order) {
		o.MessagePage = MessageDetail
		o.Messages = []Message{{At: time.Now().Add(-hour), FromSeller: true, Text: "Thank you for your order"}}
	})
	v.detail(idA)
	v.press("a.store-connect", "Contact seller")
	v.see(`[data-pl="message_store_name"]`, "Lotus Gadgets")
	v.see(`[data-pl="message_order_id"]`, idA)
	v.see(".im-message-item-seller .im-message-text", "Thank you for your order")
	const text = "Please agree to the cancellation.\nThe customer no longer wants it."
	v.write(`[data-pl="message_input"]`, text)
	v.picture("written")
	v.press(`[data-pl="message_send"]`, "Send")
	v.see(".im-message-item-buyer .im-message-text", "Please agree")
	v.picture("sent")
	v.wrote(WriteMessage)
	if w := v.site.Writes()[0]; w.Text != text || w.OrderID != idA {
		v.Errorf("sent %+v", w)
	}
	v.open(v.site.www + "/p/message/index.html?orderId=" + idA)
	v.see(".im-message-item-buyer .im-message-text", "Please agree") // who looks again sees it
}

func disputeIsOpened(v *visit) {
	v.order(idA, func(o *Order) {
		o.Fate.AlreadyShipped = &Shipment{ShippedAt: time.Now().Add(-hour)}
		o.Messages = nil
	})
	v.open(v.site.www + "/p/reverse-pages/start.html?orderId=" + idA + "&tradeOrderLineId=" + lineA)
	v.see("h2", "Have you received your package?")
	v.picture("question")
	v.press(`[data-pl="reverse_received_no"]`, "No")
	v.see(`[data-pl="reverse_line_id"]`, lineA)
	v.press(".comet-v2-select-show-arrow", "Select here")
	v.press(".comet-v2-menu-item", "Tracked as returned")
	v.write(`[data-pl="reverse_textarea"]`, "Refused, then sent with a false number")
	proof := filepath.Join(v.TempDir(), "proof.png")
	if err := os.WriteFile(proof, thumbnail("x", "P").body, 0o600); err != nil {
		v.Fatal(err)
	}
	if err := v.tab.Attach(v.Context(), v.all(`input[type="file"]`)[0], proof); err != nil {
		v.Fatal(err)
	}
	v.see(`[class*="upload--imageContainer"] [class*="upload--imageThumb"]`, "")
	v.picture("form")
	v.press(`[data-pl="reverse_next_step"]`, "Next step")
	v.see(`[data-pl="reverse_review_amount"]`, "USD 12.34")
	v.press(submitButton, "Submit")
	v.see(".comet-v2-modal-title", "Submit your request?")
	v.picture("confirm")
	v.wrote()
	v.press(dialogButton, "Confirm")
	v.see(resultTitle, "Your request has been submitted")
	v.wrote(WriteDispute)
	w := v.site.Writes()[0]
	if w.OrderID != idA || w.LineID != lineA || w.Reason != "dispute_tracked" || w.Amount != "12.34" || !slices.Equal(w.Files, []string{"proof.png"}) {
		v.Errorf("wrote %+v", w)
	}
	v.open(v.site.mobile + "/p/refund-amount/detail.html?pha_manifest=refund-amount&tradeOrderLineId=" + lineA)
	v.see(`[class*="reminder--statusStr"]`, "Waiting for AliExpress's feedback")
	v.picture("open")
}

func returnsAreListed(v *visit) {
	for i := range 12 {
		v.order(fmt.Sprintf("81900000000000%02d", i+1), func(o *Order) {
			o.ClosedAt = time.Now().Add(-time.Duration(i+1) * time.Hour)
			o.Fate.Refund = &Refund{}
		})
	}
	v.open(v.site.mobile + "/p/refund-dispute/list.html")
	v.see(`[class*="orderItem--orderStatusDesc"]`, "Refund complete")
	v.picture("returns")
	if list := v.all(`[class*="orderItem--orderItem--"]`); len(list) != 10 {
		v.Errorf("%d on the first page", len(list))
	}
	v.press(".next-pagination-item.next-next", "Next")
	v.see(`[class*="orderItem--orderSKUId"]`, "8190000000000012")
	v.press(`[class*="orderItem--orderStatusAction--"]`, "View details")
	v.see(`[class*="reminder--statusStr"]`, "Refund complete")
}
