package chrome

import (
	"context"
	"fmt"

	"github.com/chromedp/cdproto/target"
	"github.com/chromedp/chromedp"
)

// CloseOpened closes the tabs that this one's pages opened, and those that
// they opened in turn: each would run on unseen. Tabs that a person opened
// stay.
func (t *Tab) CloseOpened(ctx context.Context) error {
	ctx, cancel := t.deadline(ctx)
	defer cancel()
	op, done := t.p.bind(ctx)
	defer done()
	all, err := chromedp.CallBrowser(op, target.GetTargets, target.GetTargetsParams{})
	if err != nil {
		return t.p.explain(ctx, "close the tabs that the page opened", err)
	}
	t.mu.Lock()
	ours := map[target.ID]bool{t.id: true}
	for _, id := range t.opened {
		ours[id] = true
	}
	t.opened = nil
	t.mu.Unlock()
	for grown := true; grown; {
		grown = false
		for _, info := range all.TargetInfos {
			if info.OpenerID != "" && ours[info.OpenerID] && !ours[info.TargetID] {
				ours[info.TargetID], grown = true, true
			}
		}
	}
	for _, info := range all.TargetInfos {
		if info.TargetID == t.id || !ours[info.TargetID] || info.Type != "page" {
			continue
		}
		// One that closes itself meanwhile is as good.
		if _, err := chromedp.CallBrowser(op, target.CloseTarget, target.CloseTargetParams{TargetID: info.TargetID}); err != nil && ctx.Err() != nil {
			return fmt.Errorf("close the tabs that the page opened: %w", context.Cause(ctx))
		}
	}
	return nil
}
