package doctor

import (
	"strings"
	"testing"

	"github.com/rs/zerolog"

	"countermand/configs"
	"countermand/shop/shopify"
	"countermand/shop/shopifytest"
)

// doctorOf looks at one shop.
func doctorOf(t *testing.T, s *shopifytest.Shop, publicURL string, fix bool) []Check {
	t.Helper()
	c := configs.Default()
	c.Webhooks.PublicURL = publicURL
	c.Shops = []configs.Shop{{Name: "mystore", WebhookSecretFiles: []string{"hook-secret"}}}
	d := &doctor{o: Options{Config: c, Fix: fix, Open: Opener{Shop: func(configs.Shop, zerolog.Logger) (*shopify.Client, error) {
		return shopify.New(shopify.Options{Name: "mystore", Domain: s.Domain(), Endpoint: s.URL(), Token: shopify.StaticToken("shpat_test")})
	}}}}
	d.shops(t.Context())
	return d.found
}

func said(found []Check, v Verdict, part, text string) int {
	n := 0
	for _, f := range found {
		if f.Verdict == v && f.Part == part && strings.Contains(f.Detail+" -> "+f.Todo, text) {
			n++
		}
	}
	return n
}

// The doctor lists what there is and what is missing, and changes it only
// when it is told to.
func TestDoctorMendsSubscriptions(t *testing.T) {
	t.Parallel()
	s, err := shopifytest.New(shopifytest.Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.Close() })
	const public = "https://hooks.example.com"
	s.Subscribe("ORDERS_CANCELLED", "https://elsewhere.example.com/x")
	s.Subscribe("ORDERS_UPDATED", public+"/webhooks/shopify/mystore")
	s.SubscribeWith("REFUNDS_CREATE", map[string]any{"uri": public + "/webhooks/shopify/mystore", "format": "XML"})
	seen := doctorOf(t, s, public, false)
	if said(seen, OK, "webhooks mystore", "orders/updated is sent to "+public) != 1 || said(seen, OK, "webhooks mystore", "left alone") != 1 ||
		said(seen, Warn, "webhooks mystore", "orders/cancelled, orders/edited, refunds/create, app/uninstalled -> countermand doctor --fix") != 1 || len(s.Subscriptions()) != 3 {
		t.Errorf("found %+v", seen)
	}
	fixed := doctorOf(t, s, public, true)
	if said(fixed, OK, "webhooks mystore", "made ") != 4 || said(fixed, OK, "webhooks mystore", "taken off") != 1 ||
		said(fixed, Warn, "webhooks mystore", "") != 0 || said(fixed, OK, "webhooks mystore", " is sent to "+public) != 5 || len(s.Subscriptions()) != 6 {
		t.Errorf("found %+v", fixed)
	}
	blind := doctorOf(t, s, "", true)
	if said(blind, Warn, "webhooks mystore", "set webhooks.public_url") != 1 || said(blind, OK, "webhooks mystore", "left alone") != 6 {
		t.Errorf("found %+v", blind)
	}
}
