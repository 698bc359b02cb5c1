package doctor

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"countermand/configs"
	"countermand/shop"
	"countermand/shop/shopify"
)

// HookURL is where a shop's webhooks are to be sent, empty where the public
// address is not known.
func HookURL(c *configs.Config, shopName string) string {
	if c.Webhooks.PublicURL == "" {
		return ""
	}
	return strings.TrimSuffix(c.Webhooks.PublicURL, "/") + strings.Replace(shopify.HookPath, "{shop}", shopName, 1)
}

// subscriptions tells which webhooks reach us, and makes the missing ones
// where it is told to. Without any the polls find everything, only later.
func (d *doctor) subscriptions(ctx context.Context, part string, s configs.Shop, client *shopify.Client) {
	url := HookURL(d.o.Config, s.Name)
	if url == "" || len(s.WebhookSecrets()) == 0 {
		d.unaddressed(ctx, part, s, client, url)
		return
	}
	found, err := client.EnsureSubscriptions(ctx, url, d.o.Fix)
	d.made(part, "made", found.Created)
	d.made(part, "taken off, as it would not have worked:", found.Deleted)
	if err != nil {
		d.add(part, Warn, err.Error(), "try it again")
		return
	}
	for _, p := range found.Problems {
		d.add(part, Warn, "not made: "+p, "")
	}
	if lost := MissingTopics(found); len(lost) > 0 {
		d.add(part, Warn, "not sent to "+url+": "+strings.Join(lost, ", "), "countermand doctor --fix (until then polls find it, every "+s.PollEvery.String()+")")
	}
	for _, h := range found.Have {
		d.add(part, OK, h.Topic+" is sent to "+h.URI+" in version "+h.Version, "")
	}
	d.elsewhere(part, found.Other)
}

// unaddressed lists the subscriptions of a shop for which none can be made.
func (d *doctor) unaddressed(ctx context.Context, part string, s configs.Shop, client *shopify.Client, url string) {
	todo := "set webhooks.public_url to the https address under which Shopify reaches webhooks.listen"
	if url != "" {
		todo = "set webhook_secret_files or client_secret_file: without the secret no webhook can be believed"
	}
	verdict := OK
	if d.o.Fix {
		verdict = Warn
	}
	d.add(part, verdict, fmt.Sprintf("none can be looked after; polls find every cancel, every %s", s.PollEvery), todo)
	all, err := client.Subscriptions(ctx)
	if err != nil {
		d.add(part, Warn, err.Error(), "")
	}
	d.elsewhere(part, all)
}

func (d *doctor) made(part, how string, list []shop.Subscription) {
	for _, s := range list {
		d.add(part, OK, how+" "+s.Topic, "")
	}
}

func (d *doctor) elsewhere(part string, list []shop.Subscription) {
	for _, s := range list {
		d.add(part, OK, s.Topic+" is sent to "+s.URI+", left alone", "")
	}
}

// MissingTopics are all topics that do not reach us as they should.
func MissingTopics(s shop.Subscriptions) []string {
	lost := slices.Clone(s.Missing)
	for _, u := range s.Unusable {
		if !slices.Contains(lost, u.Topic) && !slices.Contains(Topics(s.Have), u.Topic) {
			lost = append(lost, u.Topic)
		}
	}
	return lost
}

// Topics lists the topics of subscriptions, each once.
func Topics(list []shop.Subscription) []string {
	out := make([]string, 0, len(list))
	for _, s := range list {
		if !slices.Contains(out, s.Topic) {
			out = append(out, s.Topic)
		}
	}
	return out
}
