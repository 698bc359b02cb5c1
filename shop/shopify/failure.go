package shopify

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"countermand/shop"
)

// What a person has to do, by the way the shop says no.
const (
	mendToken   = "the shop does not take the token: make a new one in the app's settings, put it into the shop's token file, and see that the app is still installed"
	mendScope   = "the app may not do this: grant it read_orders (and read_all_orders for orders older than 60 days), then install it again"
	mendAddress = "no API is there: check the shop's domain and api_version"
	mendMissing = "the shop knows no such order, or hides it: orders older than 60 days want the scope read_all_orders"
	mendShop    = "the shop is locked or its plan is not paid: sign in to its admin"
)

// statusFailure gives an HTTP status other than 200 its kind. A 404 is about the
// address, not about an order, so it is never NotFound.
func statusFailure(op string, res *http.Response, now time.Time) *shop.Error {
	e := &shop.Error{Kind: shop.Invalid, Op: op, Err: fmt.Errorf("the shop answered %s", res.Status)}
	switch code := res.StatusCode; {
	case code == http.StatusUnauthorized:
		e.Kind, e.Detail = shop.Unauthorized, mendToken
	case code == http.StatusForbidden:
		e.Kind, e.Detail = shop.Unauthorized, mendScope
	case code == http.StatusPaymentRequired, code == http.StatusLocked:
		e.Kind, e.Detail = shop.Unauthorized, mendShop
	case code == http.StatusNotFound:
		e.Detail = mendAddress
	case code == http.StatusTooManyRequests, code == 430: // 430: Shopify's own, "too many requests at once"
		e.Kind, e.RetryAfter = shop.Throttled, retryAfter(res.Header, now)
	case code == http.StatusRequestTimeout, code >= 500:
		e.Kind, e.RetryAfter, e.Sent = shop.Unavailable, retryAfter(res.Header, now), true
	case code >= 300 && code < 400:
		e.Detail = "the shop's address moved to " + redirectHost(res) + ": set the shop's domain to its myshopify domain"
	}
	return e
}

func redirectHost(res *http.Response) string {
	if u, err := url.Parse(res.Header.Get("Location")); err == nil && u.Host != "" {
		return u.Host
	}
	return "another place"
}

// retryAfter reads the header's seconds (whole or not) or its date; never
// negative.
func retryAfter(h http.Header, now time.Time) time.Duration {
	v := strings.TrimSpace(h.Get("Retry-After"))
	if s, err := strconv.ParseFloat(v, 64); err == nil && s >= 0 && s < 1e6 {
		return time.Duration(s * float64(time.Second))
	}
	if t, err := http.ParseTime(v); err == nil {
		return max(0, t.Sub(now))
	}
	return 0
}

// notRun are the codes by which the shop says that it carried nothing out.
var notRun = map[string]bool{
	"THROTTLED": true, "ACCESS_DENIED": true, "SHOP_INACTIVE": true, "MAX_COST_EXCEEDED": true,
	"INVALID_VARIABLE": true, "undefinedField": true, "argumentLiteralsIncompatible": true, "missingRequiredArguments": true,
	"argumentNotAccepted": true, "variableMismatch": true, "invalidQuery": true,
}

// named adds to an error which action failed (nil where none did), where that was a read: whether it
// was sent does not matter.
func named(err error, op string) error { return relabel(err, op, false) }

// relabel names the action and says whether it may have been carried out.
func relabel(err error, op string, sent bool) error {
	e, ok := errors.AsType[*shop.Error](err)
	switch {
	case err == nil:
		return nil
	case !ok:
		return &shop.Error{Kind: shop.Unavailable, Op: op, Sent: sent, Err: err}
	}
	c := *e
	c.Op, c.Sent = op, sent
	return &c
}

// replyFailure gives the errors in a 200 their kind. The first with a known code
// decides.
func replyFailure(op string, r reply) *shop.Error {
	e := &shop.Error{Kind: shop.Invalid, Op: op, Sent: true, Err: errors.New(clip(r.Errors[0].Message, 300))}
	for _, re := range r.Errors {
		e.Sent = !notRun[re.Extensions.Code]
		switch re.Extensions.Code {
		case "THROTTLED":
			e.Kind, e.RetryAfter = shop.Throttled, r.Extensions.Cost.wait()
		case "ACCESS_DENIED":
			e.Kind, e.Detail = shop.Unauthorized, mendScope
		case "SHOP_INACTIVE":
			e.Kind, e.Detail = shop.Unauthorized, mendShop
		case "INTERNAL_SERVER_ERROR", "TIMEOUT":
			e.Kind = shop.Unavailable
		default:
			continue
		}
		e.Err = errors.New(clip(re.Message, 300))
		break
	}
	return e
}

// tokenFailure keeps a kind that the token's source gave, and a stop.
func tokenFailure(op string, err error) error {
	kind, detail := shop.Unauthorized, "no token to be had"
	switch {
	case shop.KindOf(err) != "":
		kind, detail = shop.KindOf(err), ""
	case errors.Is(err, context.Canceled), errors.Is(err, context.DeadlineExceeded):
		kind, detail = shop.Unavailable, ""
	}
	return &shop.Error{Kind: kind, Op: op, Detail: detail, Err: err}
}

// clip bounds the length of foreign text in our logs.
func clip(s string, n int) string {
	if len(s) <= n {
		return s
	}
	return strings.ToValidUTF8(s[:n], "") + "…"
}
