package proxy

import (
	"errors"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"strconv"
	"strings"
)

var (
	errTarget    = errors.New("this is a proxy: it takes CONNECT host:port and absolute http:// addresses")
	errAuthority = errors.New("not a host and a port")
)

// target gives the host and port that a request is for.
func target(r *http.Request) (string, error) {
	if r.URL.User != nil {
		return "", errTarget
	}
	if r.Method == http.MethodConnect {
		return authority(r.RequestURI, "")
	}
	if r.URL.Scheme != "http" || r.URL.Opaque != "" {
		return "", errTarget
	}
	return authority(r.URL.Host, "80")
}

// origin gives the host and port of an address.
func origin(u *url.URL) (string, error) {
	switch u.Scheme {
	case "http":
		return authority(u.Host, "80")
	case "https":
		return authority(u.Host, "443")
	}
	return "", errors.New("only http and https have a window")
}

// authority writes a host and port in one way, so that two spellings of a
// server are one key: lower case, the port always there, IP addresses in their
// canonical form.
func authority(hostport, port string) (string, error) {
	u, err := url.Parse("http://" + hostport)
	if err != nil || u.Host != hostport || u.Hostname() == "" {
		return "", errAuthority
	}
	if u.Port() != "" {
		port = u.Port()
	}
	n, err := strconv.ParseUint(port, 10, 16)
	if err != nil || n == 0 {
		return "", errAuthority
	}
	host := strings.ToLower(u.Hostname())
	if strings.Contains(host, ":") {
		a, err := netip.ParseAddr(host)
		if err != nil || a.Zone() != "" {
			return "", errAuthority
		}
		host = a.String()
	}
	for _, c := range []byte(host) {
		if c <= ' ' || c >= 0x7f || strings.IndexByte(`/\@%?#[]"<>`, c) >= 0 {
			return "", errAuthority
		}
	}
	return net.JoinHostPort(host, strconv.FormatUint(n, 10)), nil
}

// requestLine is what distinguishes one request of a host from another where
// the proxy can see it: on cleartext method, path and query, else nothing.
func requestLine(method string, u *url.URL) string {
	if method == http.MethodConnect || u.Scheme == "https" {
		return http.MethodConnect
	}
	return method + " " + u.RequestURI()
}
