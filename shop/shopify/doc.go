// Package shopify speaks with one Shopify store through the Admin GraphQL API:
// it reads orders and finds the supplier's order numbers in them, cancels
// orders, puts tags and a metafield on them, ends customers' requests, and
// looks after the app's webhook subscriptions and its standing with the store.
//
// Four things knock: webhooks and Flow (NewHandler), the
// Reconciler, which finds what no webhook told, and the engine itself. A knock
// is no more than that: only the order's id is kept of it, and what counts is
// read from the API. Nothing personal is asked for, kept or logged.
//
// Reads are tried again. A write is sent once; where its answer is lost, what
// it was to change is read before anything else is sent. All calls share the
// store's one budget of points.
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
