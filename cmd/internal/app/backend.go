package app

import (
	"context"
	"errors"
	"fmt"
	"io"

	"countermand/cmd/internal/control"
	"countermand/cmd/internal/dossier"
	"countermand/cmd/internal/plain"
	"countermand/cmd/internal/upkeep"
	"countermand/configs"
	"countermand/state"
	"countermand/supplier"
	casesync "countermand/sync"
	"countermand/sync/alert"
	"countermand/sync/machine"
)

// backend is what the control socket talks to: questions go to the store,
// decisions to the engine.
type backend struct {
	control.Reader
	control.Archivist
	Exporter
	*casesync.Engine
	*alert.Outbox
	*SiteBook
	shops   []configs.Shop
	upkeep  *upkeep.Upkeep
	watch   *clockWatch
	dataDir string
}

var _ control.Backend = backend{}

// Decide puts a decision through the table.
func (b backend) Decide(ctx context.Context, id string, ev state.Event) (state.Case, error) {
	c, err := b.Engine.Decide(ctx, id, ev)
	if refused, ok := errors.AsType[*machine.RefusedError](err); ok {
		return c, control.Refused(refused.Error())
	}
	return c, err
}

// MapSet tells which supplier orders belong to a shop order.
func (b backend) MapSet(ctx context.Context, shop, order string, numbers []string, who string) ([]state.Case, error) {
	if err := b.knows(shop); err != nil {
		return nil, err
	}
	return b.Engine.MapSet(ctx, shop, order, who, numbers)
}

// Claim answers the question whether the data folder's former place is in use.
func (b backend) Claim(ctx context.Context, who string) (control.Claimed, error) {
	claimed, err := b.upkeep.Claim(ctx, who)
	if err == nil {
		b.Heartbeat() // what waited goes on
	}
	return control.Claimed{Claimed: claimed, DataDir: b.dataDir}, err
}

func (b backend) knows(shop string) error {
	for _, s := range b.shops {
		if s.Name == shop {
			return nil
		}
	}
	return control.Invalid(fmt.Sprintf("no shop %q is configured", shop))
}

// Rehearse walks the cancel flow of a case's order.
func (b backend) Rehearse(ctx context.Context, c state.Case) (supplier.Rehearsal, error) {
	r, err := b.Engine.Rehearse(ctx, c)
	return r, refusedNow(err)
}

// RehearseAny walks the cancel flow of any order.
func (b backend) RehearseAny(ctx context.Context, account, number string) (supplier.Rehearsal, error) {
	r, err := b.Engine.RehearseAny(ctx, account, number)
	return r, refusedNow(err)
}

// refusedNow words what a person may wait for, or must mend.
func refusedNow(err error) error {
	if err != nil && (errors.Is(err, casesync.ErrNotNow) || supplier.KindOf(err) != "") {
		return control.Refused(err.Error())
	}
	return err
}

// Alerts lists the outbox.
func (b backend) Alerts(ctx context.Context, open bool) ([]state.Alert, error) {
	return b.List(ctx, open)
}

// TestAlert tries every channel.
func (b backend) TestAlert(ctx context.Context) ([]control.ChannelResult, error) {
	var out []control.ChannelResult
	for _, r := range b.Test(ctx) {
		c := control.ChannelResult{Channel: r.Channel, OK: r.Err == nil}
		if r.Err != nil {
			c.Error = r.Err.Error()
		}
		out = append(out, c)
	}
	return out, nil
}

// Exporter packs the file of a case for the control socket.
type Exporter dossier.Options

// Export writes the ZIP archive to w.
func (e Exporter) Export(ctx context.Context, b control.Bundle, w io.Writer) (control.Packed, error) {
	p, err := dossier.Pack(ctx, dossier.Options(e), dossier.Bundle{Case: b.Case, Journal: b.Journal, Document: b.Doc, NextAction: b.Doc.NextAction, Zone: b.Zone, Now: b.Now}, w)
	return control.Packed{Evidence: p.Evidence, Missing: p.Missing, Changed: p.Changed, MissingCount: len(p.Missing), ChangedCount: len(p.Changed)}, err
}

// WriteCases writes the document of `cases list --json`, for the demonstration.
func (a *App) WriteCases(ctx context.Context, w io.Writer) error {
	cases, err := control.Reader{Store: a.store, Clock: a.clock.Now}.Cases(ctx, control.Filter{})
	if err != nil {
		return err
	}
	return plain.JSON(w, control.Cases{Cases: control.CasesOf(cases, a.clock.Now())})
}
