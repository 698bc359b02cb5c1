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
	status, body, drop := s.handle(req, r.Header.Get("X-Shopify-Access-Token"))
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
func (s *Shop) handle(req request, token string) (status int, body any, drop bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.queries = append(s.queries, req.OperationName)
	if take(&s.faults.fail) {
		return s.faults.status, map[string]any{"errors": http.StatusText(s.faults.status)}, false
	}
	if token != s.opts.Token {
		return http.StatusUnauthorized, map[string]any{
			"errors": "[API] Invalid API key or access token (unrecognized login or wrong password)",
		}, false
	}
	return http.StatusOK, s.answer(req), take(&s.faults.drop)
}

func (s *Shop) answer(req request) response {
	doc, errs := gqlparser.LoadQueryWithRules(s.schema, req.Query, rules.NewDefaultRules())
	if len(errs) > 0 {
		return refused("invalidQuery", errs...)
	}
	op := doc.Operations.ForName(req.OperationName)
	if op == nil {
		return refused("invalidQuery", gqlerror.Errorf("no operation named %q", req.OperationName))
	}
	vars, err := validator.VariableValues(s.schema, op, req.Variables)
	if err != nil {
		return refused("INVALID_VARIABLE", gqlerror.Wrap(err))
	}
	price := price(op.SelectionSet, vars)
	if price > maxPrice {
		return refused("MAX_COST_EXCEEDED", gqlerror.Errorf("Query cost is %v, which exceeds the single query max cost limit (%v)", price, maxPrice))
	}
	if take(&s.faults.throttle) {
		s.bucket.drain(price)
		return s.throttled(price)
	}
	if !s.bucket.take(price) {
		return s.throttled(price)
	}
	x := executor{schema: s.schema, vars: vars}
	data := x.object(op.SelectionSet, s.rootType(op), s.root())
	res := response{Data: data, Extensions: map[string]any{"cost": s.bucket.cost(price, true)}}
	for _, e := range x.errs {
		res.Errors = append(res.Errors, responseError{Message: e, Extensions: map[string]any{"code": "INTERNAL_SERVER_ERROR"}})
	}
	return res
}

func (s *Shop) rootType(op *ast.OperationDefinition) string {
	if op.Operation == ast.Mutation {
		return s.schema.Mutation.Name
	}
	return s.schema.Query.Name
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

func writeJSON(w http.ResponseWriter, status int, v any) {
	w.Header().Set("Content-Type", "application/json; charset=utf-8")
	w.Header().Set("X-Shopify-API-Version", Version)
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(v) // a client that went away
}
