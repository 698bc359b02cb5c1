package app

import (
	"strings"
	"testing"

	"countermand/configs"
)

func TestCheckReadsTheRules(t *testing.T) {
	t.Parallel()
	c := configs.Default()
	c.Rules = []configs.Rule{{When: "order.total > 100", Then: "confirm"}, {When: "order.totl > 100", Then: "ignore"}}
	err := Check(c)
	if err == nil || !strings.Contains(err.Error(), "rule 2, column 7: order.totl is not known; a rule can use") || strings.Contains(err.Error(), "rule 1") {
		t.Errorf("got %v", err)
	}
	c.Rules = []configs.Rule{{When: `supplier.total > 100`, Then: "confirm"}, {When: `order.country == "US"`, Then: "auto"}}
	if err := Check(c); err != nil {
		t.Error(err)
	}
	if r, err := rulesOf(c); err != nil || !r.NeedsSupplier() || !r.NeedsCountry() {
		t.Errorf("got %+v, %v", r, err)
	}
}
