package proxy

import (
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"
)

// A response that comes before the request was seen to end arrives whole: the
// request may have arrived, and what the site says of it is all that counts.
func TestResponseBeforeTheRequestEnds(t *testing.T) {
	t.Parallel()
	whole := strings.Repeat("yes ", 20_000)
	s := newSite(t, "HTTP/1.1", func(w http.ResponseWriter, r *http.Request) {
		if _, err := io.ReadFull(r.Body, make([]byte, 4)); err != nil {
			t.Errorf("read the request: %v", err)
		}
		if err := http.NewResponseController(w).EnableFullDuplex(); err != nil {
			t.Error(err)
		}
		fmt.Fprint(w, whole)
	})
	p := start(t, nil)
	l := dialProxy(t, p)
	fmt.Fprintf(l, "POST %s/write HTTP/1.1\r\nHost: x\r\n%sTransfer-Encoding: chunked\r\n\r\n4\r\na=12\r\n", s.URL, auth(p))
	res, err := http.ReadResponse(l.r, &http.Request{Method: http.MethodPost})
	if err != nil {
		t.Fatal(err)
	}
	body, err := io.ReadAll(io.LimitReader(res.Body, int64(len(whole))))
	if err != nil || string(body) != whole {
		t.Errorf("%d bytes of %d, %v", len(body), len(whole), err)
	}
	res.Body.Close()
}
