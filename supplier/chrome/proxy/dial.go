package proxy

import (
	"bufio"
	"bytes"
	"context"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"net"
	"net/netip"
	"net/textproto"
	"net/url"
	"strings"
	"syscall"
	"time"
)

// ErrPrivate: the address is not a public one; see Options.Private.
var ErrPrivate = errors.New("the address is not public")

var errUpstreamPassword = errors.New("it wants a user and a password: correct browser.upstream_proxy_file")

// dialTCP connects to addr, which is host itself or the upstream proxy.
func (p *Proxy) dialTCP(ctx context.Context, host, addr string) (net.Conn, error) {
	dialer := net.Dialer{Timeout: p.opts.DialTimeout, Resolver: newResolver((&net.Dialer{}).DialContext)}
	switch {
	case p.opts.Private:
	case p.opts.Upstream == nil:
		// What a name stands for is judged, not the name.
		dialer.ControlContext = func(_ context.Context, _, resolved string, _ syscall.RawConn) error {
			return public(resolved)
		}
	default:
		if err := public(host); err != nil {
			return nil, fmt.Errorf("connect to %s: %w", host, err)
		}
	}
	c, err := dialer.DialContext(ctx, "tcp", addr)
	if err != nil {
		return nil, fmt.Errorf("connect to %s: %w", host, err)
	}
	return c, nil
}

// newResolver gives a resolver whose lookups end with their context, so that
// Close leaves none behind. It serves one dial, as net lets a lookup go on that
// others of the same resolver have shared.
func newResolver(dial func(ctx context.Context, network, addr string) (net.Conn, error)) *net.Resolver {
	return &net.Resolver{
		PreferGo: true, // the C library's cannot be ended
		Dial: func(ctx context.Context, network, addr string) (net.Conn, error) {
			c, err := dial(ctx, network, addr)
			if err != nil {
				return nil, err
			}
			context.AfterFunc(ctx, func() { c.Close() })
			return c, nil
		},
	}
}

// dial connects to a tunnel's server, through the upstream proxy where there
// is one.
func (p *Proxy) dial(ctx context.Context, host string) (net.Conn, error) {
	if p.opts.Upstream == nil {
		return p.dialTCP(ctx, host, host)
	}
	c, err := p.dialTCP(ctx, host, p.opts.Upstream.Host)
	if err != nil {
		return nil, err
	}
	through, err := p.connect(ctx, c, host)
	if err != nil {
		c.Close()
		return nil, fmt.Errorf("connect to %s: upstream proxy: %w", host, err)
	}
	return through, nil
}

// connect asks the upstream proxy for a tunnel.
func (p *Proxy) connect(ctx context.Context, c net.Conn, host string) (net.Conn, error) {
	if err := c.SetDeadline(time.Now().Add(p.opts.HeadTimeout)); err != nil {
		return nil, err
	}
	unhook := context.AfterFunc(ctx, func() { c.Close() })
	defer unhook()
	auth := ""
	if u := p.opts.Upstream.User; u != nil {
		password, _ := u.Password()
		auth = "Proxy-Authorization: Basic " + base64.StdEncoding.EncodeToString([]byte(u.Username()+":"+password)) + "\r\n"
	}
	if _, err := fmt.Fprintf(c, "CONNECT %s HTTP/1.1\r\nHost: %[1]s\r\n%s\r\n", host, auth); err != nil {
		return nil, err
	}
	r := bufio.NewReader(io.LimitReader(c, int64(p.opts.MaxHead)))
	head := textproto.NewReader(r)
	line, err := head.ReadLine()
	if err == nil {
		_, err = head.ReadMIMEHeader()
	}
	proto, status, _ := strings.Cut(line, " ")
	switch {
	case err != nil:
		return nil, fmt.Errorf("read its answer: %w", err)
	case !strings.HasPrefix(proto, "HTTP/1."):
		return nil, fmt.Errorf("it is no HTTP proxy, it answered %.80q", line)
	case strings.HasPrefix(status, "407"):
		return nil, errUpstreamPassword
	case !strings.HasPrefix(status, "2"):
		return nil, fmt.Errorf("it answered %.80q", status)
	}
	if err := c.SetDeadline(time.Time{}); err != nil {
		return nil, err
	}
	return rest(c, r), nil
}

// rest gives a connection together with what its reader has read of it
// already.
func rest(c net.Conn, r *bufio.Reader) net.Conn {
	early, err := r.Peek(r.Buffered())
	if err != nil || len(early) == 0 { // there is no such error
		return c
	}
	return preread{c, io.MultiReader(bytes.NewReader(early), c)}
}

// preread is a connection of which some bytes were read already.
type preread struct {
	net.Conn
	r io.Reader
}

// Read gives those bytes first.
func (c preread) Read(b []byte) (int, error) { return c.r.Read(b) }

// CloseWrite ends the direction to the server.
func (c preread) CloseWrite() error { return closeWrite(c.Conn) }

// public judges a host and port; a name that is not resolved passes, unless
// it means this machine.
func public(hostport string) error {
	host, _, err := net.SplitHostPort(hostport)
	if err != nil {
		return err
	}
	if host == "localhost" || strings.HasSuffix(host, ".localhost") {
		return ErrPrivate
	}
	a, err := netip.ParseAddr(host)
	if err != nil {
		return nil
	}
	a = a.Unmap()
	if !a.IsGlobalUnicast() || a.IsPrivate() || thisHost.Contains(a) {
		return ErrPrivate
	}
	return nil
}

// thisHost is this machine too on some systems (RFC 6890).
var thisHost = netip.MustParsePrefix("0.0.0.0/8")

// errUpstream names the form and never the text, which holds a password.
var errUpstream = errors.New("upstream proxy: want an address such as http://user:password@proxy.example:3128, with special characters of user and password percent-encoded")

// ParseUpstream reads the address of an upstream proxy: host and port, with an
// optional http:// and user:password@. Proxies over TLS or SOCKS are refused.
func ParseUpstream(text string) (*url.URL, error) {
	text = strings.TrimSpace(text)
	if !strings.Contains(text, "://") {
		text = "http://" + text
	}
	u, err := url.Parse(text)
	if err != nil {
		return nil, errUpstream
	}
	if u.Scheme != "http" {
		return nil, fmt.Errorf("upstream proxy: only http:// is supported, not %s://", u.Scheme)
	}
	host, err := authority(u.Host, "")
	if err != nil || u.Path != "" && u.Path != "/" || u.RawQuery != "" || u.ForceQuery || u.Fragment != "" {
		return nil, errUpstream
	}
	return &url.URL{Scheme: "http", User: u.User, Host: host}, nil
}
