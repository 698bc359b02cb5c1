package aliexpress

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"net/url"
	"strings"

	"countermand/supplier"
)

// answer is one of the site's answers to a call of its page.
type answer struct {
	Ret  []string
	Data node
}

// errShape is an answer that is not one.
var errShape = errors.New("the answer is not in the site's shape")

// parseAnswer reads an answer, JSON or JSONP: the first page of a list comes
// as a script.
func parseAnswer(body []byte) (answer, error) {
	raw := stripCallback(body)
	dec := json.NewDecoder(bytes.NewReader(raw))
	dec.UseNumber() // order ids are longer than a float holds
	var v any
	if err := dec.Decode(&v); err != nil {
		return answer{}, fmt.Errorf("%w: %w", errShape, err)
	}
	top := node{v}
	a := answer{Data: top.get("data")}
	for _, r := range top.get("ret").list() {
		a.Ret = append(a.Ret, r.str())
	}
	if len(a.Ret) == 0 {
		return answer{}, fmt.Errorf("%w: it has no ret codes", errShape)
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

// again marks answers that the page asks anew by itself.
const again supplier.Kind = "again"

// kind classifies the ret codes, "" for a good answer. The gravest counts: a
// challenge comes with a second code.
func (r Returns) kind(ret []string) supplier.Kind {
	for _, class := range []struct {
		begins []string
		kind   supplier.Kind
	}{
		{r.Challenged, supplier.Challenged}, {r.LoggedOut, supplier.LoggedOut},
		{r.Throttled, supplier.Throttled}, {r.Token, again},
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

// requestData gives the `data` argument that the page sent, from the address
// or from the body.
func requestData(address, body string) node {
	var raw string
	if u, err := url.Parse(address); err == nil {
		raw = u.Query().Get("data")
	}
	if form, err := url.ParseQuery(body); raw == "" && err == nil {
		raw = form.Get("data")
	}
	dec := json.NewDecoder(strings.NewReader(raw))
	dec.UseNumber()
	var v any
	if dec.Decode(&v) != nil {
		return node{}
	}
	return node{v}
}

// public gives the answer as JSON without its personal fields.
func (a answer) public(private []string) ([]byte, error) {
	return json.MarshalIndent(map[string]any{"ret": a.Ret, "data": redact(a.Data.v, private)}, "", " ")
}

// outline gives only the names and kinds of its fields.
func (a answer) outline(private []string) ([]byte, error) {
	return json.MarshalIndent(map[string]any{"ret": a.Ret, "data": outline(a.Data.v, private)}, "", " ")
}
