package site

import (
	"errors"
	"net/url"
	"regexp"
	"strings"
)

// Recorded is one call of a page, as findings.json lists it. Of the request
// only the names of its fields are kept.
type Recorded struct {
	Call   string   `json:"call"`
	Method string   `json:"method"`
	Status int      `json:"status"`
	Ret    []string `json:"ret,omitempty"`
	Asked  []string `json:"asked,omitempty"`
	// File holds the answer without personal fields; empty where it could
	// not be read, and why.
	File  string `json:"file,omitempty"`
	Error string `json:"error,omitempty"`
}

var callName = regexp.MustCompile(`/h5/([a-z0-9._]+)/`)

// Record lists a call, and gives what may be kept of its answer: of a call
// that the profile does not name only the outline, because nobody knows what
// it is about; nil where there is no answer.
func (p Profile) Record(r Response) (Recorded, []byte) {
	rec := Recorded{Method: r.Method, Status: r.Status, Asked: r.data().keys()}
	if u, err := url.Parse(r.URL); err == nil {
		if m := callName.FindStringSubmatch(strings.ToLower(u.Path)); m != nil {
			rec.Call = m[1]
		}
	}
	a, err := ParseAnswer(r.Body)
	if err = errors.Join(r.Err, err); err != nil {
		// What is no answer may hold anything; it is named, not kept.
		rec.Error = err.Error()
		return rec, nil
	}
	body, err := a.outline(p.Private.Keys)
	if p.Calls.name(rec.Call) {
		body, err = a.Public(p.Private.Keys)
	}
	if err != nil {
		rec.Error = err.Error()
		return rec, nil
	}
	rec.Ret = a.Ret
	return rec, body
}
