// Package site interprets AliExpress's pages and calls without a browser: it
// holds the site profile and its words, reads the site's answers, tells which
// page is which, what may be clicked, which requests may leave the browser and
// what their answers mean, and leaves personal data out of what is kept. It is
// pure: everything that it reads is handed in.
package site
