package aliexpress

import (
	"context"
	"errors"
	"syscall"
	"testing"
	"time"

	"countermand/state"
	"countermand/supplier"
	"countermand/supplier/aliexpresstest"
)

// TestAfterTheMark shows that whatever breaks after the mark is an outcome.
func TestAfterTheMark(t *testing.T) {
	t.Parallel()
	r := newRig(t, func(o *Options) { o.StepTimeout = 3 * time.Second })

	t.Run("lost reply", func(t *testing.T) {
		number, marks := r.order(t, nil), 0
		r.site.DropReply(aliexpresstest.CallOperation, 1)
		got, err := r.client.Cancel(t.Context(), request(number, &marks))
		if err != nil || got.Outcome != state.AskPending || marks != 1 {
			t.Errorf("cancel: %+v, %v", got, err)
		}
		r.wantWrites(t, number, aliexpresstest.WriteCancel)
	})
	t.Run("caller gone at the mark", func(t *testing.T) {
		number, marks := r.order(t, nil), 0
		ctx, cancel := context.WithCancel(t.Context())
		req := request(number, &marks)
		req.Dispatch = func(context.Context) error { marks++; cancel(); return nil }
		got, err := r.client.Cancel(ctx, req)
		if err != nil || got.Outcome != state.AskFailed || !got.NothingLeft {
			t.Errorf("cancel: %+v, %v", got, err)
		}
		r.wantWrites(t, number)
	})
	t.Run("challenge after the click", func(t *testing.T) {
		number, marks := r.order(t, nil), 0
		req := request(number, &marks)
		req.Dispatch = func(context.Context) error { marks++; r.site.SetChallenge(true); return nil }
		got, err := r.client.Cancel(t.Context(), req)
		r.site.SetChallenge(false)
		if err != nil || got.Outcome != state.AskUnclear || got.Kind != string(supplier.Challenged) || marks != 1 {
			t.Errorf("cancel: %+v, %v", got, err)
		}
		r.wantWrites(t, number)
	})
	t.Run("browser dies at the mark", func(t *testing.T) {
		number, marks := r.order(t, nil), 0
		req := request(number, &marks)
		req.Dispatch = func(context.Context) error {
			marks++
			return syscall.Kill(r.client.b.PID(), syscall.SIGKILL)
		}
		got, err := r.client.Cancel(t.Context(), req)
		if err != nil || got.Outcome != state.AskFailed || !got.NothingLeft {
			t.Errorf("cancel: %+v, %v", got, err)
		}
		r.wantWrites(t, number)
	})
}

// TestLoginAndChallengeStopAllWork shows what stops the account's work before anything is asked.
func TestLoginAndChallengeStopAllWork(t *testing.T) {
	t.Parallel()
	r := newRig(t, func(o *Options) { o.StepTimeout = 5 * time.Second })
	number, marks := r.order(t, nil), 0
	try := func(t *testing.T, want supplier.Kind) {
		t.Helper()
		if _, err := r.client.Cancel(t.Context(), request(number, &marks)); supplier.KindOf(err) != want {
			t.Errorf("cancel: %v, want %s", err, want)
		}
		if _, err := r.client.Read(t.Context(), number, true); supplier.KindOf(err) != want {
			t.Errorf("read: %v, want %s", err, want)
		}
		if _, err := r.client.Sweep(t.Context(), []string{number}); supplier.KindOf(err) != want {
			t.Errorf("sweep: %v, want %s", err, want)
		}
		if err := r.client.Probe(t.Context()); supplier.KindOf(err) != want {
			t.Errorf("probe: %v, want %s", err, want)
		}
	}
	if err := r.client.Probe(t.Context()); err != nil {
		t.Fatal(err)
	}
	r.site.SetLoggedOut(true)
	try(t, supplier.LoggedOut)
	r.site.SetLoggedOut(false)
	r.site.SetChallenge(true)
	try(t, supplier.Challenged)
	r.site.SetChallenge(false)
	r.site.SetPunish(true)
	try(t, supplier.Challenged)
	r.site.SetPunish(false)

	// A challenge that comes between the look and the click.
	r.site.OnRequest(func(kind, _ string) {
		if kind == aliexpresstest.CallReasons {
			r.site.SetChallenge(true)
		}
	})
	if got, err := r.client.Cancel(t.Context(), request(number, &marks)); supplier.KindOf(err) != supplier.Challenged {
		t.Errorf("challenge on the form: %+v, %v", got, err)
	}
	r.site.OnRequest(nil)
	r.site.SetChallenge(false)

	if err := r.client.Probe(t.Context()); err != nil {
		t.Errorf("probe afterwards: %v", err)
	}
	if marks != 0 || len(r.site.Writes()) != 0 {
		t.Errorf("%d marks, writes %+v", marks, r.site.Writes())
	}
}

func TestBrowserTroubleHasItsKind(t *testing.T) {
	t.Parallel()
	r := newRig(t, func(o *Options) { o.Chrome.Path = "/no/such/browser" })
	if err := r.client.Probe(t.Context()); supplier.KindOf(err) != supplier.Browser {
		t.Errorf("no browser: %v", err)
	}
	closed, cancel := context.WithCancel(t.Context())
	cancel()
	if err := r.client.Probe(closed); supplier.KindOf(err) != "" || !errors.Is(err, context.Canceled) && err == nil {
		t.Errorf("caller gone: %v", err)
	}
}
