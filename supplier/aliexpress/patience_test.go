package aliexpress

import (
	"fmt"
	"testing"
	"time"

	"countermand/supplier/aliexpress/site"
)

// TestAPageThatIsNotKnownIsGivenUpEarly: ten seconds after it has loaded, though
// its text changes; another page, or one that still loads, has its own.
func TestAPageThatIsNotKnownIsGivenUpEarly(t *testing.T) {
	t.Parallel()
	const pace = 50 * time.Millisecond
	for name, tt := range map[string]struct {
		pace time.Duration
		see  func(i int) site.View
		over time.Duration // zero: not within half a minute
	}{
		"stands still": {pace, func(int) site.View { return site.View{URL: "a", Ready: "complete"} }, unknownAtMost},
		"counts down":  {pace, func(i int) site.View { return site.View{URL: "a", Ready: "complete", Text: fmt.Sprint(i)} }, unknownAtMost},
		"still loads":  {pace, func(int) site.View { return site.View{URL: "a", Ready: "interactive"} }, 0},
		"goes on to another page": {pace, func(i int) site.View {
			return site.View{URL: fmt.Sprint(i / 100), Ready: "complete"}
		}, 0},
		"loads at last": {pace, func(i int) site.View {
			if i < 100 {
				return site.View{URL: "a", Ready: "interactive"}
			}
			return site.View{URL: "a", Ready: "complete"}
		}, 100*pace + unknownAtMost},
		"in a slow browser": {500 * time.Millisecond, func(int) site.View { return site.View{URL: "a", Ready: "complete"} }, (looksAtLeast - 1) * 500 * time.Millisecond},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var p patience
			start := time.Unix(0, 0)
			for i := 0; ; i++ {
				after := time.Duration(i) * tt.pace
				if after > 30*time.Second {
					if tt.over != 0 {
						t.Errorf("not given up, want after %s", tt.over)
					}
					return
				}
				if p.over(site.Sight{View: tt.see(i)}, start.Add(after)) {
					if after != tt.over {
						t.Errorf("given up after %s, want %s", after, tt.over)
					}
					return
				}
			}
		})
	}
}
