package app

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/rs/zerolog"

	"countermand/configs"
)

// The times of the heartbeat, all of them real. A ping that failed is tried
// again at the next look; whoever watches should wait for at least two missed
// ones.
const (
	pingEvery     = 5 * time.Minute
	pingLook      = time.Minute
	pingTimeout   = 10 * time.Second
	pingRedirects = 3
)

// heartbeat tells a dead-man's switch outside of this machine that the daemon
// works. When it falls silent the switch calls a person: nobody else can tell
// of a machine that is gone. Its address is a secret, as whoever has it can
// keep the switch quiet; no error and no log line shows it.
type heartbeat struct {
	url  string
	http *http.Client
	// check tells whether the daemon works.
	check func(context.Context) error
	log   zerolog.Logger

	last    time.Time // of the last ping that was taken
	failing bool
}

// newHeartbeat reads the address; without a file there is no heartbeat, nil. A
// rehearsal calls nobody outside this machine.
func newHeartbeat(file string, rehearsal bool, check func(context.Context) error, log zerolog.Logger) (*heartbeat, error) {
	if file == "" {
		return nil, nil
	}
	secret, err := configs.ReadSecret(file)
	if err != nil {
		return nil, fmt.Errorf("read alerts.heartbeat_url_file: %w", err)
	}
	u, err := url.Parse(secret.Reveal())
	switch {
	case err != nil || u.Hostname() == "" || u.Scheme != "https" && u.Scheme != "http":
		return nil, fmt.Errorf("read alerts.heartbeat_url_file: it holds no address; write one line such as https://HOST/PATH into it")
	case rehearsal && !configs.LoopbackHost(u.Hostname()):
		return nil, errors.New("read alerts.heartbeat_url_file: its address is not on this machine, and a rehearsal must not call anybody")
	case !isSecureURL(u):
		return nil, errors.New("read alerts.heartbeat_url_file: http is for loopback only; use the https address")
	}
	return &heartbeat{url: u.String(), check: check, log: log, http: &http.Client{
		Timeout:       pingTimeout,
		Transport:     &http.Transport{Proxy: http.ProxyFromEnvironment, DisableKeepAlives: true},
		CheckRedirect: sameHost,
	}}, nil
}

// isSecureURL: nobody on the way can read the address.
func isSecureURL(u *url.URL) bool {
	return u.Scheme == "https" || u.Scheme == "http" && configs.LoopbackHost(u.Hostname())
}

var errRedirected = errors.New("it redirects to another host")

// sameHost follows redirects within the host only.
func sameHost(to *http.Request, via []*http.Request) error {
	if len(via) > pingRedirects || !strings.EqualFold(to.URL.Host, via[0].URL.Host) || !isSecureURL(to.URL) {
		return errRedirected
	}
	return nil
}

// look pings when it is time and the daemon works.
func (h *heartbeat) look(ctx context.Context, now time.Time) {
	if !h.last.IsZero() && now.Sub(h.last) < pingEvery-pingLook/2 { // ticks come a little early or late
		return
	}
	err := h.check(ctx)
	if err == nil {
		err = h.ping(ctx)
	} else {
		err = fmt.Errorf("the daemon is not well: %w", err)
	}
	switch {
	case ctx.Err() != nil:
		return
	case err == nil:
		h.last = now
		if h.failing {
			h.log.Info().Msg("the heartbeat goes on")
		}
	case !h.failing:
		h.log.Warn().Err(err).Msg("no heartbeat, tried again each minute")
	}
	h.failing = err != nil
}

func (h *heartbeat) ping(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, pingTimeout)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, h.url, http.NoBody)
	if err != nil {
		return errors.New("its address is not valid")
	}
	req.Header.Set("User-Agent", "countermand")
	resp, err := h.http.Do(req)
	if err != nil {
		return withoutAddress(err)
	}
	defer resp.Body.Close()
	_, _ = io.Copy(io.Discard, io.LimitReader(resp.Body, 4<<10)) // a short answer is read to its end, for politeness
	if resp.StatusCode < 200 || resp.StatusCode > 299 {
		return fmt.Errorf("it answers %d", resp.StatusCode)
	}
	return nil
}

// withoutAddress says what went wrong without the words of the error: these hold the
// address, or parts of it.
func withoutAddress(err error) error {
	if errors.Is(err, errRedirected) {
		return errRedirected
	}
	if e, ok := errors.AsType[net.Error](err); ok && e.Timeout() {
		return fmt.Errorf("no answer within %s", pingTimeout)
	}
	if _, ok := errors.AsType[*net.DNSError](err); ok {
		return errors.New("its host is not found")
	}
	if op, ok := errors.AsType[*net.OpError](err); ok && op.Op == "dial" {
		return errors.New("nobody answers there")
	}
	return errors.New("the connection broke, or its certificate is not trusted")
}
