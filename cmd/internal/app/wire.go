package app

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"net/url"
	"os"
	"strings"
	"sync"
	"time"

	"github.com/oklog/ulid/v2"
	"github.com/rs/zerolog"

	"countermand/cmd/internal/control"
	"countermand/cmd/internal/doctor"
	"countermand/cmd/internal/upkeep"
	"countermand/configs"
	"countermand/shop"
	"countermand/shop/shopify"
	"countermand/state"
	casesync "countermand/sync"
	"countermand/sync/alert"
	"countermand/sync/calendar"
	"countermand/sync/machine"
)

func (a *App) openEngine(ctx context.Context) error {
	policy, err := policyOf(a.o.Config)
	if err != nil {
		return err
	}
	rules, err := rulesOf(a.o.Config)
	if err != nil {
		return err
	}
	shops, err := a.openShops(ctx, rules.NeedsCountry())
	if err != nil {
		return err
	}
	accounts, err := a.openAccounts()
	if err != nil {
		return err
	}
	texts, err := messageTexts(a.o.Config)
	if err != nil {
		return err
	}
	a.engine, err = casesync.New(casesync.Options{
		Document: a.document,
		Texts:    func(kind state.EffectKind, c state.Case) ([]string, error) { return texts(messageKinds[kind], c) },
		Store:    a.store, Batch: a.store.Batch, Policy: policy, Shops: shops, Accounts: accounts,
		Now: a.clock.Now, NewID: newIDs(), Owner: fmt.Sprintf("pid %d", os.Getpid()),
		Log:      a.o.Log.With().Str("room", "engine").Logger(),
		OnChange: a.o.OnChange, OnAlert: a.nudgeAlerts, Crash: a.crash(),
		Waits: a.waits, BeforeAsk: a.store.Advance, Up: a.clock.Up(sinceBoot),
	})
	return err
}

// messageKinds names the messages as the configuration does.
var messageKinds = map[state.EffectKind]string{
	state.EffectMessageRequest: configs.MessageRequest,
	state.EffectMessageRefusal: configs.MessageRefusal,
	state.EffectMessageProof:   configs.MessageProof,
}

// document is what the shop's metafield says of an order's cases.
func (a *App) document(cases []state.Case) (json.RawMessage, error) {
	return json.Marshal(control.Cases{Cases: control.CasesOf(cases, a.clock.Now())})
}

// newIDs makes ULIDs that ascend even within one millisecond.
func newIDs() func(time.Time) string {
	var mu sync.Mutex
	entropy := ulid.Monotonic(rand.Reader, 0)
	return func(t time.Time) string {
		mu.Lock()
		defer mu.Unlock()
		return ulid.MustNew(ulid.Timestamp(t), entropy).String()
	}
}

// Check validates what the configuration's own package cannot: calendars, rules,
// cron specifications, channels and site profiles. It opens nothing.
func Check(c *configs.Config) error {
	_, policy := policyOf(c)
	_, digest := parseCron(c.Alerts.Timezone, c.Alerts.Digest)
	if c.Alerts.Digest == "" {
		digest = nil
	}
	errs := []error{policy, digest}
	for _, ac := range c.Accounts {
		_, err := siteProfile(ac)
		errs = append(errs, err)
	}
	if !strings.HasPrefix(c.Alerts.URLsFile, "credential:") { // else only the service sees it
		_, err := sender(c.Alerts.URLsFile, false, zerolog.Nop())
		errs = append(errs, err)
	}
	if !strings.HasPrefix(c.Alerts.HeartbeatURLFile, "credential:") {
		_, err := newHeartbeat(c.Alerts.HeartbeatURLFile, false, nil, zerolog.Nop())
		errs = append(errs, err)
	}
	return errors.Join(errs...)
}

