package shopify

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"hash"
	"io"
	"net/http"
	"strings"
	"time"

	"github.com/rs/zerolog"

	"countermand/shop"
	"countermand/state"
)

// Where the handler is to be mounted; it looks at the method and the path
// itself. FlowPath takes requests to cancel.
const (
	HookPath = "/webhooks/shopify/{shop}"
	FlowPath = "/hooks/flow/{shop}"
)

// MaxBody bounds a webhook's body, in bytes. Orders of 500 lines have about
// 1 MB.
const MaxBody = 2 << 20

// maxKey bounds a delivery's id; Shopify's are UUIDs.
const maxKey = 200

// HookShop is one shop that may send webhooks.
type HookShop struct {
	// Domain is what the delivery must name as its shop.
	Domain string
	// Secrets are the keys of which one must have signed the body; several
	// while one is being rotated. Called for each delivery.
	Secrets func() [][]byte
	// FlowSecrets are the same for requests of Flow; nil: it may send none.
	FlowSecrets func() [][]byte
}

// StaticSecrets are secrets that never change.
func StaticSecrets(secrets ...[]byte) func() [][]byte {
	return func() [][]byte { return secrets }
}

// HookMetrics counts deliveries. Outcome is one of the HookOutcome values;
// topic is "other" for one that is not handled.
type HookMetrics interface {
	Webhook(shop, topic, outcome string)
}

// The ends of a delivery, as metrics and the log name them.
const (
	HookStored      = "stored"
	HookRepeated    = "repeated"
	HookIgnored     = "ignored"
	HookUnsigned    = "unsigned"
	HookOtherShop   = "other_shop"
	HookTooLarge    = "too_large"
	HookBroken      = "broken"
	HookNotStored   = "not_stored"
	HookUnknownShop = "unknown_shop"
)

// HandlerOptions are what the handler needs.
type HandlerOptions struct {
	// Shops by their name in our configuration, which is in the path.
	Shops map[string]HookShop
	// Sink stores the knocks.
	Sink shop.Sink
	// Now is time.Now where it is nil.
	Now func() time.Time
	Log zerolog.Logger
	// Metrics may be nil.
	Metrics HookMetrics
}

type hooks struct{ HandlerOptions }

// NewHandler takes Shopify's webhooks at HookPath and the requests of Flow at
// FlowPath. It answers 2xx only once the knock is stored, or where there is
// nothing to store; Shopify tries again after anything else. Of the payload
// only the order's id is kept; the knock of shop.TopicUninstalled has none.
func NewHandler(o HandlerOptions) http.Handler {
	if o.Now == nil {
		o.Now = time.Now
	}
	h := &hooks{o}
	mux := http.NewServeMux()
	mux.HandleFunc("POST "+HookPath, h.webhook)
	mux.HandleFunc("POST "+FlowPath, h.flow)
	return mux
}

// answer is how a delivery ends.
type answer struct {
	outcome string
	status  int
	text    string // for the sender, and for a person who reads Shopify's delivery log
	err     error
}

var tooLarge = answer{outcome: HookTooLarge, status: http.StatusRequestEntityTooLarge, text: "the body is too large"}

// unread is the answer to a body that could not be read to its end.
func unread(err error) answer {
	if _, ok := errors.AsType[*http.MaxBytesError](err); ok {
		return tooLarge
	}
	return answer{outcome: HookBroken, status: http.StatusBadRequest, text: "the body broke off", err: err}
}

func (h *hooks) webhook(w http.ResponseWriter, r *http.Request) {
	name := r.PathValue("shop")
	topic := strings.ToLower(r.Header.Get("X-Shopify-Topic"))
	a := h.take(w, r, name, topic)
	counted := topic
	if topics[topic] == nil {
		counted = "other"
	}
	// Of the request only its headers are logged: the body is a customer's.
	h.finish(w, name, counted, a, h.event(a).Str("topic", clip(topic, 80)).
		Str("webhook_id", clip(r.Header.Get("X-Shopify-Webhook-Id"), 80)).
		Str("domain", clip(r.Header.Get("X-Shopify-Shop-Domain"), 80)), "webhook")
}

func (h *hooks) event(a answer) *zerolog.Event {
	if a.status >= http.StatusMultipleChoices || a.err != nil {
		return h.Log.Warn().Err(a.err)
	}
	return h.Log.Debug()
}

