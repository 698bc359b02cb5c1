package proxy

import (
	"io"
	"net"
	"net/http"
	"time"
)

// tunnel answers CONNECT and carries bytes both ways until one side ends.
func (p *Proxy) tunnel(w http.ResponseWriter, r *http.Request, out *passage) {
	raw, err := p.dial(r.Context(), out.host)
	if err != nil {
		if r.Context().Err() == nil { // the browser still wants it
			p.opts.Report(err)
		}
		// Browsers show the answer to a failed CONNECT to nobody.
		w.WriteHeader(http.StatusBadGateway)
		return
	}
	defer raw.Close()
	server, ok := out.attach(raw)
	if !ok {
		panic(http.ErrAbortHandler)
	}
	_, buffered, err := http.NewResponseController(w).Hijack()
	if err != nil {
		panic(http.ErrAbortHandler)
	}
	browser := out.conn
	defer browser.Close()
	if browser.SetDeadline(time.Time{}) != nil { // of the server's head timeout
		return
	}
	if _, err := io.WriteString(browser.Conn, "HTTP/1.1 200 Connection established\r\n\r\n"); err != nil {
		return
	}
	done := make(chan struct{})
	go func() {
		defer close(done)
		p.carry(browser.Conn, server)
	}()
	p.carry(server, rest(browser.Conn, buffered.Reader))
	<-done
}

// carry copies one direction. Where it ends, the other has a while left;
// where it breaks, both are reset, as they would be without a proxy.
func (p *Proxy) carry(to, from net.Conn) {
	_, err := io.Copy(to, from)
	if err == nil && closeWrite(to) == nil {
		err = to.SetReadDeadline(time.Now().Add(p.opts.LingerTimeout))
	}
	if err != nil {
		reset(to)
		reset(from)
	}
}

// reset closes a connection so that its peer sees a reset, not an end.
func reset(c net.Conn) {
	if tcp, ok := underlying(c).(*net.TCPConn); ok {
		_ = tcp.SetLinger(0) // a connection that is closed already needs none
	}
	c.Close()
}

// underlying looks through our own wrappers.
func underlying(c net.Conn) net.Conn {
	for {
		switch outer := c.(type) {
		case counted:
			c = outer.Conn
		case preread:
			c = outer.Conn
		default:
			return c
		}
	}
}
