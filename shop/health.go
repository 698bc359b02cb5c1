package shop

import "time"

// Health is how the access to a shop stands, for the operator.
type Health struct {
	Shop string
	// Domain is the shop's myshopify domain as it says itself.
	Domain string
	// AskedVersion is the configured API version, ServedVersion the one that
	// answered: Shopify answers a request for a version that it no longer supports
	// with the oldest that it does.
	AskedVersion, ServedVersion string
	// Supported are the stable versions that the shop speaks.
	Supported []string
	// Deprecated are what the shop said about our use of its API, each once.
	Deprecated []string
	// Scopes are granted; MissingScopes are needed and not granted.
	Scopes, MissingScopes []string
	// Token is "static" or "client_credentials".
	Token string
	// OldOrders: orders of more than 60 days ago can be read.
	OldOrders bool
	// Skew is how far the shop's clock is ahead of ours, to the second.
	Skew time.Duration
	// Problems are what a person should do something about, most urgent first.
	Problems []string
}

// FellForward tells whether another version answered than the one asked.
func (h Health) FellForward() bool {
	return h.ServedVersion != "" && h.ServedVersion != h.AskedVersion
}

// Subscription is one webhook subscription of our app.
type Subscription struct {
	ID string
	// Topic as in the webhook's header: orders/cancelled.
	Topic string
	URI   string
	// Version of the API that its payloads are in.
	Version string
	// Usable: it sends JSON, unfiltered, with the fields that we read.
	Usable bool
}

// Subscriptions is how an app's subscriptions stand.
type Subscriptions struct {
	// Have are those that serve our address, Missing the topics that none of
	// them has (after mending: that could not be made). Optional topics are
	// left out of Missing.
	Have    []Subscription
	Missing []string
	// Unusable serve our address and would not work; mending replaces them.
	Unusable []Subscription
	// Other serve another address and are left alone.
	Other []Subscription
	// Created and Deleted are what mending did.
	Created []Subscription
	Deleted []Subscription
	// Problems are the shop's words about what could not be made.
	Problems []string
}
