// Package doctor checks whether an installation is ready to work, and lets a
// person sign in to an AliExpress account. Both open shops and accounts as the
// daemon does; package app passes in how.
package doctor

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"time"

	"github.com/rs/zerolog"

	"countermand/configs"
	"countermand/shop/shopify"
	"countermand/supplier"
	"countermand/supplier/chrome"
	"countermand/sync/calendar"
)

// Verdict says whether a part of the installation is in order.
type Verdict string

// The verdicts. Only Fail keeps countermand from doing its work.
const (
	OK   Verdict = "ok"
	Warn Verdict = "warn"
	Fail Verdict = "fail"
)

// Check is the doctor's result for one part of the installation.
type Check struct {
	Part    string  `json:"part"`
	Verdict Verdict `json:"verdict"`
	Detail  string  `json:"detail"`
	// Todo says what to run or set.
	Todo string `json:"todo,omitempty"`
}

// Opener opens what a configuration names, the way the daemon does.
type Opener struct {
	// Check validates what the configuration's own package cannot.
	Check     func(*configs.Config) error
	Calendars func(configs.Calendar) (china, bank *calendar.Calendar, err error)
	Shop      func(configs.Shop, zerolog.Logger) (*shopify.Client, error)
	Account   func(*configs.Config, configs.Account, zerolog.Logger) (Account, error)
}

// Account is a buyer account with its browser.
type Account interface {
	CheckOrder(ctx context.Context, order string) ([]supplier.PartCheck, error)
	Record(ctx context.Context, dir, order string) ([]supplier.PartCheck, error)
	OpenLogin(ctx context.Context) (*chrome.Tab, error)
	Blocked(ctx context.Context) (bool, error)
	Probe(ctx context.Context) error
	supplier.Rehearser
	Close(ctx context.Context) error
}

// Options say what to look at.
type Options struct {
	Open     Opener
	Config   *configs.Config
	Warnings configs.Warnings
	// Site looks at AliExpress itself, with each account's own browser,
	// without a click. Order is the order to open, empty: the newest. Record
	// is a folder for all that was seen, empty: none.
	Site          bool
	Order, Record string
	// Fix makes the webhook subscriptions that are missing or would not work, the one thing that
	// the doctor changes.
	Fix bool
	// Borrow takes an account's profile from a running daemon.
	Borrow func(ctx context.Context, account string) (giveBack func() error, err error)
	Log    zerolog.Logger
}

// Examine checks the whole installation. It changes nothing unless Fix is set.
func Examine(ctx context.Context, o Options) []Check {
	d := &doctor{o: o}
	for _, w := range o.Warnings {
		d.add("config", Warn, w.Path+": "+w.Text, "")
	}
	if err := o.Open.Check(o.Config); err != nil {
		d.add("config", Fail, err.Error(), "mend the configuration")
	}
	d.disk()
	d.browser()
	d.calendar()
	d.shops(ctx)
	d.channels()
	if o.Site {
		for _, ac := range o.Config.Accounts {
			d.site(ctx, ac)
		}
	}
	return d.found
}

type doctor struct {
	o     Options
	found []Check
}

func (d *doctor) add(part string, v Verdict, detail, todo string) {
	d.found = append(d.found, Check{part, v, detail, todo})
}

// Free space of the data directory, in bytes: under the one a person should
// know, under the other the daemon soon cannot store what it is to do.
const (
	littleDisk = 2 << 30
	noDisk     = 200 << 20
)

func (d *doctor) disk() {
	dir := d.o.Config.DataDir
	probe, err := os.CreateTemp(dir, ".doctor-*")
	if err != nil {
		d.add("disk", Fail, fmt.Sprintf("%s cannot be written: %v", dir, err), "make it, and give it to the user that countermand runs as")
		return
	}
	if err := errors.Join(probe.Close(), os.Remove(probe.Name())); err != nil {
		d.add("disk", Warn, err.Error(), "")
	}
	var fs syscall.Statfs_t
	if err := syscall.Statfs(dir, &fs); err != nil {
		d.add("disk", Warn, fmt.Sprintf("free space unknown: %v", err), "")
		return
	}
	free := fs.Bavail * uint64(fs.Bsize) //nolint:gosec // a block size is positive
	text := fmt.Sprintf("%.1f GB free in %s", float64(free)/1e9, dir)
	switch {
	case free < noDisk:
		d.add("disk", Fail, text, "make room: nothing is asked that cannot be stored first")
	case free < littleDisk:
		d.add("disk", Warn, text, "make room for screenshots and the browser's cache")
	default:
		d.add("disk", OK, text, "")
	}
}

func (d *doctor) browser() {
	path, err := chrome.Find(d.o.Config.Browser.Path)
	if err != nil {
		d.add("browser", Fail, err.Error(), "apt-get install chromium")
		return
	}
	if os.Geteuid() == 0 {
		d.add("browser", Warn, path+", without its sandbox, because this is root", "run countermand as a user of its own")
		return
	}
	d.add("browser", OK, path, "")
}

