package doctor

import (
	"context"
	"errors"
	"time"

	"github.com/rs/zerolog"

	"countermand/configs"
	"countermand/supplier"
)

// RehearseOptions are what a rehearsal without a daemon needs.
type RehearseOptions struct {
	Open    Opener
	Config  *configs.Config
	Account string
	// Number of the order at the supplier.
	Number string
	Log    zerolog.Logger
}

// Rehearse walks the cancel flow of an order in the account's own browser,
// without asking.
func Rehearse(ctx context.Context, o RehearseOptions) (r supplier.Rehearsal, err error) {
	ac, err := accountNamed(o.Config, o.Account)
	if err != nil {
		return r, err
	}
	acc, err := o.Open.Account(o.Config, ac, o.Log)
	if err != nil {
		return r, err
	}
	defer func() {
		closing, cancel := context.WithTimeout(context.WithoutCancel(ctx), 20*time.Second)
		defer cancel()
		err = errors.Join(err, acc.Close(closing))
	}()
	return acc.Rehearse(ctx, supplier.RehearseRequest{Number: o.Number})
}
