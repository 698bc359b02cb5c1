// Package site knows AliExpress's pages without a browser: the site profile
// and its words, what the site's answers and pages mean, which page is which,
// what may be clicked, and what is left out of everything kept. It is pure:
// whatever it judges is handed in.
package site
