package control

import (
	"context"
	"net/http"
	"strings"

	"countermand/supplier"
)

// SiteCalls are the calls of the supplier's site, known or met.
type SiteCalls struct {
	Calls []supplier.SiteCall `json:"calls"`
}

// SiteCallSet says what a call does.
type SiteCallSet struct {
	Name string `json:"name"`
	// Is says read or write; "" forgets what was said.
	Is string `json:"is"`
	// Kind of a write: cancel, message, dispute; default cancel.
	Kind string `json:"kind,omitempty"`
	// Words of operations that a read carries all the same.
	Words []string `json:"words,omitempty"`
}

// SiteCalls asks for the calls of the supplier's site.
func (c *Client) SiteCalls(ctx context.Context) (out SiteCalls, err error) {
	return out, c.call(ctx, http.MethodGet, "/v1/site/calls", nil, &out)
}

// SetSiteCall says what a call does.
func (c *Client) SetSiteCall(ctx context.Context, in SiteCallSet) (out SiteCalls, err error) {
	return out, c.call(ctx, http.MethodPost, "/v1/site/calls", in, &out)
}

func (s *Server) siteCalls(r *http.Request) (any, error) {
	calls, err := s.o.Backend.SiteCalls(r.Context())
	return SiteCalls{Calls: calls}, err
}

func (s *Server) setSiteCall(r *http.Request) (any, error) {
	var in SiteCallSet
	if err := read(r, &in); err != nil {
		return nil, err
	}
	if in.Name = strings.TrimSpace(in.Name); in.Name == "" {
		return nil, Invalid("say which call: a name such as mtop.x.y, or a path that begins with /")
	}
	if err := s.o.Backend.SetSiteCall(r.Context(), in, who(r.Context())); err != nil {
		return nil, err
	}
	return s.siteCalls(r)
}
