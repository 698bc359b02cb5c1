package site

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"mime"
	"mime/multipart"
	"net/url"
	"strings"
	"unicode/utf8"
)

// The bounds of what is read of a payload. What lies beyond them was not
// read, and a payload that was not read whole fits nothing.
const (
	maxPayload = 1 << 20 // bytes of text
	maxUpload  = 64 << 20
	maxNesting = 32 // of objects, lists, and texts that hold such again
	maxFields  = 10_000
)

// field is one value of a payload, under the name that stands nearest to it.
type field struct {
	key, val string
	bare     bool // a number or boolean of JSON, not a text
	path     bool // a part of the address's path
	holds    bool // what it holds was read as further fields
}

// payload is everything that a call's address and body say, read in every way
// that it can be read: forms, JSON, JSON and queries inside texts, multipart.
type payload struct {
	fields []field
	files  int
	// partial: something could not be read, or lies beyond the bounds.
	partial bool
	// packed: the body is no text, so that what it says is not known.
	packed bool
	size   int
}

// readPayload reads an address and a body. The server's way to read it is not
// known, so all that apply are taken together.
func readPayload(u *url.URL, contentType string, body []byte) *payload {
	y := &payload{}
	above := ""
	for part := range strings.SplitSeq(u.Path, "/") {
		if part != "" {
			y.fields = append(y.fields, field{key: above, val: part, path: true})
			above = part
		}
	}
	y.query("", u.RawQuery, 0)
	kind, params, err := mime.ParseMediaType(contentType)
	if err == nil && strings.HasPrefix(kind, "multipart/") {
		y.multipart(params["boundary"], body)
		return y
	}
	if line, _, ok := bytes.Cut(body, []byte("\r\n")); ok && bytes.HasPrefix(line, []byte("--")) {
		y.multipart(string(line[2:]), body)
		return y
	}
	if len(body) > 0 && (strings.HasPrefix(kind, "image/") || strings.HasPrefix(kind, "video/") || kind == "application/octet-stream") {
		y.files++
	} else if !utf8.Valid(body) || bytes.IndexByte(body, 0) >= 0 {
		y.packed = true
	}
	if len(body) > maxPayload {
		y.partial = true
		return y
	}
	y.text("", string(body), 0)
	return y
}

func (y *payload) add(key, val string, bare bool) {
	if len(y.fields) >= maxFields {
		y.partial = true
		return
	}
	y.fields = append(y.fields, field{key: key, val: val, bare: bare})
}

// spend counts what is read, so that texts inside texts cannot multiply it.
func (y *payload) spend(n, depth int) bool {
	y.size += n
	if depth > maxNesting || y.size > 8*maxPayload {
		y.partial = true
		return false
	}
	return true
}

// text takes a value, and all that it may hold when it is read again.
func (y *payload) text(key, s string, depth int) {
	if s == "" || !y.spend(len(s), depth) {
		return
	}
	y.add(key, s, false)
	at := len(y.fields) - 1
	t := strings.TrimSpace(strings.TrimPrefix(s, "\ufeff"))
	if t != "" && strings.ContainsRune(`{["`, rune(t[0])) && y.json(key, t, depth+1) {
		y.fields[at].holds = true
		return
	}
	if open := strings.IndexByte(t, '('); open > 0 && strings.HasSuffix(strings.TrimRight(t, "; \n"), ")") {
		y.text(key, string(stripCallback([]byte(t))), depth+1) // a script that calls with JSON
	}
	if before, after, ok := strings.Cut(s, "?"); ok && strings.Contains(after, "=") {
		y.fields[at].holds = true
		y.text(key, before, depth+1)
		y.query(key, after, depth+1)
	} else if strings.Contains(s, "=") {
		y.fields[at].holds = true
		y.query(key, s, depth+1)
	} else if strings.Contains(s, "%") {
		if plain, err := url.QueryUnescape(s); err == nil && plain != s {
			y.fields[at].holds = true
			y.text(key, plain, depth+1)
		}
	}
}

// query reads a form or an address's parameters, each pair by itself, so that
// one that is not well formed hides no other.
func (y *payload) query(above, raw string, depth int) {
	if !y.spend(len(raw), depth) {
		return
	}
	plain := func(s string) string {
		out, err := url.QueryUnescape(s)
		if err != nil {
			y.partial = y.partial || depth <= 1 // a text may look like a form and be none
			return s
		}
		return out
	}
	for pair := range strings.FieldsFuncSeq(raw, func(r rune) bool { return r == '&' || r == ';' }) {
		k, v, named := strings.Cut(pair, "=")
		key, val := plain(k), plain(v)
		if !named {
			y.text(above, key, depth+1)
			continue
		}
		if isDigits(key) {
			y.add(above, key, false)
		}
		if key == "" {
			key = above
		}
		y.text(key, val, depth+1)
	}
}

// json reads token by token: a key that stands twice is seen twice.
func (y *payload) json(key, s string, depth int) (whole bool) {
	if !y.spend(len(s), depth) {
		return false
	}
	dec := json.NewDecoder(strings.NewReader(s))
	dec.UseNumber()
	type level struct {
		object, named bool
		key           string
	}
	levels := []level{{key: key}}
	for {
		tok, err := dec.Token()
		if errors.Is(err, io.EOF) && len(levels) == 1 {
			return true
		}
		if err != nil {
			// A text may look like JSON and be none; a body may not.
			y.partial = y.partial || depth <= 1 || strings.HasPrefix(s, `{"`) || strings.HasPrefix(s, "[{")
			return false
		}
		top := &levels[len(levels)-1]
		if name, ok := tok.(string); ok && top.object && !top.named {
			top.key, top.named = name, true
			if isDigits(name) {
				y.add(key, name, false) // a number may be a key
			}
			continue
		}
		switch v := tok.(type) {
		case json.Delim:
			if v == '}' || v == ']' {
				levels = levels[:len(levels)-1]
				levels[len(levels)-1].named = false
				continue
			}
			if depth+len(levels) > maxNesting {
				y.partial = true
				return false
			}
			levels = append(levels, level{object: v == '{', key: top.key})
			continue
		case string:
			y.text(top.key, v, depth+1)
		case json.Number:
			y.add(top.key, v.String(), true)
		case bool:
			y.add(top.key, map[bool]string{true: "true", false: "false"}[v], true)
		}
		top.named = false
	}
}

// multipart reads the parts of a form with files. A part that holds text is
// read like a field, also where it has a file's name.
func (y *payload) multipart(boundary string, body []byte) {
	if boundary == "" || len(body) > maxUpload {
		y.partial = true
		return
	}
	r := multipart.NewReader(bytes.NewReader(body), boundary)
	for n := 0; ; n++ {
		part, err := r.NextRawPart()
		if errors.Is(err, io.EOF) {
			y.partial = y.partial || n == 0
			return
		}
		if err != nil || n > maxFields {
			y.partial = true
			return
		}
		content, err := io.ReadAll(part)
		if err != nil {
			y.partial = true
			return
		}
		name, file := part.FormName(), part.FileName()
		text := len(content) <= maxPayload && utf8.Valid(content)
		isJSON := text && json.Valid(content)
		switch {
		case file != "" && !isJSON:
			y.files++
			y.add(name, file, false)
		case !text:
			y.partial = true
		}
		if text {
			y.text(name, string(content), 1)
		}
	}
}

func isDigits(s string) bool {
	return s != "" && strings.Trim(s, "0123456789") == ""
}
