package chrome

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
)

// What the gate cannot hold is shut before the browser starts: WebSocket,
// WebTransport and WebRTC by the proxy and the flags, what is fetched ahead of
// its time (speculation rules) by a preference, service workers by clearing
// those of former times and failing the scripts of new ones.

// gateFlags are the switches of a browser with a gate.
func (g *gate) flags() []string {
	return append(g.proxy.Flags(), "webrtc-ip-handling-policy=disable_non_proxied_udp", "disable-features="+strings.Join(shutFeatures, ","))
}

// shutFeatures are parts of the browser that send requests for a page past the
// gate, some with its cookies and with what the page wants said.
var shutFeatures = []string{
	"Translate", "BlinkGenPropertyTrees", // as without a gate
	"FedCm",                                                 // signing in through another site: POSTs with cookies
	"Reporting", "NetworkErrorLogging", "DocumentReporting", // reports to the site: POSTs with cookies
	"WebPayments",                                          // looks for the manifest of a payment method
	"Fledge", "AdInterestGroupAPI", "AttributionReporting", // advertising
	"BackForwardCache",                                      // brings a document back without a request
	"EarlyHintsPreloadForNavigation", "DeviceBoundSessions", // what the head of an answer asks for
}

// foreignFlags are the beginnings of switches that would open a way past the
// gate.
var foreignFlags = []string{"proxy-", "no-proxy-server", "host-", "webrtc-", "force-webrtc-", "enable-features", "disable-features", "load-extension", "remote-"}

func checkGateFlags(flags []string) error {
	for _, f := range flags {
		for _, foreign := range foreignFlags {
			if strings.HasPrefix(f, foreign) {
				return fmt.Errorf("browser options: flag %q: it may open a way past the gate", f)
			}
		}
	}
	return nil
}

// prepareForGate changes a profile that no browser uses.
func prepareForGate(profile string) error {
	// Their registrations lie beside their scripts.
	old, err := filepath.Glob(filepath.Join(profile, "*", "Service Worker"))
	if err != nil {
		return fmt.Errorf("clear service workers: %w", err)
	}
	for _, dir := range old {
		if err := os.RemoveAll(dir); err != nil {
			return fmt.Errorf("clear service workers: %w", err)
		}
	}
	return setPreference(filepath.Join(profile, "Default", "Preferences"))
}

// setPreference turns off what the browser loads before it is asked for:
// requests of speculation rules are not shown to the gate.
func setPreference(path string) error {
	all, network := map[string]json.RawMessage{}, map[string]json.RawMessage{}
	body, err := os.ReadFile(path)
	switch {
	case errors.Is(err, os.ErrNotExist):
		if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
			return fmt.Errorf("set browser preferences: %w", err)
		}
	case err != nil:
		return fmt.Errorf("set browser preferences: %w", err)
	case json.Unmarshal(body, &all) != nil:
		// The browser would put it aside as well, and begin anew without ours.
		if err := os.Rename(path, path+".bad"); err != nil {
			return fmt.Errorf("set browser preferences: %w", err)
		}
		all = map[string]json.RawMessage{}
	}
	if net, ok := all["net"]; ok && json.Unmarshal(net, &network) != nil {
		network = map[string]json.RawMessage{}
	}
	if string(network["network_prediction_options"]) == "2" {
		return nil
	}
	network["network_prediction_options"] = json.RawMessage("2") // never
	if all["net"], err = json.Marshal(network); err == nil {
		body, err = json.Marshal(all)
	}
	if err == nil {
		err = writeWhole(path, body)
	}
	if err != nil {
		return fmt.Errorf("set browser preferences: %w", err)
	}
	return nil
}

// heldPipe are the browser's copies of our ends of its pipes. Without them the
// end of our process ends the pipes, and before the browser dies of that it
// lets go some of what is held.
type heldPipe []*os.File

// hold gives the browser the copies. The command's extra files are its own
// ends: it reads commands from the first and writes to the second.
func (h *heldPipe) hold(cmd *exec.Cmd) error {
	if len(cmd.ExtraFiles) != 2 {
		return fmt.Errorf("hold the browser's pipes: it has %d, not 2", len(cmd.ExtraFiles))
	}
	for i, mode := range []int{os.O_WRONLY, os.O_RDONLY} {
		f, err := os.OpenFile(fmt.Sprintf("/proc/self/fd/%d", cmd.ExtraFiles[i].Fd()), mode, 0)
		if err != nil {
			return fmt.Errorf("hold the browser's pipes: %w", err)
		}
		*h = append(*h, f)
	}
	cmd.ExtraFiles = append(cmd.ExtraFiles, *h...)
	return nil
}

// close closes our own copies, once the browser has its.
func (h *heldPipe) close() {
	for _, f := range *h {
		f.Close()
	}
	*h = nil
}
