// Package proxy is the only way out of a browser behind a gate: an HTTP proxy on
// loopback that makes sure that a request which changes something at a site arrives
// there at most once. It knows no site and no browser library.
//
// The reason. A browser keeps its connections and uses them again. When a
// server takes a POST on such a connection and the connection breaks before an
// answer, Chromium's network stack sends the POST again by itself, over
// another connection; neither the page nor the debugging protocol is told, and
// the server has it twice. This is so on HTTP/1.1, TLS and HTTP/2, and also
// after GOAWAY and the answers 421 and, but for HTTP/2, 408. A header, a flag
// or closing the connections beforehand does not prevent it: a busy page opens
// new ones at once. What prevents it is that the browser finds no second
// connection.
//
// The rule. For a request that is to be released, the caller holds it and all
// others to the same origin in the browser, and opens a [Window]. From then
// on, under one lock: every connection to that origin ends, every connection
// that has asked for nothing yet ends, and none is let in. After a short wait,
// in which the browser notices the closed ones and what was on its way fails,
// exactly one is let in: one tunnel, or on cleartext that one request. What
// asks to be let in beyond that is closed at once and without an answer,
// because an answer would look like the site's. The window ends when the
// caller has seen the answer or the failure. The proxy itself never repeats
// anything: on cleartext each request has a connection of its own to the
// server, dialled once.
//
// [Result] says what the proxy saw. Where no byte went up the one connection,
// nothing left. Where bytes did, the request may have arrived: only the answer
// says more.
//
// What it cannot do:
//   - It does not look into TLS. On the one tunnel HTTP/2 may carry the request
//     a second time after 421 or REFUSED_STREAM. By both the server promises
//     that it did not process the first (RFC 9110, 15.5.20; RFC 9113, 8.7), so
//     this is left as it is.
//   - It does not choose what uses the one tunnel. A request that is not held
//     in the browser, or was on its way, can take it; then the write finds none
//     and fails.
//   - It cannot stop a request that the browser still has pending when the
//     window ends; see [Window.Withdraw].
//   - A cleartext request that goes through an upstream proxy may be repeated
//     there, and names are resolved there, so that of an upstream proxy's
//     addresses only literal ones are judged.
//   - WebSocket, WebRTC and QUIC do not come here. [Proxy.Flags] sends the
//     first nowhere; the others have switches of their own.
//
// Other programs of the machine are kept out by a password that is made anew
// at each start; the browser is told by the debugging protocol, so that it
// stands on no command line. One proxy serves one browser.
package proxy
