package site

import (
	"bytes"
	"fmt"
	"net/url"
	"strings"

	"countermand/supplier"
)

// Response is an answer that the page got to a call of its own; Err says why
// its body could not be had.
type Response struct {
	URL, Method, PostData string
	Status                int
	Body                  []byte
	Err                   error
}

// Accept reads one response: nil where it is not the call's or the page will
// ask again by itself.
func (p Profile) Accept(r Response, call string) (*Answer, error) {
	if !IsCall(r.URL, call) {
		return nil, nil
	}
	a, err := ParseAnswer(r.Body)
	for _, mark := range p.Pages.Challenge.Addresses {
		if r.Err == nil && err != nil && bytes.Contains(r.Body, []byte(mark)) {
			return nil, &supplier.Error{Kind: supplier.Challenged, Detail: call + " answers with a page that holds " + mark}
		}
	}
	// A script that is no script is kept even from us, its status is not.
	switch kind := statusKind(r.Status); {
	case kind != "" && (r.Err != nil || err != nil):
		return nil, &supplier.Error{Kind: kind, Detail: fmt.Sprintf("%s answers with status %d", call, r.Status)}
	case r.Err != nil:
		return nil, nil
	case err != nil:
		return nil, fmt.Errorf("read the answer to %s: %w", call, err)
	}
	switch kind := p.Returns.Kind(a.Ret); kind {
	case "":
		if a.data.there() && !a.data.isObject() {
			return nil, fmt.Errorf("read the answer to %s: %w: its data are %s", call, ErrShape, a.data.kind())
		}
		return &a, nil
	case retryKind:
		return nil, nil
	default:
		return nil, &supplier.Error{Kind: kind, Detail: call + " answers " + Clip(strings.Join(a.Ret, ", "))}
	}
}

// statusKind is what a status of HTTP alone says, "" where it says nothing.
func statusKind(status int) supplier.Kind {
	switch {
	case status == 429 || status == 403:
		return supplier.Throttled
	case status >= 400:
		return supplier.Unreachable
	}
	return ""
}

// IsCall tells whether an address is a call's own, and not one that only
// mentions it, such as a report about it.
func IsCall(address, call string) bool {
	u, err := url.Parse(address)
	return err == nil && strings.Contains(strings.ToLower(u.Path)+"/", "/h5/"+strings.ToLower(call)+"/")
}

// AnswerFilter picks the answer that is about one order or line: its call names it, or
// names none and was answered with content. The page may make the same call
// about others, and a call that names none may get an empty answer.
type AnswerFilter struct {
	Field, Want string
	// IsEmpty tells whether an answer is empty; the last such answer is kept in
	// Empty.
	IsEmpty func(Answer) bool
	Empty   *Answer
}

// Take tells whether an answer is the one that is wanted.
func (q *AnswerFilter) Take(r Response, a Answer) bool {
	switch asked := r.Asked(q.Field); {
	case asked == q.Want:
		return true
	case asked != "":
		return false
	case q.IsEmpty(a):
		q.Empty = &a
		return false
	}
	return true
}

// Asked is a field of what the page sent with the call.
func (r Response) Asked(field string) string { return r.data().get(field).str() }

// data is the `data` argument that the page sent, in the address or in the
// body.
func (r Response) data() node {
	var raw string
	if u, err := url.Parse(r.URL); err == nil {
		raw = u.Query().Get("data")
	}
	if form, err := url.ParseQuery(r.PostData); raw == "" && err == nil {
		raw = form.Get("data")
	}
	asked, _ := decode([]byte(raw)) // what cannot be read asks for nothing
	return asked
}
