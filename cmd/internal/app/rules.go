package app

import (
	"fmt"

	"countermand/configs"
	"countermand/sync/rules"
)

// rulesOf reads the rules of a configuration.
func rulesOf(c *configs.Config) (*rules.Set, error) {
	var list []rules.Rule
	for _, r := range c.Rules {
		list = append(list, rules.Rule{When: r.When, Then: r.Then})
	}
	set, err := rules.Parse(list)
	if err != nil {
		return nil, fmt.Errorf("read rules: %w", err)
	}
	return set, nil
}
