package shopify

import "time"

// SetPause shortens the pause between two tries.
func (c *Client) SetPause(d time.Duration) { c.pause = d }

// NumberIn, OrderIDIn and the limits are what the fuzz tests look at.
var (
	IsNumber  = isNumber
	OrderIDIn = orderID
)

const (
	PageLines = pageLines
	MaxReply  = maxReply
)