func (d *doctor) calendar() {
	china, bank, err := d.o.Open.Calendars(d.o.Config.Calendar)
	if err != nil {
		return // told by Check
	}
	d.found = append(d.found, daysKnown(china, bank, time.Now()))
}

// daysKnown says from which day on deadlines are estimates, and warns where they
// reach it within a month.
func daysKnown(china, bank *calendar.Calendar, now time.Time) Check {
	last, ends := china.KnownUntil(now)
	switch first := last.AddDate(0, 0, 1); {
	case !ends:
		return Check{Part: "calendar", Verdict: OK, Detail: "the holidays of every year are known, banks: " + bank.Name()}
	case last.IsZero():
		return Check{"calendar", Warn, fmt.Sprintf("China's holidays of %d are not known: deadlines are estimates already", now.In(china.Zone()).Year()), "add a file of that year to calendar.files"}
	case first.Before(now.AddDate(0, 1, 0)):
		return Check{"calendar", Warn, fmt.Sprintf("China's holidays of %d are not known: deadlines from %s on are estimates", first.Year(), first.Format(time.DateOnly)), "add a file of that year to calendar.files once it is published"}
	default:
		return Check{Part: "calendar", Verdict: OK, Detail: fmt.Sprintf("China's holidays are known, deadlines from %s on are estimates; banks: %s", first.Format(time.DateOnly), bank.Name())}
	}
}

func (d *doctor) shops(ctx context.Context) {
	for _, s := range d.o.Config.Shops {
		part := "shop " + s.Name
		client, err := d.o.Open.Shop(s, d.o.Log)
		if err != nil {
			d.add(part, Fail, err.Error(), "")
			continue
		}
		d.shop(ctx, part, s, client)
		client.Close()
	}
}

func (d *doctor) shop(ctx context.Context, part string, s configs.Shop, client *shopify.Client) {
	h, err := client.Health(ctx)
	if err != nil {
		d.add(part, Fail, err.Error(), "look at domain, token and network")
		return
	}
	for _, p := range h.Problems {
		d.add(part, Warn, p, "")
	}
	d.add(part, OK, fmt.Sprintf("%s answers in version %s, token %s", h.Domain, h.ServedVersion, strings.ReplaceAll(h.Token, "_", " ")), "")
	d.subscriptions(ctx, "webhooks "+s.Name, s, client)
}

func (d *doctor) channels() {
	if d.o.Config.Alerts.URLsFile == "" {
		d.add("alerts", Warn, "no channel is configured: alerts only go to the log", "set alerts.urls_file, then: countermand alerts test")
		return
	}
	d.add("alerts", OK, "channels are configured", "")
}

// site compares the site profile with what an account's pages show.
func (d *doctor) site(ctx context.Context, ac configs.Account) {
	part := "site " + ac.Name
	giveBack, err := d.o.Borrow(ctx, ac.Name)
	if err != nil {
		d.add(part, Fail, err.Error(), "")
		return
	}
	defer func() {
		if err := giveBack(); err != nil {
			d.add(part, Warn, err.Error(), "")
		}
	}()
	acc, err := d.o.Open.Account(d.o.Config, ac, d.o.Log)
	if err != nil {
		d.add(part, Fail, err.Error(), "")
		return
	}
	defer func() {
		closing, cancel := context.WithTimeout(context.WithoutCancel(ctx), 20*time.Second)
		defer cancel()
		if err := acc.Close(closing); err != nil {
			d.add(part, Warn, err.Error(), "")
		}
	}()
	look := acc.CheckOrder
	if d.o.Record != "" {
		dir := filepath.Join(d.o.Record, ac.Name)
		look = func(ctx context.Context, order string) ([]supplier.PartCheck, error) {
			return acc.Record(ctx, dir, order)
		}
	}
	found, err := look(ctx, d.o.Order)
	for _, f := range found {
		d.part(part, f)
	}
	if d.o.Record != "" && err == nil {
		d.add(part, OK, "what was seen is kept in "+filepath.Join(d.o.Record, ac.Name)+"; its pictures may show an address", "")
	}
	switch kind := supplier.KindOf(err); {
	case err == nil:
	case kind == supplier.LoggedOut || kind == supplier.Challenged:
		d.add(part, Fail, err.Error(), "run: countermand login "+ac.Name)
	case kind == supplier.Throttled:
		d.add(part, Fail, err.Error(), "wait some hours, and let it work less: accounts[].pace")
	case kind == supplier.NotFound:
		d.add(part, Fail, err.Error(), "give an order of this account, or none: --order")
	default:
		d.add(part, Fail, err.Error(), "look again; if it stays so, see the order in a browser of your own")
	}
}

// part adds what one part of the site profile does. Only one that must be
// mended says so.
func (d *doctor) part(account string, f supplier.PartCheck) {
	verdict, todo := OK, ""
	if !f.OK {
		field, _, _ := strings.Cut(f.Part, " (")
		verdict, todo = Warn, "mend "+field+" in a copy of the site profile, and name it as site_profile"
	}
	d.add(account+" "+f.Part, verdict, string(f.Match)+": "+f.Detail, todo)
}
