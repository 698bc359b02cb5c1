package shopifytest

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
)

// mutations answers the mutations, under the lock.
func (s *Shop) mutations() object {
	return object{
		"orderCancel":               call(s.orderCancel),
		"tagsAdd":                   s.editTags(addTag),
		"tagsRemove":                s.editTags(removeTag),
		"metafieldsSet":             call(s.metafieldsSet),
		"webhookSubscriptionCreate": call(s.createSubscription),
		"webhookSubscriptionDelete": call(s.deleteSubscription),
		"requestedOrderEditResolve": s.endEdit("RESOLVED"),
		"requestedOrderEditDecline": s.endEdit("DECLINED"),
	}
}

// sameTag: Shopify's tags differ in more than their case.
func sameTag(tag string) func(string) bool {
	return func(have string) bool { return strings.EqualFold(have, tag) }
}

func addTag(tags []string, tag string) []string {
	if slices.ContainsFunc(tags, sameTag(tag)) {
		return tags
	}
	return append(tags, tag)
}

func removeTag(tags []string, tag string) []string { return slices.DeleteFunc(tags, sameTag(tag)) }

func (s *Shop) editTags(edit func([]string, string) []string) call {
	return func(args map[string]any) (any, error) {
		refused := func(message string) (any, error) {
			return object{"node": nil, "userErrors": problems(Problem{"", "id", message})}, nil
		}
		o := s.byGID(args["id"])
		if o == nil {
			return refused("Order does not exist")
		}
		names, _ := args["tags"].([]any)
		tags := slices.Clone(o.Tags)
		for _, n := range names {
			tag := fmt.Sprint(n)
			if len([]rune(tag)) > 40 {
				return refused("Tags is too long (maximum is 40 characters)")
			}
			tags = edit(tags, tag)
		}
		if !slices.Equal(tags, o.Tags) {
			o.Tags = tags
			s.touch(o)
		}
		return object{"node": s.orderObject(o), "userErrors": problems()}, nil
	}
}

func (s *Shop) metafieldsSet(args map[string]any) (any, error) {
	refused := func(code, message string) (any, error) {
		return object{"metafields": nil, "userErrors": problems(Problem{code, "metafields.0", message})}, nil
	}
	list, _ := args["metafields"].([]any)
	for _, m := range list {
		in, _ := m.(map[string]any)
		o := s.byGID(in["ownerId"])
		value, _ := in["value"].(string)
		switch {
		case o == nil:
			return refused("INVALID_VALUE", "Owner does not exist")
		case in["type"] == "json" && !json.Valid([]byte(value)):
			return refused("INVALID_VALUE", "Value is invalid JSON")
		}
		if o.Metafields == nil {
			o.Metafields = map[string]string{}
		}
		o.Metafields[fmt.Sprint(in["namespace"], ".", in["key"])] = value
		s.touch(o)
	}
	return object{"metafields": []object{}, "userErrors": problems()}, nil
}
