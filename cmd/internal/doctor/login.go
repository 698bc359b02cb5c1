package doctor

import (
	"context"
	"errors"
	"fmt"
	"io"
	"time"

	"github.com/rs/zerolog"

	"countermand/configs"
	"countermand/supplier"
)

// LoginOptions are what a sign-in by a person needs.
type LoginOptions struct {
	Open    Opener
	Config  *configs.Config
	Account string
	// Display tells that a window can be opened here.
	Display bool
	// Out gets what the person should do.
	Out io.Writer
	Log zerolog.Logger
}

// How a sign-in is watched. Looking at the address disturbs nobody; the
// session is only tried once the person has left the sign-in pages.
const (
	loginGlance  = 2 * time.Second
	LoginTimeout = 15 * time.Minute
)

// Login opens a visible browser on the account's profile, waits until a person
// has signed in, and keeps the session. It types nothing. The profile must not
// be in use: the daemon lends it first.
func Login(ctx context.Context, o LoginOptions) (err error) {
	ac, err := accountNamed(o.Config, o.Account)
	if err != nil {
		return err
	}
	if !o.Display && ac.RemoteURL == "" {
		return fmt.Errorf("sign in to account %s: there is no display here to open a window on; run this on a desktop (ssh -X will do), or set accounts[].remote_url to a browser that you can see", o.Account)
	}
	ac.Headless, ac.Pace = false, configs.Pace{} // a person sets the pace
	acc, err := o.Open.Account(o.Config, ac, o.Log)
	if err != nil {
		return err
	}
	defer func() {
		closing, cancel := context.WithTimeout(context.WithoutCancel(ctx), 20*time.Second)
		defer cancel()
		err = errors.Join(err, acc.Close(closing))
	}()
	ctx, cancel := context.WithTimeout(ctx, LoginTimeout)
	defer cancel()
	tab, err := acc.OpenLogin(ctx)
	if err != nil {
		return fmt.Errorf("open the sign-in of account %s: %w", o.Account, err)
	}
	fmt.Fprintf(o.Out, "A browser window shows %s. Sign in there with account %s; this ends by itself when you are in.\n", supplier.Title(ac.Supplier), o.Account)
	for last := ""; ; {
		select {
		case <-ctx.Done():
			return fmt.Errorf("sign in to account %s: not signed in: %w", o.Account, context.Cause(ctx))
		case <-time.After(loginGlance):
		}
		url, err := tab.URL(ctx)
		if err != nil {
			return fmt.Errorf("sign in to account %s: the window was closed before you were in: %w", o.Account, err)
		}
		// A form half filled in, or a captcha half solved, must not be loaded
		// away; a look that fails is one at a page on its way.
		if blocked, err := acc.Blocked(ctx); blocked || err != nil {
			last = ""
			continue
		}
		// An address that was tried is not worth another try.
		if url == last || configs.SameOrigin(url, ac.Hosts.Login) {
			last = url
			continue
		}
		last = url
		if err := acc.Probe(ctx); err != nil {
			// The person's window stays: a site that does not answer, or that
			// goes to a regional host, may do better in a moment.
			if kind := supplier.KindOf(err); kind.Account() || kind == supplier.Unreachable || kind == supplier.UnknownPage {
				o.Log.Info().Err(err).Str("account", o.Account).Msg("not signed in yet")
				continue
			}
			return fmt.Errorf("look at the session of account %s: %w", o.Account, err)
		}
		fmt.Fprintf(o.Out, "Account %s is signed in; the session is kept.\n", o.Account)
		return nil
	}
}

func accountNamed(c *configs.Config, name string) (configs.Account, error) {
	var names []string
	for _, ac := range c.Accounts {
		if ac.Name == name {
			return ac, nil
		}
		names = append(names, ac.Name)
	}
	return configs.Account{}, fmt.Errorf("no account %q is configured; there is %v", name, names)
}
