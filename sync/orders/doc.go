// Package orders works out which supplier orders a shop order wants cancelled,
// and what the answers of all its suppliers together mean for the customer.
//
// It is pure. Package sync reads the shop's order and what is stored, asks here
// what follows, and opens or moves the cases.
package orders
