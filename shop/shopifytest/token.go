package shopifytest

import (
	"crypto/rand"
	"encoding/json"
	"io"
	"mime"
	"net/http"
	"net/url"
	"strings"
)

// serveToken is the client credentials grant.
func (s *Shop) serveToken(w http.ResponseWriter, r *http.Request) {
	got, err := readGrant(r)
	if err != nil {
		writeGrant(w, http.StatusBadRequest, map[string]any{"error": "invalid_request", "error_description": err.Error()})
		return
	}
	status, body := s.grant(got)
	writeGrant(w, status, body)
}

// readGrant takes a form or JSON, as Shopify does.
func readGrant(r *http.Request) (map[string]string, error) {
	b, err := io.ReadAll(io.LimitReader(r.Body, maxRequest))
	if err != nil {
		return nil, err
	}
	out := map[string]string{}
	if kind, _, _ := mime.ParseMediaType(r.Header.Get("Content-Type")); kind == "application/json" {
		return out, json.Unmarshal(b, &out)
	}
	form, err := url.ParseQuery(string(b))
	for k := range form {
		out[k] = form.Get(k)
	}
	return out, err
}

func (s *Shop) grant(got map[string]string) (int, map[string]any) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.grants++
	refuse := func(status int, code, text string) (int, map[string]any) {
		return status, map[string]any{"error": code, "error_description": text}
	}
	if status := s.failing("grant"); status != 0 {
		return status, map[string]any{"error": http.StatusText(status)}
	}
	switch {
	case s.faults.grant != "":
		return refuse(http.StatusBadRequest, s.faults.grant, "Client credentials cannot be performed on this shop")
	case got["grant_type"] != "client_credentials":
		return refuse(http.StatusBadRequest, "unsupported_grant_type", "The grant type is not supported")
	case got["client_id"] != s.opts.ClientID || got["client_secret"] != s.opts.ClientSecret:
		return refuse(http.StatusUnauthorized, "invalid_client", "Client authentication failed")
	}
	token := "shpat_" + rand.Text()
	s.tokens[token] = s.opts.Now().Add(s.opts.TokenLife)
	return http.StatusOK, map[string]any{
		"access_token": token, "scope": strings.Join(s.opts.Scopes, ","), "expires_in": int(s.opts.TokenLife.Seconds()),
	}
}

func writeGrant(w http.ResponseWriter, status int, body map[string]any) {
	w.Header().Set("Content-Type", "application/json; charset=utf-8")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(body) // a client that went away
}

// admits tells whether a token is good now.
func (s *Shop) admits(token string) bool {
	ends, ok := s.tokens[token]
	return token == s.opts.Token || ok && s.opts.Now().Before(ends)
}

// RevokeTokens ends every token that was granted.
func (s *Shop) RevokeTokens() {
	s.mu.Lock()
	defer s.mu.Unlock()
	clear(s.tokens)
}

// RefuseGrants answers every grant with an error code, such as
// "shop_not_permitted"; an empty one ends that.
func (s *Shop) RefuseGrants(code string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.faults.grant = code
}

// Grants counts the requests for a token.
func (s *Shop) Grants() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.grants
}
