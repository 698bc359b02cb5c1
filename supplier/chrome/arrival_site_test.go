package chrome

import (
	"bufio"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/sha256"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/base64"
	"encoding/binary"
	"fmt"
	"io"
	"math/big"
	"net"
	"net/http"
	"strconv"
	"sync"
	"testing"
	"time"
)

// fate is what a server does to the first arrival of a write. Any further
// arrival is answered with 200.
type fate string

const (
	answered fate = "answered"
	reset    fate = "reset at once"
	late     fate = "reset late"
	half     fate = "half an answer"
	timeout  fate = "408"
	misdird  fate = "421"
	refused  fate = "REFUSED_STREAM"
	goAway   fate = "GOAWAY below the stream"
	covered  fate = "GOAWAY that covers the stream"
	silent   fate = "no answer"
)

// promised are the fates by which a server says that it did not take the
// request (RFC 9110, 15.5.20; RFC 9113, 8.7).
var promised = map[fate]bool{misdird: true, refused: true}

// fateSite is a server of raw bytes, so that it can break off anywhere. All
// GETs get one page, all POSTs their fate.
type fateSite struct {
	net.Listener
	url, spki string
	page      string

	running sync.WaitGroup
	mu      sync.Mutex
	open    map[net.Conn]bool
	names   map[string]int  // of hosts, as TLS told them
	paths   map[string]bool // asked for on HTTP/1.1
	fate    fate
	arrived map[string]int // by body
}

// busyPage asks its host every 10 ms and writes when it is told to. It has no
// more than four questions open: a machine that answers fewer than it asks
// would be buried under them.
const busyPage = `<!DOCTYPE html><title>busy</title><form method=post action=/write><input name=order></form><script>
 let open = 0;
 setInterval(() => { if (open < 4) { open++; fetch('/tick', {cache: 'no-store'}).catch(() => {}).finally(() => open--) } }, 10);
 const body = n => 'order=' + n;
 const byFetch = n => { fetch('/write', {method: 'POST', body: new URLSearchParams(body(n))}).catch(() => {}) };
 const byKeepalive = n => { fetch('/write', {method: 'POST', keepalive: true, body: body(n)}).catch(() => {}) };
 const byBeacon = n => { navigator.sendBeacon('/write', body(n)) };
 const byForm = n => { document.forms[0].order.value = n; document.forms[0].submit() };
</script>`

// newFateSite serves HTTP/1.1, TLS or HTTP/2 on loopback, for any name.
func newFateSite(t *testing.T, protocol string) *fateSite {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	s := &fateSite{Listener: l, page: busyPage, open: map[net.Conn]bool{}, arrived: map[string]int{}, names: map[string]int{}, paths: map[string]bool{}, url: "http://" + l.Addr().String()}
	config := &tls.Config{GetConfigForClient: s.note}
	if protocol != "HTTP/1.1" {
		s.url = "https://" + l.Addr().String()
		config.Certificates, s.spki = certificate(t)
		if protocol == "HTTP/2" {
			config.NextProtos = []string{"h2"}
		}
	}
	s.running.Go(func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			s.mu.Lock()
			s.open[c] = true
			s.mu.Unlock()
			s.running.Go(func() { s.serve(protocol, c, config) })
		}
	})
	t.Cleanup(func() {
		l.Close()
		s.mu.Lock()
		for c := range s.open {
			c.Close()
		}
		s.mu.Unlock()
		s.running.Wait()
	})
	return s
}

func (s *fateSite) serve(protocol string, raw net.Conn, config *tls.Config) {
	defer func() {
		raw.Close()
		s.mu.Lock()
		delete(s.open, raw)
		s.mu.Unlock()
	}()
	switch protocol {
	case "HTTP/1.1":
		s.serveHTTP1(raw, raw)
	case "TLS":
		s.serveHTTP1(raw, tls.Server(raw, config))
	case "HTTP/2":
		c := tls.Server(raw, config)
		h := &http2Conn{s: s, raw: raw, c: c, r: bufio.NewReader(c), bodies: map[uint32][]byte{}}
		h.serve()
	}
}

// arrive counts a write and gives its fate.
func (s *fateSite) arrive(body string) fate {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.arrived[body]++
	if s.arrived[body] > 1 {
		return answered
	}
	return s.fate
}

func (s *fateSite) setFate(f fate) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.fate = f
}

// count tells how often a write arrived, and how often it was taken.
func (s *fateSite) count(order string, f fate) (arrived, taken int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	arrived = s.arrived["order="+order]
	taken = arrived
	if promised[f] && arrived > 0 {
		taken--
	}
	return arrived, taken
}

// note counts the connections to a host.
func (s *fateSite) note(hello *tls.ClientHelloInfo) (*tls.Config, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.names[hello.ServerName]++
	return nil, nil
}

func (s *fateSite) named(host string) int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.names[host]
}

