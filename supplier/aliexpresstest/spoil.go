package aliexpresstest

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"regexp"
	"time"
)

// Garbling is a way in which an answer goes wrong after the request has had
// its effect.
type Garbling string

// The ways of Garble.
const (
	// GarbleTruncated ends in the middle, with a matching length.
	GarbleTruncated Garbling = "truncated"
	// GarbleHTML is an HTML page where JSON is due.
	GarbleHTML Garbling = "html"
	// GarblePunish is such a page that leads to the punish page by script.
	GarblePunish Garbling = "punish"
	// GarbleTypes turns numbers and booleans into strings and strings that
	// hold a number into numbers.
	GarbleTypes Garbling = "types"
	// GarbleStatus answers with status 500 and nothing to read.
	GarbleStatus Garbling = "status 500"
	// GarbleLimit answers with status 429 and an HTML page.
	GarbleLimit Garbling = "status 429"
	// GarbleEmpty is an answer without a body.
	GarbleEmpty Garbling = "empty"
	// GarbleObject is an object with nothing in it.
	GarbleObject Garbling = "{}"
	// GarbleData has good codes, and text where the data are due.
	GarbleData Garbling = "data are text"
)

// garbled is what the next answers of a kind suffer.
type garbled struct {
	left int
	how  Garbling
}

// Garble spoils the next n answers of a kind, pages or calls. Effects are
// taken: only what the caller gets to read is spoilt.
func (s *Site) Garble(kind string, n int, how Garbling) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.garbles = put(s.garbles, kind, garbled{n, how})
}

// HangLoads lets the next n requests of a kind hang for as long as their
// caller waits; a reload asks again. They have no effect. Held counts those
// that hang now.
func (s *Site) HangLoads(kind string, n int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.stuck = put(s.stuck, kind, n)
}

// SetKindDelay makes every request of one kind take so long, in real time, on
// top of SetDelay; zero ends it.
func (s *Site) SetKindDelay(kind string, d time.Duration) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.delays = put(s.delays, kind, d)
}

func put[V any](m map[string]V, key string, v V) map[string]V {
	if m == nil {
		m = map[string]V{}
	}
	m[key] = v
	return m
}

// stall waits for ever if a load of this kind is to hang; false if it did.
func (s *Site) stall(ctx context.Context, kind string) bool {
	s.mu.Lock()
	stuck := s.stuck[kind] > 0
	if stuck {
		s.stuck[kind]--
		s.hanging = put(s.hanging, kind, s.hanging[kind]+1)
	}
	s.mu.Unlock()
	if stuck {
		<-ctx.Done()
		s.mu.Lock()
		s.hanging[kind]--
		s.mu.Unlock()
	}
	return !stuck
}

// spoilt is the answer as the caller gets it. The caller holds mu.
func (s *Site) spoilt(kind string, a reply) reply {
	g := s.garbles[kind]
	if g.left <= 0 {
		return a
	}
	s.garbles[kind] = garbled{g.left - 1, g.how}
	s.logf("garble %s: %s", kind, g.how)
	const html = "text/html; charset=utf-8"
	switch g.how {
	case GarbleTruncated:
		a.body = a.body[:len(a.body)/2]
	case GarbleHTML:
		return reply{typ: html, body: []byte("<!doctype html><title>Busy</title><p>The service is busy.</p>")}
	case GarblePunish:
		to := s.www + "/h5" + punishPath + "?x5secdata=" + newToken()
		return reply{typ: html, body: fmt.Appendf(nil, "<!doctype html><script>location.href = %q</script>", to)}
	case GarbleTypes:
		a.body = swapTypes(a.body)
	case GarbleStatus:
		return reply{status: http.StatusInternalServerError, typ: html, body: []byte{}}
	case GarbleLimit:
		return reply{status: http.StatusTooManyRequests, typ: html, body: []byte("<!doctype html><title>Slow down</title>")}
	case GarbleEmpty:
		return reply{typ: a.typ, body: []byte{}}
	case GarbleObject:
		a.body = inPlace(a.body, []byte("{}"))
	case GarbleData:
		a.body = inPlace(a.body, []byte(`{"ret":["`+success+`"],"data":"text"}`))
	}
	return a
}

// jsonIn tells where a body's JSON stands, in its callback or bare.
func jsonIn(body []byte) (from, to int) {
	if bytes.HasPrefix(body, []byte("{")) {
		return 0, len(body)
	}
	from, to = bytes.IndexByte(body, '(')+1, bytes.LastIndexByte(body, ')')
	if to < from {
		return 0, len(body)
	}
	return from, to
}

func inPlace(body, other []byte) []byte {
	from, to := jsonIn(body)
	return bytes.Join([][]byte{body[:from], other, body[to:]}, nil)
}

// swapTypes changes the scalars of a JSON body. What is no JSON stays.
func swapTypes(body []byte) []byte {
	from, to := jsonIn(body)
	dec := json.NewDecoder(bytes.NewReader(body[from:to]))
	dec.UseNumber()
	var whole any
	if dec.Decode(&whole) != nil {
		return body
	}
	swapped, err := json.Marshal(otherTypes(whole))
	if err != nil {
		return body
	}
	return bytes.Join([][]byte{body[:from], swapped, body[to:]}, nil)
}

var plainNumber = regexp.MustCompile(`^(0|[1-9][0-9]{0,17})(\.[0-9]+)?$`)

func otherTypes(v any) any {
	switch v := v.(type) {
	case map[string]any:
		for k, x := range v {
			v[k] = otherTypes(x)
		}
	case []any:
		for i, x := range v {
			v[i] = otherTypes(x)
		}
	case json.Number:
		return v.String()
	case bool:
		return fmt.Sprint(v)
	case string:
		if plainNumber.MatchString(v) {
			return json.Number(v)
		}
	}
	return v
}

// tokens is the signature's cookie, which the real site lets expire.
type tokens struct {
	on    bool
	valid string
	at    string // kind of the call at which it expires
}

const tokenCookie = "_m_h5_tk"

// SetTokens makes the calls demand the token cookie: one without it is
// answered FAIL_SYS_TOKEN_EMPTY, has no effect and brings the cookie along;
// the pages then ask once more.
func (s *Site) SetTokens(on bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.token = tokens{on: on, valid: newToken()}
}

// ExpireToken makes the token that callers have worthless: the next call is
// answered FAIL_SYS_TOKEN_EXOIRED, spelt as the site spells it, and brings a
// new one. It switches SetTokens on.
func (s *Site) ExpireToken() { s.SetTokens(true) }

// ExpireTokenAt is ExpireToken at the moment at which the next call of a kind
// arrives, so that this one is answered so. Other calls before it are not
// disturbed.
func (s *Site) ExpireTokenAt(kind string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.token.at = kind
}

// signed checks the token; the answer to a call without a good one brings a
// cookie. The caller holds mu.
func (s *Site) signed(r *http.Request, kind string) (early result, fresh *http.Cookie) {
	expires := s.token.at == kind && kind != ""
	if expires {
		s.token = tokens{on: true, valid: newToken()}
	}
	if !s.token.on {
		return result{}, nil
	}
	c, err := r.Cookie(tokenCookie)
	if err == nil && c.Value == s.token.valid {
		return result{}, nil
	}
	early = fail(RetTokenExpired)
	if err != nil && !expires {
		early = fail("FAIL_SYS_TOKEN_EMPTY::令牌为空")
	}
	return early, &http.Cookie{Name: tokenCookie, Value: s.token.valid, Path: "/", SameSite: http.SameSiteLaxMode}
}
