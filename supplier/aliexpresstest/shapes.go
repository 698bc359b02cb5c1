package aliexpresstest

import (
	"bytes"
	"crypto/sha1"
	"encoding/base64"
	"fmt"
	"io"
	"mime"
	"net/http"
	"net/url"
	"strings"
)

// maxBody is how many bytes a request may carry.
const maxBody = 10 << 20

// readForm makes r.Form hold what a request says, whatever its shape: in the
// address, as a form with or without files, as JSON that is the data itself,
// or as the text that a beacon carries.
//
// The whole body is read first: only then does the server notice that the
// caller went away.
func readForm(w http.ResponseWriter, r *http.Request) error {
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxBody))
	if err != nil {
		return err
	}
	r.Body = io.NopCloser(bytes.NewReader(body))
	kind := mediaType(r)
	if kind == "multipart/form-data" {
		return r.ParseMultipartForm(maxBody)
	}
	if err := r.ParseForm(); err != nil || kind == "application/x-www-form-urlencoded" {
		return err
	}
	text := strings.TrimSpace(string(body))
	if strings.HasPrefix(text, "{") {
		r.Form.Set("data", text)
		return nil
	}
	values, err := url.ParseQuery(text)
	if err != nil {
		return nil // no form, then; a "PING" says nothing either
	}
	for key, list := range values {
		r.Form[key] = append(r.Form[key], list...)
	}
	return nil
}

func mediaType(r *http.Request) string {
	kind, _, err := mime.ParseMediaType(r.Header.Get("Content-Type"))
	if err != nil {
		return ""
	}
	return kind
}

// shapeOf is how a request came: its method, the type of its body, and what
// the browser says that it is for. See Write.Shape.
func shapeOf(r *http.Request) string {
	dest := r.Header.Get("Sec-Fetch-Dest")
	if upgrades(r) {
		dest = "websocket" // of which the header says nothing useful
	}
	return strings.Join(strings.Fields(r.Method+" "+mediaType(r)+" "+dest), " ")
}

func upgrades(r *http.Request) bool {
	return strings.EqualFold(r.Header.Get("Upgrade"), "websocket") && r.Header.Get("Sec-WebSocket-Key") != ""
}

// switchProtocols agrees to a WebSocket (RFC 6455, 4.2.2). What it was opened
// for stands in its address; it is closed as soon as it is open.
func switchProtocols(r *http.Request) reply {
	sum := sha1.Sum([]byte(r.Header.Get("Sec-WebSocket-Key") + "258EAFA5-E914-47DA-95CA-C5AB0DC85B11"))
	return reply{status: http.StatusSwitchingProtocols, headers: map[string]string{"Sec-WebSocket-Accept": base64.StdEncoding.EncodeToString(sum[:])}}
}

// sendSwitch writes such an answer and the frame that closes the socket. The
// server itself would add that the connection ends.
func sendSwitch(w http.ResponseWriter, a reply) {
	c, _, err := http.NewResponseController(w).Hijack()
	if err != nil {
		panic(http.ErrAbortHandler)
	}
	defer c.Close()
	fmt.Fprint(c, "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n")
	for name, value := range a.headers {
		fmt.Fprintf(c, "%s: %s\r\n", name, value)
	}
	fmt.Fprint(c, "\r\n\x88\x00")
}
