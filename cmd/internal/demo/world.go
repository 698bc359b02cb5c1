package demo

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"time"

	"github.com/rs/zerolog"

	"countermand/cmd/internal/app"
	"countermand/configs"
	"countermand/shop/shopifytest"
	"countermand/supplier/aliexpresstest"
)

// world is everything the demonstration runs: both sites, the operator's
// telephone and the real daemon between them.
type world struct {
	dir   string
	clock *app.Clock
	shop  *shopifytest.Shop
	site  *aliexpresstest.Site
	phone *phone
	app   *app.App
}

// phone receives what shoutrrr sends: the operator's channel.
type phone struct {
	server *http.Server
	url    string
}

func newPhone(ring func(string)) (*phone, error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, fmt.Errorf("open the operator's telephone: %w", err)
	}
	p := &phone{url: l.Addr().String()}
	p.server = &http.Server{ReadHeaderTimeout: 5 * time.Second, Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(io.LimitReader(r.Body, 64<<10))
		if err != nil {
			http.Error(w, err.Error(), http.StatusBadRequest)
			return
		}
		ring(string(body))
	})}
	go func() { _ = p.server.Serve(l) }()
	return p, nil
}

// newWorld builds everything on loopback, in a folder of its own.
func newWorld(ctx context.Context, o Options, onChange func(app.Change), ring func(string)) (w *world, err error) {
	w = &world{clock: app.FastClock(begin, o.Speed)}
	defer func() {
		if err != nil {
			err = errors.Join(err, w.close(context.WithoutCancel(ctx)))
		}
	}()
	if w.dir, err = folder(); err != nil {
		return w, err
	}
	// Weeks of questions come within two minutes; the request budget is filled
	// up in real time.
	budget := shopifytest.Budget{Maximum: 40_000, Restore: 20_000}
	if w.shop, err = shopifytest.New(shopifytest.Options{Now: w.clock.Now, Domain: "walnut-and-wool.myshopify.com", Budget: budget}); err != nil {
		return w, fmt.Errorf("open the loopback Shopify: %w", err)
	}
	if w.site, err = aliexpresstest.New(aliexpresstest.Options{Now: w.clock.Now}); err != nil {
		return w, fmt.Errorf("open the loopback AliExpress: %w", err)
	}
	if w.phone, err = newPhone(ring); err != nil {
		return w, err
	}
	if err = w.stock(); err != nil {
		return w, err
	}
	config, err := w.config(o.Port)
	if err != nil {
		return w, err
	}
	log, err := os.OpenFile(filepath.Join(w.dir, "countermand.log"), os.O_CREATE|os.O_WRONLY|os.O_APPEND, 0o600)
	if err != nil {
		return w, fmt.Errorf("open the demo's log: %w", err)
	}
	w.app, err = app.New(ctx, app.Options{Config: config, Clock: w.clock, Version: o.Version, Log: zerolog.New(log).With().Timestamp().Logger(), OnChange: onChange})
	if err != nil {
		return w, err
	}
	return w, w.app.Start()
}

// folder makes the demo's folder and clears those of demos that were killed:
// a folder's name ends with the process that made it.
func folder() (string, error) {
	old, err := filepath.Glob(filepath.Join(os.TempDir(), folderName+"*"))
	if err != nil {
		return "", fmt.Errorf("look for folders of earlier demos: %w", err)
	}
	for _, dir := range old {
		pid, err := strconv.Atoi(dir[strings.LastIndex(dir, "-")+1:])
		if err != nil || pid <= 0 || syscall.Kill(pid, 0) == nil {
			continue
		}
		if err := os.RemoveAll(dir); err != nil {
			return "", fmt.Errorf("clear the folder of an earlier demo: %w", err)
		}
	}
	dir := filepath.Join(os.TempDir(), folderName+strconv.Itoa(os.Getpid()))
	if err := os.Mkdir(dir, 0o700); err != nil {
		return "", fmt.Errorf("make a folder for the demo: %w", err)
	}
	return dir, nil
}

const folderName = "countermand-demo-"

