package control

import (
	"errors"
	"fmt"
	"io/fs"
	"net"
	"os"
	"os/user"
	"path/filepath"
	"strconv"
	"syscall"
	"time"
)

// probeTimeout bounds the question whether somebody answers on a socket.
const probeTimeout = 2 * time.Second

// listen opens the socket at path, for its owner only (0600) or, with a group,
// for its members too (0660). A directory that is missing is made; a socket
// that nobody answers on is a leftover and is replaced; anything else at path
// is left alone.
//
// The socket gets its mode and group under another name and is renamed then:
// at no moment can anybody else connect.
func listen(path, group string) (*net.UnixListener, error) {
	gid, err := groupID(group)
	if err != nil {
		return nil, err
	}
	if err := makeDir(filepath.Dir(path), gid); err != nil {
		return nil, err
	}
	if err := mayReplace(path); err != nil {
		return nil, err
	}
	// A short name: a socket's path may have 107 bytes and no more.
	fresh := filepath.Join(filepath.Dir(path), "."+strconv.FormatInt(int64(os.Getpid()), 36))
	_ = os.Remove(fresh) // left by a crash under the same pid
	l, err := net.ListenUnix("unix", &net.UnixAddr{Name: fresh, Net: "unix"})
	if err != nil {
		return nil, fmt.Errorf("listen on control socket %s: %w (a path over 100 bytes is too long: set control_socket)", path, err)
	}
	l.SetUnlinkOnClose(false)
	if err := publish(fresh, path, gid); err != nil {
		return nil, errors.Join(err, l.Close(), os.Remove(fresh))
	}
	return l, nil
}

func publish(fresh, path string, gid int) error {
	mode := fs.FileMode(0o600)
	if gid >= 0 {
		mode = 0o660
		if err := os.Chown(fresh, -1, gid); err != nil {
			return fmt.Errorf("give control socket to control_group: %w (the daemon's user must be a member of it)", err)
		}
	}
	if err := os.Chmod(fresh, mode); err != nil {
		return fmt.Errorf("set mode of control socket: %w", err)
	}
	if err := os.Rename(fresh, path); err != nil {
		return fmt.Errorf("put control socket in place: %w", err)
	}
	return nil
}

// groupID is -1 for no group.
func groupID(group string) (int, error) {
	if group == "" {
		return -1, nil
	}
	g, err := user.LookupGroup(group)
	if err != nil {
		return 0, fmt.Errorf("find control_group: %w (create it with groupadd, or leave control_group empty)", err)
	}
	return strconv.Atoi(g.Gid)
}

// makeDir makes the socket's directory, open to the group alone where there is
// one. A directory that is there already keeps its mode.
func makeDir(dir string, gid int) error {
	if _, err := os.Stat(dir); err == nil {
		return nil
	}
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return fmt.Errorf("make directory of control socket: %w", err)
	}
	if gid < 0 {
		return nil
	}
	if err := errors.Join(os.Chown(dir, -1, gid), os.Chmod(dir, 0o750)); err != nil {
		return fmt.Errorf("give directory of control socket to control_group: %w", err)
	}
	return nil
}

// mayReplace refuses a path where somebody answers, or that is no socket.
func mayReplace(path string) error {
	info, err := os.Lstat(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("look at control socket: %w", err)
	}
	if info.Mode().Type() != fs.ModeSocket {
		return fmt.Errorf("control socket %s: a file that is not a socket is there; move it or set control_socket", path)
	}
	conn, err := net.DialTimeout("unix", path, probeTimeout)
	if err == nil {
		_ = conn.Close()
		return fmt.Errorf("control socket %s: another daemon answers on it; stop that one first", path)
	}
	if errors.Is(err, syscall.ECONNREFUSED) || errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	return fmt.Errorf("control socket %s: cannot tell whether another daemon answers on it: %w", path, err)
}

// removeOwn removes the socket only while it is still the one described by
// own: a daemon started later may have put its own there.
func removeOwn(path string, own os.FileInfo) error {
	info, err := os.Lstat(path)
	if errors.Is(err, fs.ErrNotExist) || err == nil && !os.SameFile(info, own) {
		return nil
	}
	if err != nil {
		return err
	}
	return os.Remove(path)
}
