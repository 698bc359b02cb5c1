package aliexpresstest

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// Where captured answers are at hand, every key that an answer of ours shares
// with them has the same JSON type, and the keys that readers live on exist on
// both sides.
func TestShapesMatchCaptures(t *testing.T) {
	t.Parallel()
	shared := os.Getenv("COUNTERMAND_SHARED")
	if shared == "" {
		return
	}
	r := newRig(t, paid(idA, Fate{AlreadyShipped: &Shipment{
		ShippedAt: day0.Add(-3 * hour), FirstScanAt: day0.Add(-hour), Number: "LP1",
	}}))
	for _, c := range []struct {
		file   string
		answer tree
		needed []string
	}{
		{"capture_order_list.json", r.call("GET", apiList, `{"statusTab":"all"}`), []string{
			"pc_om_list_body.hasMore", "pc_om_list_order.orderId", "pc_om_list_order.statusText", "pc_om_list_order.formatPriceInfo",
			"pc_om_list_order.orderLines.[].quantity", "pc_om_list_order.buttons.[].type", "pc_om_list_order.storeName",
		}},
		{"capture_order_detail.json", r.detail(idA), []string{
			"detail_order_status_block.orderId", "detail_order_status_block.buttonVOList.[].type", "detail_order_status_block.title",
			"detail_simple_order_info_component.tradeOrderId", "detail_simple_order_info_component.orderShipTime",
			"detail_product_block.productVOList.[].orderLineId", "detail_order_price_block.totalPrice.formatPriceInfo",
			"detail_root_container.i18n.canceling_title", "global.orderStatus", "global.curTime",
		}},
		{"capture_tracking.json", r.call("GET", apiTracking, `{"tradeOrderId":"`+idA+`"}`), []string{
			"module.trackingDetailLineList.[].mailNo", "module.trackingDetailLineList.[].detailList.[].time",
			"module.trackingDetailLineList.[].detailList.[].trackingPrimaryCode", "module.trackingDetailLineList.[].packageItemList.[].count",
		}},
	} {
		text, err := os.ReadFile(filepath.Join(shared, "data", "aliexpress", c.file))
		if err != nil {
			t.Error(err)
			continue
		}
		captured, ours := shapes(parse(t, string(text))), shapes(c.answer)
		for path, kind := range ours {
			if want, ok := captured[path]; ok && want != kind {
				t.Errorf("%s: %s is %s, captured as %s", c.file, path, kind, want)
			}
		}
		for _, path := range c.needed {
			if ours[path] == "" || captured[path] == "" {
				t.Errorf("%s: %s is %q here and %q in the capture", c.file, path, ours[path], captured[path])
			}
		}
	}
}

// shapes flattens an answer to path and JSON type; components go by their tag.
func shapes(x tree) map[string]string {
	out := map[string]string{}
	data := tree(x.get("data").(map[string]any))
	components, ultron := data.get("data").(map[string]any)
	for _, c := range components {
		c := tree(c.(map[string]any))
		flatten(out, c.str("tag"), c["fields"])
	}
	if ultron {
		flatten(out, "global", data["global"])
	} else {
		flatten(out, "module", data["module"])
	}
	return out
}

func flatten(out map[string]string, path string, v any) {
	switch v := v.(type) {
	case map[string]any:
		out[path] = "object"
		for k, x := range v {
			flatten(out, path+"."+k, x)
		}
	case []any:
		out[path] = "array"
		for _, x := range v {
			flatten(out, path+".[]", x)
		}
	default:
		kind := strings.TrimPrefix(fmt.Sprintf("%T", v), "json.")
		if !slices.Contains([]string{"Number", "string", "bool", "<nil>"}, kind) {
			kind = "unknown " + kind
		}
		out[path] = kind
	}
}
