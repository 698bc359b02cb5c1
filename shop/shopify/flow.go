package shopify

import (
	"crypto/sha256"
	"crypto/subtle"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"slices"
	"strings"

	"countermand/shop"
	"countermand/state"
)

// FlowSecretHeader carries the shop's Flow secret: Shopify Flow signs nothing.
const FlowSecretHeader = "X-Countermand-Secret"

// maxFlowBody bounds a request of Flow, in bytes.
const maxFlowBody = 16 << 10

// flowTopic is how metrics and the log name such a knock.
const flowTopic = "flow"

// flow takes requests to cancel: from Shopify Flow's "Send HTTP request", or
// from whoever else holds the secret. The body is {"order_id": "gid or number",
// "reason": "customer"}; the knock's topic holds the reason, see
// shop.FlowReason.
func (h *hooks) flow(w http.ResponseWriter, r *http.Request) {
	name := r.PathValue("shop")
	a := h.takeFlow(w, r, name)
	h.finish(w, name, flowTopic, a, h.event(a), "flow")
}

func (h *hooks) takeFlow(w http.ResponseWriter, r *http.Request, name string) answer {
	secrets := h.Shops[name].FlowSecrets
	if secrets == nil {
		return answer{outcome: HookUnknownShop, status: http.StatusNotFound, text: "no such shop, or it has no flow_secret_file or supplier_first is off"}
	}
	if !knows(secrets(), r.Header.Get(FlowSecretHeader)) {
		return answer{outcome: HookUnsigned, status: http.StatusUnauthorized, text: FlowSecretHeader + " does not fit"}
	}
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxFlowBody))
	if err != nil {
		return unread(err)
	}
	id, reason, err := readFlow(body)
	if err != nil {
		return answer{outcome: HookBroken, status: http.StatusBadRequest, text: err.Error(), err: err}
	}
	a := h.store(r, state.Knock{Shop: name, OrderID: id, Source: "flow", Topic: shop.FlowTopic(reason)})
	if a.status == http.StatusOK {
		a.status = http.StatusAccepted
	}
	return a
}

// knows compares with every secret, by their hashes, so that the time tells
// nothing. An empty secret is none.
func knows(secrets [][]byte, given string) bool {
	got, ok := sha256.Sum256([]byte(given)), false
	for _, s := range secrets {
		want := sha256.Sum256(s)
		ok = len(s) > 0 && subtle.ConstantTimeCompare(got[:], want[:]) == 1 || ok
	}
	return ok
}

// readFlow reads the order and the reason. A reason in words of its own may
// say anything about anybody, so it becomes "other".
func readFlow(body []byte) (id, reason string, err error) {
	var in struct {
		OrderID json.RawMessage `json:"order_id"`
		Reason  string          `json:"reason"`
	}
	if err := json.Unmarshal(body, &in); err != nil {
		return "", "", errors.New(`the body must be {"order_id": "gid://shopify/Order/1", "reason": "customer"}`)
	}
	text := strings.TrimSpace(strings.Trim(strings.TrimSpace(string(in.OrderID)), `"`))
	if id = text; !orderGID.MatchString(text) {
		if id, err = numericID(text); err != nil {
			return "", "", errors.New("order_id must be an order's number in the API or its gid://shopify/Order/…")
		}
	}
	switch reason = strings.ToLower(strings.TrimSpace(in.Reason)); {
	case reason == "":
		reason = "customer"
	case !slices.Contains(AllOrderCancelReason, OrderCancelReason(strings.ToUpper(reason))):
		reason = "other"
	}
	return id, reason, nil
}
