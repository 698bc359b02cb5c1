package main

import (
	"testing"

	"countermand/state"
)

// A cancel whose webhook never comes is found by the polls, and asked for
// once, however often it is found.
func TestCancelWithoutWebhook(t *testing.T) {
	t.Parallel()
	s := newScene(t, setting{poll: "1m"})
	s.order("#9001", "8190000000090001")
	s.order("#9002", "8190000000090002")
	s.start()
	if _, err := s.shop.Cancel("#9001", "CUSTOMER"); err != nil {
		t.Fatal(err)
	}
	s.await("#9001", state.Requested)
	s.oneCancel("8190000000090001")
	if _, err := s.shop.Cancel("#9002", "CUSTOMER"); err != nil {
		t.Fatal(err)
	}
	s.await("#9002", state.Requested)
	s.oneCancel("8190000000090001", "8190000000090002")
}