func policyOf(c *configs.Config) (machine.Policy, error) {
	china, bank, err := calendars(c.Calendar)
	if err != nil {
		return machine.Policy{}, err
	}
	p := machine.Policy{
		Mode: machine.Mode(c.Mode), Answer: c.Clocks.Answer, NumberGrace: c.Clocks.NumberGrace, Unasked: c.Clocks.Unasked, Dispute: c.Clocks.Dispute, Settle: c.Clocks.Settle,
		ShipWindowDays: c.Clocks.ShipWindowWorkingDays, ProofDays: c.Clocks.ProofWorkingDays,
		RefundWarnDays: c.Clocks.RefundWarnDays, RefundDueDays: c.Clocks.RefundDueDays,
		Supplier: china, Bank: bank, Shops: map[string]machine.ShopPolicy{}, Messages: map[state.EffectKind]bool{},
	}
	if len(c.Rules) > 0 {
		if p.Rules, err = rulesOf(c); err != nil {
			return p, err
		}
	}
	for effect, kind := range messageKinds {
		texts, err := c.MessageTexts(kind)
		if err != nil {
			return p, err
		}
		p.Messages[effect] = len(texts) > 0
	}
	for _, s := range c.Shops {
		p.Shops[s.Name] = machine.ShopPolicy{MapWait: s.Mapping.Wait, MapRetryFor: s.Mapping.RetryFor}
	}
	return p, nil
}

func calendars(c configs.Calendar) (china, bank *calendar.Calendar, err error) {
	zone, err := time.LoadLocation(c.BankTimezone)
	if err != nil {
		return nil, nil, fmt.Errorf("read calendar.bank_timezone: %w", err)
	}
	if bank, err = calendar.Bank(c.Bank, zone); err != nil {
		return nil, nil, fmt.Errorf("read calendar.bank: %w", err)
	}
	china = calendar.China()
	for _, y := range c.Years {
		year := calendar.Year{Year: y.Year, Off: y.Off, Work: y.Work}
		switch y.Calendar {
		case bank.Name():
			bank, err = bank.With(year)
		default:
			china, err = china.With(year)
		}
		if err != nil {
			return nil, nil, fmt.Errorf("read calendar.files: %w", err)
		}
	}
	return china, bank, nil
}

func (a *App) openShops(ctx context.Context, country bool) (map[string]casesync.Shop, error) {
	out := map[string]casesync.Shop{}
	for _, s := range a.o.Config.Shops {
		client, err := openShop(s, country, func(date time.Time) { a.watch.heard(a.life, date) }, a.o.Log)
		if err != nil {
			return nil, err
		}
		a.clean.add("shop "+s.Name, func(context.Context) error { client.Close(); return nil })
		a.shops = append(a.shops, shopClient{s, client})
		since, err := a.since(ctx, s)
		if err != nil {
			return nil, err
		}
		names, first := s.AccountNames(), s.SupplierFirst
		out[s.Name] = casesync.Shop{
			Edge: client, Writer: client, Account: names[0], Others: names[1:], Since: since,
			Tags: s.WriteBack.Tags, Metafield: s.WriteBack.Metafield, First: casesync.SupplierFirst{
				Enabled: first.Enabled, Tag: first.Tag, Refund: shop.Refund(first.Refund), Restock: first.Restock, NotifyCustomer: first.NotifyCustomer,
				Decline: first.DeclineOnRefusal, DeclineNote: first.DeclineNote,
			},
		}
	}
	return out, nil
}

// shopClient is one shop with its client.
type shopClient struct {
	configs.Shop
	*shopify.Client
}

func openShop(s configs.Shop, country bool, heard func(time.Time), log zerolog.Logger) (*shopify.Client, error) {
	o := shopify.Options{
		Country: country, Edits: s.SupplierFirst.Enabled, Heard: heard,
		Name: s.Name, Domain: s.Domain, Endpoint: s.Endpoint, APIVersion: s.APIVersion,
		Mapping: shopify.Mapping{AttributeKeys: s.Mapping.AttributeKeys, Note: s.Mapping.Note, TagPrefix: s.Mapping.TagPrefix, Accounts: s.AccountNames()},
		Log:     log.With().Str("shop", s.Name).Logger(),
	}
	if s.TokenFile != "" {
		token, err := configs.ReadSecret(s.TokenFile)
		if err != nil {
			return nil, fmt.Errorf("read the token of shop %s: %w", s.Name, err)
		}
		o.Token = shopify.StaticToken(token.Reveal())
	} else {
		secret, err := configs.ReadSecret(s.ClientSecretFile)
		if err != nil {
			return nil, fmt.Errorf("read the client secret of shop %s: %w", s.Name, err)
		}
		o.Credentials, err = shopify.ClientCredentials(shopify.CredentialOptions{Name: s.Name, Domain: s.Domain, Endpoint: s.Endpoint, ClientID: s.ClientID, Secret: shopify.StaticToken(secret.Reveal())})
		if err != nil {
			return nil, fmt.Errorf("read the credentials of shop %s: %w", s.Name, err)
		}
	}
	client, err := shopify.New(o)
	if err != nil {
		return nil, fmt.Errorf("open shop %s: %w", s.Name, err)
	}
	return client, nil
}

