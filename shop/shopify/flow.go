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
	"time"

	"github.com/rs/zerolog"

	"countermand/shop"
	"countermand/state"
)

// FlowPath is where the handler is to be mounted; it looks at the method and
// the path itself.
const FlowPath = "/hooks/flow/{shop}"

// FlowSecretHeader carries the shop's Flow secret: Shopify Flow signs nothing.
const FlowSecretHeader = "X-Countermand-Secret"

// maxFlowBody bounds a request of Flow, in bytes.
const maxFlowBody = 16 << 10

// flowTopic is how metrics and the log name such a knock.
const flowTopic = "flow"

// FlowOptions are what the handler of Flow's requests needs.
type FlowOptions struct {
	// Shops are the secrets by the shop's name in our configuration, several
	// while one is being rotated. A shop without one is not there.
	Shops map[string]func() [][]byte
	// Sink stores the knocks.
	Sink shop.Sink
	// Now is time.Now where it is nil.
	Now func() time.Time
	Log zerolog.Logger
	// Metrics may be nil.
	Metrics HookMetrics
}

// NewFlowHandler takes requests to cancel at FlowPath: from Shopify Flow's
// "Send HTTP request", or from whoever else holds the secret. The body is
// {"order_id": "gid or number", "reason": "customer"}. It answers 202 only
// once the knock is stored; the knock's topic holds the reason, see
// shop.FlowReason.
func NewFlowHandler(o FlowOptions) http.Handler {
	if o.Now == nil {
		o.Now = time.Now
	}
	mux := http.NewServeMux()
	mux.Handle("POST "+FlowPath, &flow{o})
	return mux
}

type flow struct{ FlowOptions }

func (f *flow) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	name := r.PathValue("shop")
	a := f.take(w, r, name)
	if a.outcome == HookUnknownShop {
		name = "unknown"
	}
	l := f.Log.Debug()
	if a.status != http.StatusAccepted {
		l = f.Log.Warn().Err(a.err)
	}
	l.Str("shop", name).Str("outcome", a.outcome).Int("status", a.status).Msg("flow")
	if f.Metrics != nil {
		f.Metrics.Webhook(name, flowTopic, a.outcome)
	}
	w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	w.WriteHeader(a.status)
	io.WriteString(w, a.text+"\n")
}

func (f *flow) take(w http.ResponseWriter, r *http.Request, name string) answer {
	secrets := f.Shops[name]
	if secrets == nil {
		return answer{outcome: HookUnknownShop, status: http.StatusNotFound, text: "no such shop, or it has no flow_secret_file or supplier_first is off"}
	}
	if !knows(secrets(), r.Header.Get(FlowSecretHeader)) {
		return answer{outcome: HookUnsigned, status: http.StatusUnauthorized, text: FlowSecretHeader + " does not fit"}
	}
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxFlowBody))
	if err != nil {
		if _, ok := errors.AsType[*http.MaxBytesError](err); ok {
			return answer{outcome: HookTooLarge, status: http.StatusRequestEntityTooLarge, text: "the body is too large"}
		}
		return answer{outcome: HookBroken, status: http.StatusBadRequest, text: "the body broke off", err: err}
	}
	id, reason, err := readFlow(body)
	if err != nil {
		return answer{outcome: HookBroken, status: http.StatusBadRequest, text: err.Error(), err: err}
	}
	now := f.Now().UTC()
	_, err = f.Sink.Knock(r.Context(), state.Knock{
		Shop: name, OrderID: id, Source: "flow", Topic: shop.FlowTopic(reason), ReceivedAt: now, NotBefore: now,
	})
	if err != nil {
		return answer{outcome: HookNotStored, status: http.StatusServiceUnavailable, text: "not stored, send it again", err: err}
	}
	return answer{outcome: HookStored, status: http.StatusAccepted, text: "stored"}
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
