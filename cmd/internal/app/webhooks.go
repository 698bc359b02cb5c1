package app

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/robfig/cron/v3"
	"github.com/rs/zerolog"

	"countermand/cmd/internal/doctor"
	"countermand/configs"
	"countermand/shop"
	"countermand/state"
)

// watchEvery is how often a shop's webhook subscriptions are looked at: one
// that is removed costs no more than the delay of a poll.
const watchEvery = 24 * time.Hour

// subscriber is a shop whose webhook subscriptions can be looked after.
type subscriber interface {
	EnsureSubscriptions(ctx context.Context, callbackURL string, fix bool) (shop.Subscriptions, error)
}

// hookWatch notices that a shop has removed subscriptions, as Shopify does
// after eight deliveries that failed, and makes them again.
type hookWatch struct {
	shop  string
	url   string
	shops subscriber
	store state.Store
	// mend makes what is missing; without it the operator is only told.
	mend bool
	// remade hears which topics had been removed and are there again.
	remade func(ctx context.Context, shopName string, topics []string) error
	log    zerolog.Logger
}

// seenHooks is what the last look found. Without it nothing could tell a
// subscription that was removed from one that never was.
type seenHooks struct {
	URL    string   `json:"url"`
	Topics []string `json:"topics"`
}

func (w *hookWatch) valueName() string { return "webhooks/" + w.shop }

// check compares once. Whatever the error, the next look does all of it again.
func (w *hookWatch) check(ctx context.Context) error {
	before, err := w.seen(ctx)
	if err != nil {
		return err
	}
	found, err := w.shops.EnsureSubscriptions(ctx, w.url, w.mend)
	if err != nil {
		return fmt.Errorf("look at the webhook subscriptions of shop %s: %w", w.shop, err)
	}
	for _, p := range found.Problems {
		w.log.Warn().Str("shop", w.shop).Msg("webhook subscription not made: " + p)
	}
	lost := doctor.MissingTopics(found)
	if len(lost) > 0 {
		w.log.Warn().Str("shop", w.shop).Strs("topics", lost).Msg("webhook subscriptions are missing; polls find what they would have told, and countermand doctor --fix makes them")
	}
	made := doctor.Topics(found.Created)
	if len(made) > 0 {
		w.log.Warn().Str("shop", w.shop).Strs("topics", made).Str("url", w.url).Msg("webhook subscriptions made")
	}
	if again := common(made, before.Topics); before.URL == w.url && len(again) > 0 {
		if err := w.remade(ctx, w.shop, again); err != nil {
			return fmt.Errorf("tell of the webhook subscriptions of shop %s: %w", w.shop, err)
		}
	}
	return w.remember(ctx, before, seenHooks{URL: w.url, Topics: append(doctor.Topics(found.Have), common(lost, before.Topics)...)})
}

func common(a, b []string) []string {
	return slices.DeleteFunc(slices.Clone(a), func(x string) bool { return !slices.Contains(b, x) })
}

func (w *hookWatch) seen(ctx context.Context) (out seenHooks, err error) {
	err = w.store.View(ctx, func(tx state.ReadTx) error {
		text, err := tx.Value(w.valueName())
		if err != nil || text == "" {
			return err
		}
		return json.Unmarshal([]byte(text), &out)
	})
	if err != nil {
		return out, fmt.Errorf("read the webhook subscriptions seen at shop %s: %w", w.shop, err)
	}
	return out, nil
}

func (w *hookWatch) remember(ctx context.Context, before, now seenHooks) error {
	slices.Sort(now.Topics)
	if before.URL == now.URL && slices.Equal(before.Topics, now.Topics) {
		return nil
	}
	text, err := json.Marshal(now)
	if err == nil {
		err = w.store.Update(ctx, func(tx state.Tx) error { return tx.PutValue(w.valueName(), string(text)) })
	}
	if err != nil {
		return fmt.Errorf("save the webhook subscriptions seen at shop %s: %w", w.shop, err)
	}
	return nil
}

// scheduleWatches looks after the subscriptions of each shop whose webhooks
// could be believed. In the mode observe nothing is written to a shop, so
// there it only tells.
func (a *App) scheduleWatches() {
	if a.o.Config.Webhooks.PublicURL == "" {
		return
	}
	for _, s := range a.shops {
		if len(s.WebhookSecrets()) == 0 {
			continue
		}
		w := &hookWatch{
			shop: s.Name, url: doctor.HookURL(a.o.Config, s.Name), shops: s.Client, store: a.store,
			mend: a.o.Config.Mode != configs.ModeObserve, remade: a.webhooksRemade,
			log: a.o.Log.With().Str("room", "webhooks").Logger(),
		}
		look := cron.FuncJob(func() {
			ctx, cancel := context.WithTimeout(a.life, 5*time.Minute)
			defer cancel()
			if err := w.check(ctx); err != nil && a.life.Err() == nil {
				a.o.Log.Warn().Err(err).Str("shop", s.Name).Msg("webhook subscriptions not looked at, tried again tomorrow")
			}
		})
		a.cron.Schedule(&startAtOnce{Schedule: every{a.clock, watchEvery, leastPoll}}, look)
	}
}

// startAtOnce runs a job once at the start, and then as its schedule says.
type startAtOnce struct {
	cron.Schedule
	ran bool
}

// Next is called by cron alone, one call after the other.
func (f *startAtOnce) Next(t time.Time) time.Time {
	if !f.ran {
		f.ran = true
		return t
	}
	return f.Schedule.Next(t)
}

// webhooksRemade tells the operator that a shop had removed subscriptions.
func (a *App) webhooksRemade(ctx context.Context, shopName string, topics []string) error {
	return a.upkeep.Raise(ctx, state.Alert{
		Key: "webhook_remade/" + shopName + "/" + a.clock.Now().UTC().Format(time.DateOnly), Kind: "webhook_remade",
		Title: shopName + ": the shop had removed webhook subscriptions, which were made again",
		Text: "Shopify removes one after eight failed deliveries: was countermand, or the proxy before it, out of reach? The polls found what they would have told. " +
			"Made again: " + strings.Join(topics, ", "),
	})
}