// serveHTTP1 speaks HTTP/1.1 until the connection ends.
func (s *fateSite) serveHTTP1(raw, c net.Conn) {
	r := bufio.NewReader(c)
	for {
		req, err := http.ReadRequest(r)
		if err != nil {
			return
		}
		body, err := io.ReadAll(req.Body)
		if err != nil {
			return
		}
		s.mu.Lock()
		s.paths[req.URL.Path] = true
		s.mu.Unlock()
		status, text := "200 OK", s.page
		if req.Method == http.MethodPost {
			text = "done"
			switch f := s.arrive(string(body)); f {
			case reset, late:
				breakOff(raw, f)
				return
			case silent:
				_, _ = io.Copy(io.Discard, r)
				return
			case half:
				_, _ = io.WriteString(c, "HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhalf")
				c.Close()
				return
			case timeout:
				status = "408 Request Timeout"
			case misdird:
				status = "421 Misdirected Request"
			}
		}
		if _, err := fmt.Fprintf(c, "HTTP/1.1 %s\r\nContent-Type: text/html\r\nContent-Length: %d\r\n\r\n%s", status, len(text), text); err != nil {
			return
		}
	}
}

// breakOff resets a connection.
func breakOff(raw net.Conn, f fate) {
	if f == late {
		<-time.After(200 * time.Millisecond)
	}
	_ = raw.(*net.TCPConn).SetLinger(0)
	raw.Close()
}

// http2Conn speaks as much HTTP/2 as a fate needs: it reads no header, as only
// a write has a body.
type http2Conn struct {
	s      *fateSite
	raw, c net.Conn
	r      *bufio.Reader
	bodies map[uint32][]byte
}

const (
	frameData     = 0
	frameHeaders  = 1
	frameReset    = 3
	frameSettings = 4
	framePing     = 6
	frameGoAway   = 7

	flagEndStream  = 1 // of data and headers
	flagAck        = 1 // of settings and ping
	flagEndHeaders = 4
)

func (h *http2Conn) serve() {
	if _, err := io.ReadFull(h.r, make([]byte, len("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"))); err != nil {
		return
	}
	h.write(frameSettings, 0, 0, nil)
	for {
		var head [9]byte
		if _, err := io.ReadFull(h.r, head[:]); err != nil {
			return
		}
		kind, flags, stream := head[3], head[4], binary.BigEndian.Uint32(head[5:])
		payload := make([]byte, int(head[0])<<16|int(head[1])<<8|int(head[2]))
		if _, err := io.ReadFull(h.r, payload); err != nil {
			return
		}
		switch {
		case kind == frameSettings && flags&flagAck == 0:
			h.write(frameSettings, flagAck, 0, nil)
		case kind == framePing && flags&flagAck == 0:
			h.write(framePing, flagAck, 0, payload)
		case kind == frameHeaders && flags&flagEndStream != 0:
			h.answer(stream, "200", h.s.page)
		case kind == frameData:
			h.bodies[stream] = append(h.bodies[stream], payload...)
			if flags&flagEndStream != 0 && !h.written(stream) {
				return
			}
		}
	}
}

// written plays the fate of a write; false where the connection ended by it.
func (h *http2Conn) written(stream uint32) bool {
	switch f := h.s.arrive(string(h.bodies[stream])); f {
	case reset, late:
		breakOff(h.raw, f)
		return false
	case half:
		h.head(stream, "200", 10)
		h.write(frameData, 0, stream, []byte("half"))
		h.c.Close()
		return false
	case goAway, covered:
		last := stream
		if f == goAway {
			last -= 2
		}
		h.write(frameGoAway, 0, 0, binary.BigEndian.AppendUint64(nil, uint64(last)<<32)) // no error
		h.c.Close()
		return false
	case silent:
	case refused:
		h.write(frameReset, 0, stream, []byte{0, 0, 0, 7})
	case timeout, misdird:
		h.answer(stream, string(f), "done")
	default:
		h.answer(stream, "200", "done")
	}
	return true
}

func (h *http2Conn) answer(stream uint32, status, body string) {
	h.head(stream, status, len(body))
	h.write(frameData, flagEndStream, stream, []byte(body))
}

// head writes :status, content-type and content-length as literals without
// indexing (RFC 7541, 6.2.2; names by their place in the static table).
func (h *http2Conn) head(stream uint32, status string, length int) {
	var block []byte
	literal := func(name []byte, value string) {
		block = append(append(append(block, name...), byte(len(value))), value...)
	}
	literal([]byte{0x08}, status)
	literal([]byte{0x0f, 31 - 15}, "text/html")
	literal([]byte{0x0f, 28 - 15}, strconv.Itoa(length))
	h.write(frameHeaders, flagEndHeaders, stream, block)
}

func (h *http2Conn) write(kind, flags byte, stream uint32, payload []byte) {
	n := len(payload)
	frame := binary.BigEndian.AppendUint32([]byte{byte(n >> 16), byte(n >> 8), byte(n), kind, flags}, stream)
	_, _ = h.c.Write(append(frame, payload...)) // the next read tells
}

// certificate makes one for any name under shop.test and for loopback, and the
// hash by which Chromium is told to trust it.
func certificate(t *testing.T) ([]tls.Certificate, string) {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(time.Now().UnixNano()), Subject: pkix.Name{CommonName: "shop.test"},
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(24 * time.Hour),
		KeyUsage: x509.KeyUsageDigitalSignature, ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth},
		DNSNames: []string{"shop.test", "*.shop.test"}, IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)},
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key)
	if err != nil {
		t.Fatal(err)
	}
	cert, err := x509.ParseCertificate(der)
	if err != nil {
		t.Fatal(err)
	}
	sum := sha256.Sum256(cert.RawSubjectPublicKeyInfo)
	return []tls.Certificate{{Certificate: [][]byte{der}, PrivateKey: key}}, base64.StdEncoding.EncodeToString(sum[:])
}
