package proxy

import (
	"context"
	"net"
	"net/http"
	"sync"
)

// connKey finds the browser's connection in a request's context.
type connKey struct{}

// listener hands the browser's connections to the HTTP server, each with its
// record.
type listener struct {
	net.Listener
	p *Proxy
}

// Accept gives the next connection that there is room for.
func (l listener) Accept() (net.Conn, error) {
	for {
		raw, err := l.Listener.Accept()
		if err != nil {
			return nil, err
		}
		if c := l.p.track(raw); c != nil {
			return c, nil
		}
		raw.Close()
	}
}

// track keeps a record of a connection; nil where there is no room for it.
func (p *Proxy) track(raw net.Conn) *conn {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.closed || len(p.conns) >= p.opts.MaxConns {
		return nil
	}
	c := &conn{Conn: raw, p: p}
	p.conns[c] = struct{}{}
	p.running.Add(1)
	return c
}

// conn is one connection of the browser.
type conn struct {
	net.Conn
	p    *Proxy
	once sync.Once

	// Under p.mu:
	host   string   // host and port of its last request; empty before the first
	server net.Conn // the connection to the server that belongs to it
	ended  bool     // nothing may pass any more
}

// end closes both sides. p.mu is held.
func (c *conn) end() {
	c.ended = true
	c.Conn.Close()
	if c.server != nil {
		c.server.Close()
	}
}

// Close ends the connection and its record.
func (c *conn) Close() error {
	c.once.Do(func() {
		c.p.mu.Lock()
		c.end()
		delete(c.p.conns, c)
		c.p.mu.Unlock()
	})
	return nil
}

// release is told of the HTTP server's connections. It has done with one that
// is closed, some time after its Close, or that became a tunnel.
func (p *Proxy) release(_ net.Conn, s http.ConnState) {
	if s == http.StateClosed || s == http.StateHijacked {
		p.running.Done()
	}
}

// CloseWrite ends our direction only; the HTTP server uses it so that an
// answer to a request that was not read whole still arrives.
func (c *conn) CloseWrite() error { return closeWrite(c.Conn) }

func closeWrite(c net.Conn) error {
	if half, ok := c.(interface{ CloseWrite() error }); ok {
		return half.CloseWrite()
	}
	return c.Close()
}

// admit decides whether a request, known by its requestLine, may go on, and in
// which window it is.
func (p *Proxy) admit(c *conn, host, line string) (*Window, bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if c.ended {
		return nil, false
	}
	c.host = host
	w := p.windows[host]
	if w == nil {
		return nil, true
	}
	if !w.open || line != w.line {
		w.refused++
		return nil, false
	}
	w.open, w.conn = false, c
	return w, true
}

// passage is the way of one request, or of one tunnel, to its server.
type passage struct {
	conn   *conn
	window *Window // nil outside windows
	host   string

	// On cleartext:
	request context.Context // ends with the request
	dialed  bool            // written by the one dial
}

// attach makes the server's connection belong to the browser's, and gives it
// as it is to be written to. It fails where the browser's has ended meanwhile.
func (o *passage) attach(server net.Conn) (net.Conn, bool) {
	p := o.conn.p
	p.mu.Lock()
	defer p.mu.Unlock()
	if o.conn.ended {
		return nil, false
	}
	o.conn.server = server
	if o.window != nil {
		return counted{server, o.window}, true
	}
	return server, true
}

// counted tells its window before it writes to the server.
type counted struct {
	net.Conn
	window *Window
}

// Write sends what the window lets pass.
func (c counted) Write(b []byte) (int, error) {
	if !c.window.pass(len(b)) {
		return 0, net.ErrClosed
	}
	return c.Conn.Write(b)
}

// CloseWrite ends the direction to the server.
func (c counted) CloseWrite() error { return closeWrite(c.Conn) }
