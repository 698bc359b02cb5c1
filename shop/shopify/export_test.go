package shopify

import (
	"io"
	"time"
)

// SetPause shortens the pause between two tries.
func (c *Client) SetPause(d time.Duration) { c.pause = d }

// Expires is when the token ends, zero where there is none.
func (c *Credentials) Expires() time.Time { return c.now().endsAt }

// NumberIn, OrderIDIn and the limits are what the fuzz tests look at.
var (
	IsNumber  = isNumber
	OrderIDIn = orderID
)

const (
	PageLines      = pageLines
	PageAgreements = pageAgreements
	MaxReply       = maxReply
)

// FindIn finds the order that a payload of a topic is about.
func FindIn(topic string, r io.Reader) (string, error) { return topics[topic](r) }

// CancelLooks is how often a cancel's end is looked for.
const CancelLooks = cancelLooks
