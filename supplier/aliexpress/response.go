package aliexpress

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

// accept reads one response: nil where it is not the call's or the page will
// ask again by itself.
func (p Profile) accept(r Response, call string) (*answer, error) {
	if !isCall(r.URL, call) {
		return nil, nil
	}
	if r.Err != nil {
		// A script that is no script is kept even from us, its status is not.
		if kind := statusKind(r.Status); kind != "" {
			return nil, &supplier.Error{Kind: kind, Detail: fmt.Sprintf("%s answers with status %d", call, r.Status)}
		}
		return nil, nil
	}
	a, err := parseAnswer(r.Body)
	if err != nil {
		for _, mark := range p.Pages.Challenge.Addresses {
			if bytes.Contains(r.Body, []byte(mark)) {
				return nil, &supplier.Error{Kind: supplier.Challenged, Detail: call + " answers with a page that holds " + mark}
			}
		}
		if kind := statusKind(r.Status); kind != "" {
			return nil, &supplier.Error{Kind: kind, Detail: fmt.Sprintf("%s answers with status %d", call, r.Status)}
		}
		return nil, fmt.Errorf("read the answer to %s: %w", call, err)
	}
	switch kind := p.Returns.kind(a.Ret); kind {
	case "":
		if a.Data.there() && !a.Data.isObject() {
			return nil, fmt.Errorf("read the answer to %s: %w: its data are %s", call, errShape, a.Data.kind())
		}
		return &a, nil
	case again:
		return nil, nil
	default:
		return nil, &supplier.Error{Kind: kind, Detail: call + " answers " + clip(strings.Join(a.Ret, ", "))}
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

// isCall tells whether an address is a call's own, and not one that only
// mentions it, such as a report about it.
func isCall(address, call string) bool {
	u, err := url.Parse(address)
	return err == nil && strings.Contains(strings.ToLower(u.Path)+"/", "/h5/"+strings.ToLower(call)+"/")
}

// asking takes the answer to the question that names what is wanted, or to
// one that names nothing but was answered all the same. The page may ask
// about others, too, and without a number it gets an empty frame.
type asking struct {
	field, want string
	// hollow tells whether an answer is such a frame; the last one is kept
	// for where nothing better comes.
	hollow func(answer) bool
	empty  *answer
}

func (q *asking) take(r Response, a answer) bool {
	switch asked := requestData(r.URL, r.PostData).get(q.field).str(); {
	case asked == q.want:
		return true
	case asked != "":
		return false
	case q.hollow(a):
		q.empty = &a
		return false
	}
	return true
}
