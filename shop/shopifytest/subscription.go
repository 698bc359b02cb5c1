package shopifytest

import (
	"fmt"
	"slices"
	"strings"
)

// maxFailures in a row end a subscription that was made through the API.
const maxFailures = 8

// subscription is one that was made through the API.
type subscription struct {
	id       int64
	topic    string // ORDERS_CANCELLED
	uri      string
	format   string
	filter   string
	fields   []string
	version  string
	failures int
}

func (u *subscription) gid() string {
	return fmt.Sprintf("gid://shopify/WebhookSubscription/%d", u.id)
}

func (u *subscription) object() object {
	return object{
		"__typename": "WebhookSubscription", "id": u.gid(), "topic": u.topic, "uri": u.uri, "format": u.format,
		"filter": orNull(u.filter), "includeFields": append([]string{}, u.fields...),
		"apiVersion": object{"handle": u.version, "displayName": u.version, "supported": true},
	}
}

// header is a topic as webhooks name it: orders/cancelled.
func (u *subscription) header() string { return headerTopic(u.topic) }

var topicResources = []string{"orders", "refunds", "app", "requested_order_edit", "products"}

func headerTopic(enum string) string {
	low := strings.ToLower(enum)
	for _, r := range topicResources {
		if rest, ok := strings.CutPrefix(low, r+"_"); ok {
			return r + "/" + rest
		}
	}
	return low
}

// Subscribe makes a subscription as the API would. Topic is as the API writes
// it: ORDERS_CANCELLED.
func (s *Shop) Subscribe(topic, uri string) string {
	return s.SubscribeWith(topic, map[string]any{"uri": uri})
}

// SubscribeWith does the same with a WebhookSubscriptionInput as JSON has it.
func (s *Shop) SubscribeWith(topic string, in map[string]any) string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.subscribe(topic, in).gid()
}

func (s *Shop) subscribe(topic string, in map[string]any) *subscription {
	u := &subscription{id: s.id(), topic: topic, format: "JSON", version: Version}
	u.uri, _ = in["uri"].(string)
	if f, ok := in["format"].(string); ok {
		u.format = f
	}
	u.filter, _ = in["filter"].(string)
	fields, _ := in["includeFields"].([]any)
	for _, f := range fields {
		u.fields = append(u.fields, fmt.Sprint(f))
	}
	s.subs = append(s.subs, u)
	return u
}

// Subscriptions lists topic and address of each subscription, oldest first.
func (s *Shop) Subscriptions() [][2]string {
	s.mu.Lock()
	defer s.mu.Unlock()
	var out [][2]string
	for _, u := range s.subs {
		out = append(out, [2]string{u.header(), u.uri})
	}
	return out
}

func (s *Shop) listSubscriptions(args map[string]any) (any, error) {
	nodes := make([]object, len(s.subs))
	for i, u := range s.subs {
		nodes[i] = u.object()
	}
	return connection(nodes)(args)
}

func (s *Shop) createSubscription(args map[string]any) (any, error) {
	refused := func(message string) (any, error) {
		return object{"webhookSubscription": nil, "userErrors": problems(Problem{"", "webhookSubscription.uri", message})}, nil
	}
	in, _ := args["webhookSubscription"].(map[string]any)
	topic, uri := fmt.Sprint(args["topic"]), fmt.Sprint(in["uri"])
	if !strings.HasPrefix(uri, "https://") && !strings.HasPrefix(uri, "http://127.0.0.1") {
		return refused("Address is not allowed")
	}
	if slices.ContainsFunc(s.subs, func(u *subscription) bool { return u.topic == topic && u.uri == uri }) {
		return refused("Address for this topic has already been taken")
	}
	return object{"webhookSubscription": s.subscribe(topic, in).object(), "userErrors": problems()}, nil
}

func (s *Shop) deleteSubscription(args map[string]any) (any, error) {
	n := len(s.subs)
	s.subs = slices.DeleteFunc(s.subs, func(u *subscription) bool { return u.gid() == args["id"] })
	if len(s.subs) == n {
		return object{"deletedWebhookSubscriptionId": nil, "userErrors": problems(Problem{"", "id", "Webhook subscription does not exist"})}, nil
	}
	return object{"deletedWebhookSubscriptionId": args["id"], "userErrors": problems()}, nil
}
