package state_test

import (
	"errors"
	"fmt"
	"slices"
	"testing"

	"countermand/state"
)

func TestAllGoesThroughEveryPage(t *testing.T) {
	t.Parallel()
	oops := errors.New("oops")
	var asked []string
	list := func(upTo int, p state.Page) ([]int, string, error) {
		asked = append(asked, p.After)
		n := len(asked) * 10
		switch {
		case n > 20:
			return nil, "", oops
		case n >= upTo:
			return []int{n, n + 1}, "", nil
		}
		return []int{n, n + 1}, fmt.Sprint("after", n), nil
	}
	for _, tt := range []struct {
		upTo, stop int
		want       []int
		pages      []string
		err        error
	}{
		{upTo: 20, want: []int{10, 11, 20, 21}, pages: []string{"", "after10"}},
		{upTo: 20, stop: 20, want: []int{10, 11, 20}, pages: []string{"", "after10"}},
		{upTo: 20, stop: 11, want: []int{10, 11}, pages: []string{""}},
		{upTo: 30, want: []int{10, 11, 20, 21}, pages: []string{"", "after10", "after20"}, err: oops},
	} {
		asked = nil
		var got []int
		var last error
		for n, err := range state.AllOf(list, tt.upTo) {
			if last = err; err == nil {
				got = append(got, n)
			}
			if n == tt.stop && n > 0 {
				break
			}
		}
		if !slices.Equal(got, tt.want) || !slices.Equal(asked, tt.pages) || !errors.Is(last, tt.err) {
			t.Errorf("up to %d, stopped at %d: got %v of pages %q, %v", tt.upTo, tt.stop, got, asked, last)
		}
	}
}
