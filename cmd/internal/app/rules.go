package app

import (
	"fmt"

	"countermand/configs"
	casesync "countermand/sync"
)

// rulesOf reads the rules of a configuration.
func rulesOf(c *configs.Config) (*casesync.Rules, error) {
	var list []casesync.Rule
	for _, r := range c.Rules {
		list = append(list, casesync.Rule{When: r.When, Then: r.Then})
	}
	rules, err := casesync.ParseRules(list)
	if err != nil {
		return nil, fmt.Errorf("read rules: %w", err)
	}
	return rules, nil
}
