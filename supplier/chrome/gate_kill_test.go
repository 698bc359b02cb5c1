package chrome

import (
	"bufio"
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"countermand/supplier/chrome/proxy"
)

// holdEnv makes the test binary open a page, hold all that it sends, and wait
// to be killed; see TestKilledDaemonLetsNothingGo.
const holdEnv = "CHROME_TEST_HOLD"

// heldWays leave a page by themselves once nobody holds them.
var heldWays = []string{"fetch", "xhr", "keepalive", "beacon", "worker", "shared-worker", "image", "form-frame", "form-tab", "put"}

// holdUntilKilled is the process that dies.
func holdUntilKilled(profile, url string) error {
	ctx := context.Background()
	held := make(chan struct{}, len(heldWays))
	policy := &testPolicy{judge: writes(func(*Request) Decision {
		return Hold(func(ctx context.Context, _ *Held) {
			held <- struct{}{}
			<-ctx.Done()
		})
	})}
	b, err := New(Options{ProfileDir: profile, Gate: policy, Proxy: proxy.Options{Private: true}})
	if err != nil {
		return err
	}
	tab, err := b.NewTab(ctx)
	if err != nil {
		return err
	}
	if err := tab.Navigate(ctx, url); err != nil {
		return err
	}
	const script = `for (const w of %q.split(' ')) go(w, location.origin + '/write/' + w); 0`
	if err := tab.eval(ctx, "send", fmt.Sprintf(script, strings.Join(heldWays, " ")), nil); err != nil {
		return err
	}
	for range heldWays {
		<-held
	}
	fmt.Println("held", b.PID())
	select {}
}

// The daemon's death lets nothing go of what is held: no mark means that
// nothing left.
func TestKilledDaemonLetsNothingGo(t *testing.T) {
	t.Parallel()
	runs := 2
	if testAll() {
		runs = 20
	}
	s := newLogSite(t)
	for range runs {
		cmd := exec.CommandContext(t.Context(), os.Args[0])
		cmd.Env = append(os.Environ(), holdEnv+"="+filepath.Join(t.TempDir(), "profile")+" "+s.url)
		cmd.Stderr = os.Stderr
		out, err := cmd.StdoutPipe()
		if err != nil {
			t.Fatal(err)
		}
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		var pid int
		line, err := bufio.NewReader(out).ReadString('\n')
		if _, scanErr := fmt.Sscanf(line, "held %d", &pid); err != nil || scanErr != nil {
			_ = cmd.Process.Kill()
			t.Fatalf("the process said %q, %v, %v", line, err, scanErr)
		}
		if err := cmd.Process.Signal(syscall.SIGKILL); err != nil {
			t.Fatal(err)
		}
		_ = cmd.Wait() // killed
		eventually(t, "the browser dies too", func() bool { return groupAlive(t, pid) == 0 })
		if all := s.all(); len(all) > 0 {
			t.Fatalf("arrived: %v", all)
		}
	}
}
