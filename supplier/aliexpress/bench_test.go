package aliexpress

import (
	"testing"

	"countermand/state"
	"countermand/supplier/aliexpresstest"
)

// BenchmarkCancel places cancel requests, from the order's page to the reading
// that shows them, without a person's pauses.
func BenchmarkCancel(b *testing.B) {
	for _, layout := range []aliexpresstest.Layout{aliexpresstest.LayoutPage, aliexpresstest.LayoutDialog} {
		b.Run(string(layout), func(b *testing.B) {
			r := newRig(b, nil)
			if err := r.client.Probe(b.Context()); err != nil { // the browser has started
				b.Fatal(err)
			}
			for b.Loop() {
				number, marks := r.order(b, func(o *aliexpresstest.Order) { o.Layout = layout }), 0
				got, err := r.client.Cancel(b.Context(), request(number, &marks))
				if err != nil || got.Outcome != state.AskPending || marks != 1 {
					b.Fatalf("cancel: %+v, %v", got, err)
				}
			}
		})
	}
}
