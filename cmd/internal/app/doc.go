// Package app wires the packages into one daemon: store, shops, accounts, engine,
// alerts, control socket, listeners and the cron table, each with its named
// clean-up. It is the only room that knows all the others.
package app