// finish logs, counts and answers.
func (h *hooks) finish(w http.ResponseWriter, name, topic string, a answer, l *zerolog.Event, what string) {
	if a.outcome == HookUnknownShop {
		name = "unknown" // the path is the sender's: it must not make metrics
	}
	l.Str("shop", name).Str("outcome", a.outcome).Int("status", a.status).Msg(what)
	if h.Metrics != nil {
		h.Metrics.Webhook(name, topic, a.outcome)
	}
	w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	w.WriteHeader(a.status)
	io.WriteString(w, a.text+"\n")
}

func (h *hooks) take(w http.ResponseWriter, r *http.Request, name, topic string) answer {
	known, ok := h.Shops[name]
	if !ok {
		return answer{outcome: HookUnknownShop, status: http.StatusNotFound, text: "no such shop"}
	}
	find, handled := topics[topic]
	if !handled {
		find = anything
	}
	id, idErr, refused := h.verify(w, r, known, find)
	if refused != nil {
		return *refused
	}
	if got := r.Header.Get("X-Shopify-Shop-Domain"); !strings.EqualFold(got, known.Domain) {
		return answer{outcome: HookOtherShop, status: http.StatusForbidden, text: "this address belongs to another shop"}
	}
	switch {
	case !handled:
		return answer{outcome: HookIgnored, status: http.StatusOK, text: "ignored: topic not handled"}
	case errors.Is(idErr, errNamesNone):
		// Refusing it would only end the subscription, and reconciliation
		// finds what it is about.
		return answer{outcome: HookIgnored, status: http.StatusOK, text: "ignored: it names no order", err: idErr}
	case idErr != nil:
		return answer{outcome: HookBroken, status: http.StatusBadRequest, text: idErr.Error(), err: idErr}
	}
	key := r.Header.Get("X-Shopify-Webhook-Id")
	if len(key) > maxKey {
		key = "" // never deduplicated: one look too many does no harm
	}
	return h.store(r, state.Knock{Shop: name, OrderID: id, Source: "webhook", Topic: topic, Key: key})
}

// verify reads the body once, through the signature and the search for the
// id together, so that none of it needs to be held. The id counts only after
// the signature was found good.
func (h *hooks) verify(w http.ResponseWriter, r *http.Request, known HookShop, find finder) (id string, idErr error, refused *answer) {
	unsigned := &answer{outcome: HookUnsigned, status: http.StatusUnauthorized, text: "the signature does not fit"}
	if r.ContentLength > MaxBody {
		w.Header().Set("Connection", "close") // the rest is not worth reading
		return "", nil, &tooLarge
	}
	want, err := base64.StdEncoding.DecodeString(r.Header.Get("X-Shopify-Hmac-Sha256"))
	macs := newMACs(known.Secrets)
	if err != nil || len(want) != sha256.Size || len(macs) == 0 {
		return "", nil, unsigned
	}
	body := http.MaxBytesReader(w, r.Body, MaxBody)
	signed := io.TeeReader(body, writers(macs))
	id, idErr = find(signed)
	if _, err := io.Copy(io.Discard, signed); err != nil {
		a := unread(err)
		return "", nil, &a
	}
	if !anyEqual(macs, want) {
		return "", nil, unsigned
	}
	return id, idErr, nil
}

func (h *hooks) store(r *http.Request, k state.Knock) answer {
	k.ReceivedAt = h.Now().UTC()
	k.NotBefore = k.ReceivedAt
	added, err := h.Sink.Knock(r.Context(), k)
	switch {
	case err != nil:
		return answer{outcome: HookNotStored, status: http.StatusServiceUnavailable, text: "not stored, send it again", err: err}
	case !added:
		return answer{outcome: HookRepeated, status: http.StatusOK, text: "seen before"}
	}
	return answer{outcome: HookStored, status: http.StatusOK, text: "stored"}
}

// newMACs makes one running signature per secret. An empty secret is none:
// anybody could sign with it.
func newMACs(secrets func() [][]byte) []hash.Hash {
	if secrets == nil {
		return nil
	}
	var macs []hash.Hash
	for _, s := range secrets() {
		if len(s) > 0 {
			macs = append(macs, hmac.New(sha256.New, s))
		}
	}
	return macs
}

func writers(macs []hash.Hash) io.Writer {
	ws := make([]io.Writer, len(macs))
	for i, m := range macs {
		ws[i] = m
	}
	return io.MultiWriter(ws...)
}

// anyEqual compares with every secret, so that the time tells nothing.
func anyEqual(macs []hash.Hash, want []byte) bool {
	ok := false
	for _, m := range macs {
		ok = hmac.Equal(m.Sum(nil), want) || ok
	}
	return ok
}
