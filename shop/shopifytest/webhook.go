package shopifytest

import (
	"bytes"
	"context"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"net/http"
	"slices"
	"time"
)

// Delivery is one webhook on its way. A Change may edit it before it is sent.
type Delivery struct {
	Header http.Header
	Body   []byte
	// Secret signs the body; empty: it is sent without a signature.
	Secret string
}

// Change edits a webhook before it is signed and sent.
type Change func(*Delivery)

// WebhookID gives the delivery an id of the caller's, to send it twice.
func WebhookID(id string) Change {
	return func(d *Delivery) { d.Header.Set("X-Shopify-Webhook-Id", id) }
}

// BadSignature signs with a key that is not the shop's.
func BadSignature() Change {
	return func(d *Delivery) { d.Secret = "not-" + d.Secret }
}

// SignedWith signs with another key.
func SignedWith(secret string) Change {
	return func(d *Delivery) { d.Secret = secret }
}

// FromDomain names another shop as the sender.
func FromDomain(domain string) Change {
	return func(d *Delivery) { d.Header.Set("X-Shopify-Shop-Domain", domain) }
}

// BrokenJSON cuts the payload off in the middle and signs what is left.
func BrokenJSON() Change {
	return func(d *Delivery) { d.Body = d.Body[:len(d.Body)/2] }
}

// WithBody replaces the payload and signs the new one.
func WithBody(body []byte) Change {
	return func(d *Delivery) { d.Body = body }
}

// Reply is what the receiver answered.
type Reply struct {
	Status    int
	Body      string
	WebhookID string
}

// SendWebhook posts a signed webhook about an order to url. Topic is written
// as in the header, "orders/cancelled". Any answer is a Reply; an error means
// that there was none.
func (s *Shop) SendWebhook(ctx context.Context, url, topic, order string, changes ...Change) (Reply, error) {
	o, err := s.Order(order)
	if err != nil {
		return Reply{}, fmt.Errorf("send webhook: %w", err)
	}
	d := s.delivery(topic, o, nil)
	for _, c := range changes {
		c(&d)
	}
	return s.send(ctx, url, d)
}

// Recorded is a signed webhook to be sent as often as is wanted.
type Recorded struct{ delivery Delivery }

// Record makes a webhook about an order, signed and not sent.
func (s *Shop) Record(topic, order string) (*Recorded, error) {
	o, err := s.Order(order)
	if err != nil {
		return nil, fmt.Errorf("record a webhook: %w", err)
	}
	d := s.delivery(topic, o, nil)
	d.sign()
	return &Recorded{d}, nil
}

// Request is one delivery of it to url, with an id of the caller's.
func (r *Recorded) Request(url, id string) (*http.Request, error) {
	req, err := http.NewRequest(http.MethodPost, url, bytes.NewReader(r.delivery.Body))
	if err != nil {
		return nil, fmt.Errorf("make a delivery: %w", err)
	}
	req.Header = r.delivery.Header.Clone()
	req.Header.Set("X-Shopify-Webhook-Id", id)
	return req, nil
}

func (d *Delivery) sign() {
	mac := hmac.New(sha256.New, []byte(d.Secret))
	mac.Write(d.Body)
	d.Header.Set("X-Shopify-Hmac-Sha256", base64.StdEncoding.EncodeToString(mac.Sum(nil)))
}

// send signs and posts a delivery.
func (s *Shop) send(ctx context.Context, url string, d Delivery) (Reply, error) {
	if d.Secret != "" {
		d.sign()
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, url, bytes.NewReader(d.Body))
	if err != nil {
		return Reply{}, fmt.Errorf("send webhook: %w", err)
	}
	req.Header = d.Header
	res, err := s.client.Do(req)
	if err != nil {
		return Reply{}, fmt.Errorf("send webhook: %w", err)
	}
	defer res.Body.Close()
	body, err := io.ReadAll(io.LimitReader(res.Body, 64<<10))
	if err != nil {
		return Reply{}, fmt.Errorf("read the answer to a webhook: %w", err)
	}
	return Reply{Status: res.StatusCode, Body: string(body), WebhookID: d.Header.Get("X-Shopify-Webhook-Id")}, nil
}

// delivery is a webhook about an order, cut down to some of its fields where
// any are named.
func (s *Shop) delivery(topic string, o Order, fields []string) Delivery {
	h := http.Header{}
	h.Set("Content-Type", "application/json")
	h.Set("User-Agent", "Shopify-Captain-Hook")
	h.Set("X-Shopify-Topic", topic)
	h.Set("X-Shopify-Shop-Domain", s.opts.Domain)
	h.Set("X-Shopify-API-Version", Version)
	h.Set("X-Shopify-Webhook-Id", uuid())
	h.Set("X-Shopify-Event-Id", uuid())
	h.Set("X-Shopify-Triggered-At", s.opts.Now().UTC().Format(time.RFC3339Nano))
	content := s.payload(topic, o)
	if len(fields) > 0 {
		maps.DeleteFunc(content, func(k string, _ any) bool { return !slices.Contains(fields, k) })
	}
	body, err := json.Marshal(content)
	if err != nil {
		panic(err) // maps of plain values always marshal
	}
	return Delivery{Header: h, Body: body, Secret: s.opts.Secret}
}

func uuid() string {
	var b [16]byte
	rand.Read(b[:])
	b[6], b[8] = b[6]&0x0f|0x40, b[8]&0x3f|0x80
	return fmt.Sprintf("%x-%x-%x-%x-%x", b[:4], b[4:6], b[6:8], b[8:10], b[10:])
}
