package chrome

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/chromedp/cdproto/target"
	"github.com/chromedp/chromedp"
)

// ErrOutside: a browser that somebody else started does not send its requests
// through the gate's proxy.
var ErrOutside = errors.New("the browser is not behind the gate's proxy")

// adopt takes a browser that somebody else started behind the gate: what stood
// open there is closed, because its requests began without the gate, and the
// browser must prove that it has no other way out than the gate's proxy.
func (g *gate) adopt(ctx context.Context) error {
	probe := g.proxy.Probe()
	defer probe.Forget()
	g.mu.Lock()
	g.probe = probe
	g.mu.Unlock()
	first, err := g.openProbe(probe.URLs()[0])
	if err != nil {
		return err
	}
	all, err := chromedp.CallBrowser(g.root, target.GetTargets, target.GetTargetsParams{})
	if err != nil {
		return fmt.Errorf("look at the open tabs: %w", err)
	}
	for _, t := range all.TargetInfos {
		if t.TargetID == first || t.Type == "browser" {
			continue
		}
		// One that went by itself is as good.
		_, _ = chromedp.CallBrowser(g.root, target.CloseTarget, target.CloseTargetParams{TargetID: t.TargetID})
	}
	second, err := g.openProbe(probe.URLs()[1])
	if err != nil {
		return err
	}
	proved := poll(ctx, 20*time.Millisecond, func() (bool, error) { return probe.Proved(), nil }) == nil
	for _, id := range []target.ID{first, second} {
		if _, err := chromedp.CallBrowser(g.root, target.CloseTarget, target.CloseTargetParams{TargetID: id}); err != nil {
			return fmt.Errorf("close a tab of our own: %w", err)
		}
	}
	if !proved {
		return fmt.Errorf("%w: start it with --%s and a profile of its own (--user-data-dir), and set browser.gate_listen to a fixed port", ErrOutside, strings.Join(g.flags(), " --"))
	}
	return nil
}

func (g *gate) openProbe(address string) (target.ID, error) {
	res, err := chromedp.CallBrowser(g.root, target.CreateTarget, target.CreateTargetParams{URL: address, Background: new(true)})
	if err != nil {
		return "", fmt.Errorf("open a tab to find out which way it leads: %w", err)
	}
	return res.TargetID, nil
}

// probed tells whether a request only asks which way leads out.
func (g *gate) probed(r *Request) bool {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.probe == nil {
		return false
	}
	for _, u := range g.probe.URLs() {
		if strings.HasPrefix(r.URL, u) {
			return true
		}
	}
	return false
}
