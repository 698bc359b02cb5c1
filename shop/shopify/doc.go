// Package shopify speaks with one Shopify store: it reads orders through the
// Admin GraphQL API, finds the supplier's order numbers in them, and takes the
// store's webhooks.
//
// A webhook is a knock: only the order's id is kept of it, and what counts is
// read from the API. Nothing personal is asked for, kept or logged.
//
// The operations stand in operations/*.graphql. generated.go is made of them
// and of schema.graphql by genqlient, offline:
//
//	go generate ./shop/shopify/...
//
// schema.graphql holds only the signatures that the operations use. After a
// change of an operation, or for a new API version, it is cut again out of a
// whole schema (SDL, plain or .gz), which is not kept in the tree, and what
// that lacks; the loopback Shopify in shop/shopifytest gets the same cut:
//
//	cd shop/shopify && go run ./internal/prune -api 2026-10 -schema FILE \
//	    -schema EDITS -schema supplement.graphql \
//	    -o schema.graphql -o ../shopifytest/schema.graphql operations/*.graphql
//
// Operations that need 2026-10 stand in files of their own, named after it,
// and are only sent where that version or a later one is asked for.
package shopify

//go:generate go tool genqlient genqlient.yaml
