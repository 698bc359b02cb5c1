package app

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"os"
	"time"

	"github.com/prometheus/client_golang/prometheus/promhttp"

	"countermand/cmd/internal/control"
	"countermand/configs"
	"countermand/shop/shopify"
	"countermand/state"
)

// server is one listener with its routes.
type server struct {
	l    net.Listener
	http *http.Server
}

func (s *server) serve() error { return s.http.Serve(s.l) }
func (s *server) addr() string { return s.l.Addr().String() }

// open listens at once, so that a port in use is said before anything starts.
func (a *App) open(name, addr string, h http.Handler) (*server, error) {
	l, err := net.Listen("tcp", addr)
	if err != nil {
		return nil, fmt.Errorf("listen for %s: %w; set %s.listen to a free address", name, err, name)
	}
	s := &server{l: l, http: &http.Server{
		Handler: h, ReadHeaderTimeout: 5 * time.Second, ReadTimeout: 15 * time.Second, WriteTimeout: 30 * time.Second, IdleTimeout: 2 * time.Minute,
		MaxHeaderBytes: 64 << 10,
	}}
	a.clean.add(name+" listener", func(ctx context.Context) error {
		err := s.http.Shutdown(ctx)
		// A server that never served does not know its listener.
		if cerr := l.Close(); cerr != nil && !errors.Is(cerr, net.ErrClosed) {
			err = errors.Join(err, cerr)
		}
		return err
	})
	return s, nil
}

func (a *App) listen() (err error) {
	metrics := newMetrics(a)
	hookShops, err := hookShops(a.o.Config)
	if err != nil {
		return err
	}
	hooks := shopify.NewHandler(shopify.HandlerOptions{
		Shops: hookShops, Sink: a.engine, Now: a.clock.Now, Metrics: metrics, Log: a.o.Log.With().Str("room", "webhooks").Logger(),
	})
	if a.hooks, err = a.open("webhooks", a.o.Config.Webhooks.Listen, hooks); err != nil {
		return err
	}
	pages := http.NewServeMux()
	pages.HandleFunc("GET /healthz", func(w http.ResponseWriter, _ *http.Request) { fmt.Fprintln(w, "alive") })
	pages.HandleFunc("GET /readyz", a.readyz)
	pages.Handle("GET /metrics", loopbackOnly(promhttp.HandlerFor(metrics.registry, promhttp.HandlerOpts{})))
	if a.console, err = a.open("console", a.o.Config.Console.Listen, pages); err != nil {
		return err
	}
	a.control, err = control.Listen(control.Options{
		Path: a.o.Config.ControlSocket, Group: a.o.Config.ControlGroup, Log: a.o.Log.With().Str("room", "control").Logger(),
		Backend: backend{
			Engine: a.engine, SiteBook: a.book, Outbox: a.outbox, shops: a.o.Config.Shops, upkeep: a.upkeep, watch: a.watch, dataDir: a.o.Config.DataDir,
			Archivist: a.upkeep, Exporter: Exporter{DataDir: a.o.Config.DataDir, Version: a.o.Version},
			Reader: control.Reader{Store: a.store, Clock: a.clock.Now, Waits: a.engine.Waits, Daemon: control.Daemon{
				Version: a.o.Version, Mode: a.o.Config.Mode, PID: os.Getpid(), StartedAt: a.clock.Now(), Rehearsal: a.clock.Fast(),
			}},
		},
	})
	if err != nil {
		return fmt.Errorf("open the control socket: %w", err)
	}
	a.clean.add("control socket", a.control.Close)
	return nil
}

// hookShops are the shops that may send webhooks, with their secrets.
func hookShops(c *configs.Config) (map[string]shopify.HookShop, error) {
	out := map[string]shopify.HookShop{}
	for _, s := range c.Shops {
		var secrets [][]byte
		for _, file := range s.WebhookSecrets() {
			secret, err := configs.ReadSecret(file)
			if err != nil {
				return nil, fmt.Errorf("read a webhook secret of shop %s: %w", s.Name, err)
			}
			secrets = append(secrets, []byte(secret.Reveal()))
		}
		shop := shopify.HookShop{Domain: s.Domain, Secrets: shopify.StaticSecrets(secrets...)}
		// Where nothing is asked first, nobody would hear what Flow says.
		if s.FlowSecretFile != "" && s.SupplierFirst.Enabled {
			secret, err := configs.ReadSecret(s.FlowSecretFile)
			if err != nil {
				return nil, fmt.Errorf("read the Flow secret of shop %s: %w", s.Name, err)
			}
			shop.FlowSecrets = shopify.StaticSecrets([]byte(secret.Reveal()))
		}
		out[s.Name] = shop
	}
	return out, nil
}

func loopbackOnly(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		host, _, err := net.SplitHostPort(r.RemoteAddr)
		if ip := net.ParseIP(host); err != nil || ip == nil || !ip.IsLoopback() {
			http.Error(w, "metrics are for this machine only", http.StatusForbidden)
			return
		}
		next.ServeHTTP(w, r)
	})
}

// engineSilence is how long the engine may go without a look at what is due.
// Heartbeats come every fifteen seconds.
const engineSilence = 2 * time.Minute

// check tells whether the daemon does its work: the store answers and the
// engine ticks.
func (a *App) check(ctx context.Context) error {
	if !a.ready.Load() {
		return errors.New("not started, or stopping")
	}
	if t := a.store.DiskError(); t != nil {
		return t
	}
	if silent := time.Since(a.engine.LastBeat()); silent > engineSilence {
		return fmt.Errorf("the engine has not looked at what is due for %s", silent.Round(time.Second))
	}
	ctx, cancel := context.WithTimeout(ctx, 5*time.Second)
	defer cancel()
	return a.store.View(ctx, func(tx state.ReadTx) error {
		_, _, err := tx.NextDue()
		return err
	})
}

func (a *App) readyz(w http.ResponseWriter, r *http.Request) {
	if err := a.check(r.Context()); err != nil {
		http.Error(w, err.Error(), http.StatusServiceUnavailable)
		return
	}
	fmt.Fprintln(w, "ready")
}
