package site

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"

	"countermand/supplier"
)

// Answer is one of the site's answers to a call of its page.
type Answer struct {
	Ret  []string
	data node
}

// ErrShape: an answer does not have the expected structure.
var ErrShape = errors.New("the answer is not in the site's shape")

// ParseAnswer reads an answer, JSON or JSONP: the first page of a list comes
// as a script.
func ParseAnswer(body []byte) (Answer, error) {
	top, err := decode(stripCallback(body))
	if err != nil {
		return Answer{}, fmt.Errorf("%w: %w", ErrShape, err)
	}
	a := Answer{data: top.get("data")}
	for _, r := range top.get("ret").list() {
		a.Ret = append(a.Ret, r.str())
	}
	if len(a.Ret) == 0 {
		return Answer{}, fmt.Errorf("%w: it has no ret codes", ErrShape)
	}
	return a, nil
}

// stripCallback takes "mtopjsonp1({…})" out of its call.
func stripCallback(body []byte) []byte {
	body = bytes.TrimSpace(body)
	if len(body) == 0 || body[0] == '{' {
		return body
	}
	from, to := bytes.IndexByte(body, '('), bytes.LastIndexByte(body, ')')
	if from < 0 || to <= from {
		return body
	}
	return bytes.TrimSpace(body[from+1 : to])
}

// retryKind is the kind of answers after which the page repeats its call by itself.
const retryKind supplier.Kind = "again"

// Kind classifies the ret codes, "" for a good answer. The gravest counts: a
// challenge comes with a second code.
func (r RetCodes) Kind(ret []string) supplier.Kind {
	for _, class := range []struct {
		begins []string
		kind   supplier.Kind
	}{
		{r.Challenged, supplier.Challenged}, {r.LoggedOut, supplier.LoggedOut},
		{r.Throttled, supplier.Throttled}, {r.Token, retryKind},
	} {
		for _, code := range ret {
			if hasPrefix(code, class.begins) {
				return class.kind
			}
		}
	}
	for _, code := range ret {
		if !hasPrefix(code, r.OK) {
			return supplier.Unreadable
		}
	}
	return ""
}

// Public gives the answer as JSON without its personal fields.
func (a Answer) Public(private []string) ([]byte, error) {
	return json.MarshalIndent(map[string]any{"ret": a.Ret, "data": redact(a.data.v, private)}, "", " ")
}

// outline gives only the names and kinds of its fields.
func (a Answer) outline(private []string) ([]byte, error) {
	return json.MarshalIndent(map[string]any{"ret": a.Ret, "data": outline(a.data.v, private)}, "", " ")
}
