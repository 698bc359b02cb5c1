package aliexpresstest

import (
	"bytes"
	"io"
	"mime/multipart"
	"net/http"
	"net/url"
	"strings"
	"testing"
)

// A write is carried out and logged in whatever shape it comes: the log would
// miss what got past a gate otherwise.
func TestWritesOfEveryShape(t *testing.T) {
	t.Parallel()
	var parts bytes.Buffer
	m := multipart.NewWriter(&parts)
	if err := m.WriteField("data", cancelData(idA)); err != nil {
		t.Fatal(err)
	}
	if err := m.Close(); err != nil {
		t.Fatal(err)
	}
	const form = "application/x-www-form-urlencoded"
	escaped := "data=" + url.QueryEscape(cancelData(idA))
	for name, c := range map[string]struct{ method, query, kind, body, shape string }{
		"form":       {"POST", "", form, escaped, "POST " + form},
		"put":        {"PUT", "", form, escaped, "PUT " + form},
		"multipart":  {"POST", "", m.FormDataContentType(), parts.String(), "POST multipart/form-data"},
		"json":       {"POST", "", "application/json", cancelData(idA), "POST application/json"},
		"text":       {"POST", "", "text/plain;charset=UTF-8", escaped, "POST text/plain"},
		"json text":  {"POST", "", "text/plain", cancelData(idA), "POST text/plain"},
		"untyped":    {"POST", "", "", escaped, "POST"},
		"ping":       {"POST", escaped, "text/ping", "PING", "POST text/ping"},
		"no form":    {"POST", escaped, "text/plain", "%zz", "POST text/plain"},
		"address":    {"GET", escaped, "", "", "GET"},
		"script":     {"GET", escaped + "&type=jsonp&callback=f", "", "", "GET"},
		"bad method": {"DELETE", escaped, "", "", ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := newRig(t, paid(idA, Fate{}))
			req, err := http.NewRequestWithContext(t.Context(), c.method, r.api+"/h5/"+apiOperation+"/1.0/?"+c.query, strings.NewReader(c.body))
			if err != nil {
				t.Fatal(err)
			}
			req.Header.Set("Content-Type", c.kind)
			if status, _, _, err := r.do(req); err != nil || status != http.StatusOK {
				t.Fatal(status, err)
			}
			w := r.Writes()
			if c.shape == "" {
				if len(w) != 0 {
					t.Errorf("taken: %+v", w)
				}
				return
			}
			if len(w) != 1 || w[0].Kind != WriteCancel || w[0].OrderID != idA || w[0].Refused != "" || !w[0].Trusted || w[0].Shape != c.shape {
				t.Errorf("logged %+v", w)
			}
			if got := r.title(idA); got != "Cancellation requested" {
				t.Errorf("it did nothing: %q", got)
			}
		})
	}
}

func TestWriteByWebSocket(t *testing.T) {
	t.Parallel()
	r := newRig(t, paid(idA, Fate{}))
	req := r.request(t.Context(), http.MethodGet, apiOperation, cancelData(idA), "")
	req.Header.Set("Connection", "Upgrade")
	req.Header.Set("Upgrade", "websocket")
	req.Header.Set("Sec-WebSocket-Version", "13")
	req.Header.Set("Sec-WebSocket-Key", "dGhlIHNhbXBsZSBub25jZQ==") // RFC 6455, 1.3
	res, err := r.client.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	if got := res.Header.Get("Sec-WebSocket-Accept"); res.StatusCode != http.StatusSwitchingProtocols || got != "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=" {
		t.Errorf("answered %d, %q", res.StatusCode, got)
	}
	if frames, err := io.ReadAll(res.Body); err != nil || string(frames) != "\x88\x00" {
		t.Errorf("sent %q, %v", frames, err)
	}
	if w := r.Writes(); len(w) != 1 || w[0].Shape != "GET websocket" || w[0].Refused != "" {
		t.Errorf("logged %+v", w)
	}
}