// openAccounts makes a browser for each account; none is started before it is
// needed, but a machine without one is told so at once.
func (a *App) openAccounts() (map[string]casesync.Account, error) {
	if a.clock.Fast() {
		if err := upstreamInRehearsal(a.o.Config); err != nil {
			return nil, err
		}
	}
	ev := upkeep.NewEvidence(a.o.Config.DataDir)
	a.book = NewSiteBook(a.o.Config, a.clock.Now)
	out := map[string]casesync.Account{}
	for _, ac := range a.o.Config.Accounts {
		acc, err := openAccount(a.o.Config, ac, parts{evidence: ev, now: a.clock.Now, log: a.o.Log, store: a.store, book: a.book})
		if err != nil {
			return nil, err
		}
		if !acc.Sandboxed() {
			a.o.Log.Warn().Str("account", ac.Name).Msg("Chromium runs without its sandbox: do not run countermand as root")
		}
		a.clean.add("account "+ac.Name, acc.Close)
		if err := acc.pace.kept(context.Background(), a.store, ac.Name); err != nil {
			return nil, err
		}
		out[ac.Name] = casesync.Account{Supplier: ac.Supplier, Client: acc.client, Messenger: acc.client, CoolDown: ac.CoolDown, Room: acc.pace.room, IdleStop: a.o.Config.Browser.IdleStop}
	}
	return out, nil
}

// Opener opens shops and accounts for the commands that work without a daemon.
func Opener() doctor.Opener {
	return doctor.Opener{
		Check: Check, Calendars: calendars,
		Shop: func(s configs.Shop, log zerolog.Logger) (*shopify.Client, error) { return openShop(s, false, nil, log) },
		Account: func(c *configs.Config, ac configs.Account, log zerolog.Logger) (doctor.Account, error) {
			return openAccount(c, ac, parts{evidence: upkeep.NewEvidence(c.DataDir), now: time.Now, log: log, book: NewSiteBook(c, time.Now)})
		},
	}
}

func (a *App) openAlerts() error {
	c := a.o.Config.Alerts
	zone, err := time.LoadLocation(c.Timezone)
	if err != nil {
		return fmt.Errorf("read alerts.timezone: %w", err)
	}
	send, err := sender(c.URLsFile, a.clock.Fast(), a.o.Log)
	if err != nil {
		return err
	}
	quiet, err := alert.ParseQuiet(c.QuietHours, zone)
	if err != nil {
		return fmt.Errorf("read alerts.quiet_hours: %w", err)
	}
	a.outbox, err = alert.New(alert.Options{
		Store: a.store, Send: send, Now: a.clock.Now, RepeatEvery: c.RepeatEvery, Zone: zone, Quiet: quiet,
		Log: a.o.Log.With().Str("room", "alerts").Logger(),
	})
	if err != nil {
		return err
	}
	a.outside, err = newHeartbeat(c.HeartbeatURLFile, a.clock.Fast(), a.check, a.o.Log.With().Str("room", "heartbeat").Logger())
	return err
}

// sender reads the channels' addresses, one a line. Without any, alerts go to
// the log. A rehearsal calls nobody outside this machine.
func sender(path string, rehearsal bool, log zerolog.Logger) (alert.Sender, error) {
	if path == "" {
		return alert.LogOnly(log), nil
	}
	s, err := configs.ReadSecret(path)
	if err != nil {
		return nil, fmt.Errorf("read alerts.urls_file: %w", err)
	}
	var urls []string
	for line := range strings.Lines(s.Reveal()) {
		if line = strings.TrimSpace(line); line != "" && !strings.HasPrefix(line, "#") {
			urls = append(urls, line)
			if u, err := url.Parse(line); rehearsal && (err != nil || !configs.LoopbackHost(u.Hostname())) {
				return nil, fmt.Errorf("read alerts.urls_file: channel %d is not on this machine, and a rehearsal must not call anybody", len(urls))
			}
		}
	}
	if len(urls) == 0 {
		return alert.LogOnly(log), nil
	}
	return alert.Shoutrrr(urls)
}