// stock puts the stories' orders into both sites.
func (w *world) stock() error {
	for _, s := range stories {
		cancel := begin.Add(s.after)
		placed := cancel.Add(-3 * day)
		o := shopifytest.Order{Name: s.order, CreatedAt: placed, Lines: []shopifytest.Line{{Title: s.item, SKU: "SKU-" + s.order[1:], Quantity: 1}}}
		if s.number != "" {
			o.Attributes = []shopifytest.Attribute{{Key: "AliExpress order", Value: s.number}}
		}
		w.shop.AddOrder(o)
		if s.number == "" {
			continue
		}
		err := w.site.Add(aliexpresstest.Order{
			ID: s.number, Store: s.store, Lines: []aliexpresstest.Line{{Title: s.item, SKU: "SKU-" + s.order[1:], Qty: 1, Price: s.price}},
			PlacedAt: placed.Add(2 * hour), PaidAt: placed.Add(2 * hour), WindowEnd: cancel.Add(cmp.Or(s.window, 21*day)), Layout: s.layout, Fate: s.fate(cancel),
		})
		if err != nil {
			return fmt.Errorf("stock %s: %w", s.order, err)
		}
	}
	return nil
}

// config writes the daemon's files as an operator would, and loads them the
// same way.
func (w *world) config(port int) (*configs.Config, error) {
	www, mobile, login, api := w.site.Hosts()
	files := map[string]string{
		"token": "shpat_test", "hook-secret": "hook-secret", "alert-urls": "generic://" + w.phone.url + "/?disabletls=yes&template=json\n",
		"countermand.yaml": fmt.Sprintf(`data_dir: data
mode: auto
control_socket: control.sock
webhooks: {listen: "127.0.0.1:0"}
console: {listen: "127.0.0.1:%d"}
shops:
  - name: walnut-and-wool
    domain: %s
    endpoint: %s
    token_file: token
    webhook_secret_files: [hook-secret]
    account: main
    poll_every: 12h
    supplier_first: {enabled: true}
accounts:
  - name: main
    hosts: {www: "%s", mobile: "%s", login: "%s", api: "%s"}
    pace: {between_actions: 0s, jitter: 0s, actions_per_hour: 0}
browser: {idle_stop: 60d}
clocks: {unasked: 72h}
alerts: {urls_file: alert-urls, digest: "", repeat_every: 96h}
`, port, w.shop.Domain(), w.shop.URL(), www, mobile, login, api),
	}
	for name, text := range files {
		if err := os.WriteFile(filepath.Join(w.dir, name), []byte(text), 0o600); err != nil {
			return nil, fmt.Errorf("write the demo's configuration: %w", err)
		}
	}
	c, _, err := configs.Load(filepath.Join(w.dir, "countermand.yaml"))
	if err != nil {
		return nil, fmt.Errorf("load the demo's configuration: %w", err)
	}
	return c, nil
}

// cancel is the customer's cancel, or request for one: in the shop, and as the
// webhook that Shopify sends about it.
func (w *world) cancel(ctx context.Context, s story) error {
	topic := "orders/cancelled"
	var err error
	if s.asks {
		topic = "requested_order_edit/created"
		_, err = w.shop.RequestEdit(s.order)
	} else {
		_, err = w.shop.Cancel(s.order, "CUSTOMER")
	}
	if err != nil {
		return fmt.Errorf("cancel %s: %w", s.order, err)
	}
	reply, err := w.shop.SendWebhook(ctx, "http://"+w.app.WebhooksAddr()+"/webhooks/shopify/walnut-and-wool", topic, s.order)
	if err != nil {
		return fmt.Errorf("send the webhook of %s: %w", s.order, err)
	}
	if reply.Status != http.StatusOK {
		return fmt.Errorf("send the webhook of %s: answered %d: %s", s.order, reply.Status, strings.TrimSpace(reply.Body))
	}
	return nil
}

// became is what the shop made of the order of a customer who asked.
func (w *world) became(s story) string {
	o, err := w.shop.Order(s.order)
	switch {
	case err != nil:
		return err.Error()
	case !o.CancelledAt.IsZero():
		return "cancelled"
	case len(o.Edits) > 0 && o.Edits[0].Status == "DECLINED":
		return "declined"
	}
	return "as it was"
}

// close ends everything in the reverse order and removes the folder.
func (w *world) close(ctx context.Context) error {
	var errs []error
	if w.app != nil {
		errs = append(errs, w.app.Stop(ctx))
	}
	if w.phone != nil {
		errs = append(errs, w.phone.server.Close())
	}
	if w.site != nil {
		w.site.Close()
	}
	if w.shop != nil {
		errs = append(errs, w.shop.Close())
	}
	if w.dir != "" {
		errs = append(errs, os.RemoveAll(w.dir))
	}
	return errors.Join(errs...)
}
