package shopify

import (
	"context"
	"encoding/json"
	"reflect"
	"slices"
	"strings"
	"unicode/utf8"

	"countermand/shop"
)

// maxTag is Shopify's limit for a tag, in characters.
const maxTag = 40

// ensure brings something in the shop into the wanted state by a step that reads
// it and changes what differs. After a lost answer the step is simply done again:
// it reads first.
func (c *Client) ensure(ctx context.Context, op string, step func(context.Context) (done bool, err error)) error {
	var last error
	for range maxTries {
		done, err := step(ctx)
		if done || err == nil {
			return nil
		}
		if last = err; !shop.MaySent(err) || ctx.Err() != nil {
			break
		}
		if sleep(ctx, c.pause) != nil {
			break
		}
	}
	return labelled(last, op)
}

// labelled names the action and keeps what is known of the sending.
func labelled(err error, op string) error { return relabel(err, op, shop.MaySent(err)) }

// refusal is an error where the shop has problems with a write.
func refusal(ps shop.Problems) error {
	if len(ps) == 0 {
		return nil
	}
	return &shop.Error{Kind: shop.Invalid, Err: ps}
}

// problemsOf puts what the shop says of a write into our words. Each mutation
// has a type of its own for it, and some have no code.
func problemsOf[T any, P interface {
	*T
	GetField() []string
	GetMessage() string
}](in []T, code func(T) string) (out shop.Problems) {
	for _, p := range in {
		out = append(out, shop.Problem{Code: code(p), Field: strings.Join(P(&p).GetField(), "."), Message: clip(P(&p).GetMessage(), 300)})
	}
	return out
}

func writeProblems(in []writeProblem) shop.Problems {
	return problemsOf(in, func(writeProblem) string { return "" })
}

// SetTag makes tag the only one of an order's tags with the prefix; an empty
// tag takes them all off. Where the order is so already nothing is sent, so
// that our own writing does not knock for ever.
func (c *Client) SetTag(ctx context.Context, orderID, prefix, tag string) error {
	op := "tag order " + orderID + " of shop " + c.name
	err := checkOrderID(orderID)
	switch {
	case err != nil:
	case prefix == "" || tag != "" && !hasPrefixFold(tag, prefix):
		err = invalid("tag %q does not begin with %q", tag, prefix)
	case strings.ContainsAny(tag, ",\n") || utf8.RuneCountInString(tag) > maxTag:
		err = invalid("tag %q: at most %d characters and no comma", tag, maxTag)
	}
	if err != nil {
		return named(err, op)
	}
	return c.ensure(ctx, op, func(ctx context.Context) (bool, error) {
		have, err := c.tags(ctx, orderID)
		if err != nil {
			return false, named(err, op)
		}
		add, remove := tagChange(have, prefix, tag)
		if !add && len(remove) == 0 {
			return true, nil
		}
		if len(remove) > 0 {
			err = c.write(ctx, func(ctx context.Context) error {
				got, err := removeTags(ctx, c, orderID, remove)
				if err != nil || got.TagsRemove == nil {
					return err
				}
				return refusal(writeProblems(got.TagsRemove.UserErrors))
			})
		}
		if err == nil && add {
			err = c.write(ctx, func(ctx context.Context) error {
				got, err := addTags(ctx, c, orderID, []string{tag})
				if err != nil || got.TagsAdd == nil {
					return err
				}
				return refusal(writeProblems(got.TagsAdd.UserErrors))
			})
		}
		return false, err
	})
}

// tagChange is what is to be added and taken off. Shopify's tags differ in
// more than their case.
func tagChange(have []string, prefix, tag string) (add bool, remove []string) {
	add = tag != ""
	for _, t := range have {
		switch {
		case strings.EqualFold(t, tag):
			add = false
		case hasPrefixFold(t, prefix):
			remove = append(remove, t)
		}
	}
	return add, remove
}

func hasPrefixFold(s, prefix string) bool {
	return len(s) >= len(prefix) && strings.EqualFold(s[:len(prefix)], prefix)
}

func (c *Client) tags(ctx context.Context, id string) ([]string, error) {
	got, err := read(ctx, c, func(ctx context.Context) (*readTagsResponse, error) {
		return readTags(ctx, c, id)
	})
	if err == nil && got.Order == nil {
		err = &shop.Error{Kind: shop.NotFound, Detail: mendMissing}
	}
	if err != nil {
		return nil, err
	}
	return slices.Clone(got.Order.Tags), nil
}

type metafieldProblem = setCasesMetafieldsSetMetafieldsSetPayloadUserErrorsMetafieldsSetUserError

// SetMetafield puts a JSON document on an order as countermand.cases. Where
// the same stands there already nothing is sent.
func (c *Client) SetMetafield(ctx context.Context, orderID string, doc json.RawMessage) error {
	op := "write the metafield of order " + orderID + " of shop " + c.name
	err := checkOrderID(orderID)
	if err == nil && !json.Valid(doc) {
		err = invalid("the document is not JSON")
	}
	if err != nil {
		return named(err, op)
	}
	return c.ensure(ctx, op, func(ctx context.Context) (bool, error) {
		have, err := c.cases(ctx, orderID)
		if err != nil {
			return false, named(err, op)
		}
		if sameJSON(have, string(doc)) {
			return true, nil
		}
		return false, c.write(ctx, func(ctx context.Context) error {
			got, err := setCases(ctx, c, orderID, string(doc))
			if err != nil || got.MetafieldsSet == nil {
				return err
			}
			return refusal(problemsOf(got.MetafieldsSet.UserErrors, func(p metafieldProblem) string { return string(p.Code) }))
		})
	})
}

func (c *Client) cases(ctx context.Context, id string) (string, error) {
	got, err := read(ctx, c, func(ctx context.Context) (*readCasesResponse, error) {
		return readCases(ctx, c, id)
	})
	switch {
	case err != nil:
		return "", err
	case got.Order == nil:
		return "", &shop.Error{Kind: shop.NotFound, Detail: mendMissing}
	case got.Order.Metafield == nil:
		return "", nil
	}
	return got.Order.Metafield.Value, nil
}

// sameJSON compares documents whatever their spaces and the order of their
// keys: Shopify keeps neither.
func sameJSON(a, b string) bool {
	var x, y any
	if json.Unmarshal([]byte(a), &x) != nil || json.Unmarshal([]byte(b), &y) != nil {
		return false
	}
	return reflect.DeepEqual(x, y)
}
