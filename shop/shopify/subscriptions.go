package shopify

import (
	"context"
	"fmt"
	"net/url"
	"slices"
	"strings"

	"countermand/shop"
)

// pageSubscriptions is how many one page asks for; Shopify has one per topic
// and address.
const pageSubscriptions = 50

// wantedTopic is a topic that we subscribe to.
type wantedTopic struct {
	topic    string // as the API writes it
	header   string // as the webhook's header does
	optional bool
	// fields are all that we read, and the time of the change: without it the
	// shop takes two changes for one and sends a single webhook. None: all.
	fields []string
}

var orderFields = []string{"id", "admin_graphql_api_id", "updated_at"}

// wantedTopics are the topics that this client wants.
func (c *Client) wantedTopics() []wantedTopic {
	out := []wantedTopic{
		{"ORDERS_CANCELLED", "orders/cancelled", false, orderFields},
		{"ORDERS_UPDATED", "orders/updated", false, orderFields},
		{"ORDERS_EDITED", "orders/edited", false, nil}, // one field holds it all
		{"REFUNDS_CREATE", "refunds/create", false, []string{"id", "admin_graphql_api_id", "order_id", "created_at"}},
		{"APP_UNINSTALLED", "app/uninstalled", false, []string{"id", "myshopify_domain"}},
	}
	if c.edits {
		out = append(out, wantedTopic{topic: "REQUESTED_ORDER_EDIT_CREATED", header: shop.TopicEditRequested, optional: true})
	}
	return out
}

// Subscriptions lists the app's shop-scoped webhook subscriptions; those that
// an app's own file declares do not show.
func (c *Client) Subscriptions(ctx context.Context) ([]shop.Subscription, error) {
	var out []shop.Subscription
	err := pages(func(after string) (pageInfo, error) {
		got, err := read(ctx, c, func(ctx context.Context) (*listSubscriptionsResponse, error) {
			return listSubscriptions(ctx, c, pageSubscriptions, after)
		})
		if err != nil {
			return pageInfo{}, err
		}
		for _, s := range got.WebhookSubscriptions.Nodes {
			out = append(out, c.subscription(s))
		}
		return pageInfo(got.WebhookSubscriptions.PageInfo), nil
	})
	if err != nil {
		return nil, named(err, "list the webhook subscriptions of shop "+c.name)
	}
	return out, nil
}

func (c *Client) subscription(s subscription) shop.Subscription {
	out := shop.Subscription{ID: s.Id, Topic: strings.ToLower(s.Topic), URI: s.Uri, Version: s.ApiVersion.Handle}
	for _, w := range c.wantedTopics() {
		if w.topic == s.Topic {
			out.Topic = w.header
			out.Usable = s.Format == WebhookSubscriptionFormatJson && s.Filter == "" && covers(s.IncludeFields, w.fields)
		}
	}
	return out
}

// covers: no fields named means all of them.
func covers(have, want []string) bool {
	return len(have) == 0 || len(want) > 0 && !slices.ContainsFunc(want, func(f string) bool { return !slices.Contains(have, f) })
}

// EnsureSubscriptions compares the subscriptions with what must reach us at
// callbackURL. With fix it makes what is missing and replaces what serves the
// address and would not work; it never touches what serves another address.
func (c *Client) EnsureSubscriptions(ctx context.Context, callbackURL string, fix bool) (shop.Subscriptions, error) {
	op := "mend the webhook subscriptions of shop " + c.name
	if u, err := url.Parse(callbackURL); err != nil || u.Host == "" || u.Scheme != "https" && !loopback(u.Hostname()) {
		return shop.Subscriptions{}, named(invalid("callback %q: Shopify only sends to an https address", callbackURL), op)
	}
	all, err := c.Subscriptions(ctx)
	if err != nil {
		return shop.Subscriptions{}, err
	}
	out := c.sortSubscriptions(all, callbackURL)
	if !fix {
		return out, nil
	}
	// One at a time: a failure leaves the rest for the next time, and what is
	// there already is never made twice.
	for _, s := range out.Unusable {
		if err := c.deleteSubscription(ctx, s.ID); err != nil {
			return out, labelled(err, op)
		}
		out.Deleted = append(out.Deleted, s)
	}
	for _, w := range c.wantedTopics() {
		if slices.ContainsFunc(out.Have, func(s shop.Subscription) bool { return s.Topic == w.header }) {
			continue
		}
		made, err := c.createSubscription(ctx, w, callbackURL)
		switch {
		case err == nil:
			out.Created, out.Have = append(out.Created, made), append(out.Have, made)
			out.Missing = slices.DeleteFunc(out.Missing, func(t string) bool { return t == w.header })
		case shop.KindOf(err) == shop.Invalid:
			out.Problems = append(out.Problems, fmt.Sprintf("%s: %v", w.header, err))
		default:
			return out, labelled(err, op)
		}
	}
	return out, nil
}

func (c *Client) sortSubscriptions(all []shop.Subscription, uri string) (out shop.Subscriptions) {
	wants := c.wantedTopics()
	for _, s := range all {
		known := slices.ContainsFunc(wants, func(w wantedTopic) bool { return w.header == s.Topic })
		switch {
		case s.URI != uri || !known:
			out.Other = append(out.Other, s)
		case s.Usable:
			out.Have = append(out.Have, s)
		default:
			out.Unusable = append(out.Unusable, s)
		}
	}
	for _, w := range wants {
		if !w.optional && !slices.ContainsFunc(out.Have, func(s shop.Subscription) bool { return s.Topic == w.header }) {
			out.Missing = append(out.Missing, w.header)
		}
	}
	return out
}

// createSubscription makes one. After a lost answer the shop takes a second
// one of the same topic and address for a mistake and says so, so nothing is
// made twice.
func (c *Client) createSubscription(ctx context.Context, w wantedTopic, uri string) (out shop.Subscription, err error) {
	err = c.write(ctx, func(ctx context.Context) error {
		got, err := createSubscription(ctx, c, w.topic, uri, append([]string{}, w.fields...))
		switch {
		case err != nil:
			return err
		case got.WebhookSubscriptionCreate == nil:
			return invalid("the shop answered nothing")
		case got.WebhookSubscriptionCreate.WebhookSubscription == nil:
			return refusal(writeProblems(got.WebhookSubscriptionCreate.UserErrors))
		}
		out = c.subscription(*got.WebhookSubscriptionCreate.WebhookSubscription)
		return nil
	})
	return out, err
}

func (c *Client) deleteSubscription(ctx context.Context, id string) error {
	return c.write(ctx, func(ctx context.Context) error {
		got, err := deleteSubscription(ctx, c, id)
		if err != nil || got.WebhookSubscriptionDelete == nil {
			return err
		}
		return refusal(writeProblems(got.WebhookSubscriptionDelete.UserErrors))
	})
}
