package alert

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/nicholas-fedor/shoutrrr/pkg/router"
	"github.com/nicholas-fedor/shoutrrr/pkg/types"
	"github.com/rs/zerolog"
)

// sendTimeout bounds one send to one channel, in real time.
const sendTimeout = 20 * time.Second

// hanging bounds the sends of one channel that have outlived their time-out:
// shoutrrr cannot be told to give up, so they end when the service does.
const hanging = 4

// Channels sends to every configured service, all at the same time.
type Channels struct {
	list    []*channel
	timeout time.Duration
}

type channel struct {
	name   string // "1 (ntfy)"
	url    string // secret
	redact func(string) string
	slots  chan struct{}
}

// Shoutrrr makes a sender of shoutrrr addresses such as "ntfy://ntfy.sh/topic".
// It connects to nothing. Errors name an address by its place in the list.
func Shoutrrr(urls []string) (*Channels, error) {
	if len(urls) == 0 {
		return nil, errors.New("set up alert channels: no address given")
	}
	c := &Channels{timeout: sendTimeout}
	for i, u := range urls {
		ch, err := newChannel(i+1, strings.TrimSpace(u))
		if err != nil {
			return nil, fmt.Errorf("set up alert channel %d: %w", i+1, err)
		}
		c.list = append(c.list, ch)
	}
	return c, nil
}

func newChannel(n int, raw string) (*channel, error) {
	u, err := url.Parse(raw)
	if err != nil || u.Scheme == "" {
		return nil, errors.New("not an address such as ntfy://ntfy.sh/topic")
	}
	scheme, _, _ := strings.Cut(u.Scheme, "+")
	var r router.ServiceRouter
	if _, err := r.NewService(scheme); err != nil {
		return nil, errors.New("unknown kind of service before \"://\"; shoutrrr's documentation lists them")
	}
	ch := &channel{
		name: strconv.Itoa(n) + " (" + scheme + ")", url: raw,
		redact: redactor(raw), slots: make(chan struct{}, hanging),
	}
	// Matrix signs in while it is set up: that has to wait for the send.
	if scheme != "matrix" {
		if _, err := r.Locate(raw); err != nil {
			return nil, errors.New(ch.redact(err.Error()))
		}
	}
	return ch, nil
}

// Send returns *Undelivered unless every channel took the message.
func (c *Channels) Send(ctx context.Context, m Message) error {
	u := &Undelivered{}
	for _, r := range c.SendEach(ctx, m) {
		if r.Err != nil {
			u.Failed = append(u.Failed, r)
			continue
		}
		u.Delivered++
	}
	if len(u.Failed) == 0 {
		return nil
	}
	return u
}

// SendEach tells how each channel took the message, in the order of the
// addresses.
func (c *Channels) SendEach(ctx context.Context, m Message) []Result {
	ctx, cancel := context.WithTimeoutCause(ctx, c.timeout, fmt.Errorf("no answer within %s", c.timeout))
	defer cancel()
	pending := make([]<-chan error, len(c.list))
	for i, ch := range c.list {
		pending[i] = ch.start(m)
	}
	results := make([]Result, len(c.list))
	for i, ch := range c.list {
		results[i] = Result{Channel: ch.name, Err: wait(ctx, pending[i])}
	}
	return results
}

// wait prefers an outcome that is there over a context that has ended.
func wait(ctx context.Context, outcome <-chan error) error {
	select {
	case err := <-outcome:
		return err
	default:
	}
	select {
	case err := <-outcome:
		return err
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}

// start sends in a goroutine of its own, because shoutrrr takes no context.
func (ch *channel) start(m Message) <-chan error {
	outcome := make(chan error, 1)
	select {
	case ch.slots <- struct{}{}:
	default:
		outcome <- errors.New("earlier messages are still hanging")
		return outcome
	}
	go func() {
		defer func() { <-ch.slots }()
		outcome <- ch.send(m)
	}()
	return outcome
}

// send keeps every error from outside behind redact.
func (ch *channel) send(m Message) error {
	var r router.ServiceRouter
	service, err := r.Locate(ch.url)
	if err != nil {
		return errors.New(ch.redact(err.Error()))
	}
	body, params := m.Title+"\n"+m.Text, types.Params{}
	switch id := service.GetID(); {
	case ownTitle[id]:
		body = m.Text
		params.SetTitle(m.Title)
	case id == "generic":
		params.SetTitle(m.Title)
	}
	if err := service.Send(body, &params); err != nil {
		return errors.New(ch.redact(err.Error()))
	}
	return nil
}

// ownTitle lists the services that show a title of their own, by shoutrrr's
// ids; the others get it as the first line.
var ownTitle = map[string]bool{
	"bark": true, "discord": true, "gotify": true, "ntfy": true, "opsgenie": true, "pushbullet": true,
	"pushover": true, "slack": true, "smtp": true, "teams": true,
}

// logOnly stands in where no channel is configured.
type logOnly struct{ log zerolog.Logger }

// LogOnly writes messages to the log, as warnings, for a daemon without any
// channel.
func LogOnly(log zerolog.Logger) Sender { return logOnly{log} }

// Send never fails.
func (l logOnly) Send(_ context.Context, m Message) error {
	l.log.Warn().Str("title", m.Title).Str("text", m.Text).Msg("alert; no channel is configured, see alerts.urls_file")
	return nil
}

// SendEach says where the message went.
func (l logOnly) SendEach(ctx context.Context, m Message) []Result {
	return []Result{{Channel: "1 (log)", Err: l.Send(ctx, m)}}
}
