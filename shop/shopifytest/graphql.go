package shopifytest

import (
	"encoding/json"
	"io"
	"net/http"

	"github.com/vektah/gqlparser/v2"
	"github.com/vektah/gqlparser/v2/ast"
	"github.com/vektah/gqlparser/v2/gqlerror"
	"github.com/vektah/gqlparser/v2/validator"
	"github.com/vektah/gqlparser/v2/validator/rules"
)

// maxRequest bounds a request, in bytes.
const maxRequest = 1 << 20

type request struct {
	Query         string         `json:"query"`
	OperationName string         `json:"operationName"`
	Variables     map[string]any `json:"variables"`
}

type response struct {
	Data       any             `json:"data,omitempty"`
	Errors     []responseError `json:"errors,omitempty"`
	Extensions map[string]any  `json:"extensions,omitempty"`
}

type responseError struct {
	Message    string         `json:"message"`
	Extensions map[string]any `json:"extensions,omitempty"`
}

func (s *Shop) serveGraphQL(w http.ResponseWriter, r *http.Request) {
	var req request
	dec := json.NewDecoder(io.LimitReader(r.Body, maxRequest))
	dec.UseNumber()
	if err := dec.Decode(&req); err != nil {
		writeJSON(w, http.StatusBadRequest, map[string]any{"errors": "bad request"})
		return
	}
	version := s.serve(r.PathValue("version"))
	status, body, drop := s.handle(req, version, r.Header.Get("X-Shopify-Access-Token"))
	s.headers(w.Header(), version)
	if drop {
		panic(http.ErrAbortHandler) // net/http then breaks the connection
	}
	if status == http.StatusTooManyRequests {
		w.Header().Set("Retry-After", "0.1")
	}
	writeJSON(w, status, body)
}

// handle decides a request under the lock; writing the answer is done
// without it.
func (s *Shop) handle(req request, version, token string) (status int, body any, drop bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.queries = append(s.queries, req.OperationName)
	if status := s.failing(req.OperationName); status != 0 {
		return status, map[string]any{"errors": http.StatusText(status)}, false
	}
	if !s.admits(token) {
		return http.StatusUnauthorized, map[string]any{
			"errors": "[API] Invalid API key or access token (unrecognized login or wrong password)",
		}, false
	}
	body, write := s.answer(req, s.schemaOf(version))
	return http.StatusOK, body, take(&s.faults.drop) || write && take(&s.faults.dropWrites)
}

// answer carries a request out; write tells that it was a mutation.
func (s *Shop) answer(req request, schema *ast.Schema) (res response, write bool) {
	doc, errs := gqlparser.LoadQueryWithRules(schema, req.Query, rules.NewDefaultRules())
	if len(errs) > 0 {
		return refused("invalidQuery", errs...), false
	}
	op := doc.Operations.ForName(req.OperationName)
	if op == nil {
		return refused("invalidQuery", gqlerror.Errorf("no operation named %q", req.OperationName)), false
	}
	vars, err := validator.VariableValues(schema, op, req.Variables)
	if err != nil {
		return refused("INVALID_VARIABLE", gqlerror.Wrap(err)), false
	}
	cost := price(op.SelectionSet, vars)
	typ, root := schema.Query, s.root()
	if op.Operation == ast.Mutation {
		write, cost = true, cost+mutationPrice
		typ, root = schema.Mutation, s.mutations()
	}
	if cost > maxPrice {
		return refused("MAX_COST_EXCEEDED", gqlerror.Errorf("Query cost is %v, which exceeds the single query max cost limit (%v)", cost, maxPrice)), write
	}
	if take(&s.faults.throttle) {
		s.bucket.drain(cost)
		return s.throttled(cost), write
	}
	if !s.bucket.take(cost) {
		return s.throttled(cost), write
	}
	if !write {
		s.tick()
	}
	x := executor{schema: schema, vars: vars}
	res = response{Data: x.object(op.SelectionSet, typ.Name, root), Extensions: map[string]any{"cost": s.bucket.cost(cost, true)}}
	for _, e := range x.errs {
		res.Errors = append(res.Errors, responseError{Message: e.text, Extensions: map[string]any{"code": e.code}})
	}
	return res, write
}

func (s *Shop) throttled(price float64) response {
	return response{
		Errors:     []responseError{{Message: "Throttled", Extensions: map[string]any{"code": "THROTTLED"}}},
		Extensions: map[string]any{"cost": s.bucket.cost(price, false)},
	}
}

func refused(code string, errs ...*gqlerror.Error) response {
	var res response
	for _, e := range errs {
		res.Errors = append(res.Errors, responseError{Message: e.Message, Extensions: map[string]any{"code": code}})
	}
	return res
}

// headers say which version answered, and what is deprecated.
func (s *Shop) headers(h http.Header, version string) {
	h.Set("X-Shopify-API-Version", version)
	h.Set("Date", s.opts.Now().UTC().Format(http.TimeFormat))
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.deprecated != "" {
		h.Set("X-Shopify-API-Deprecated-Reason", s.deprecated)
	}
}

func writeJSON(w http.ResponseWriter, status int, v any) {
	w.Header().Set("Content-Type", "application/json; charset=utf-8")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(v) // a client that went away
}
