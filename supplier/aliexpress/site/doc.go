// Package site interprets AliExpress's pages without a browser: it holds the
// site profile and its words, reads the site's answers, tells which page is
// which and what may be clicked, and leaves personal data out of what is kept.
// It is pure: everything that it reads is handed in.
package site
