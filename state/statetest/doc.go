// Package statetest is for tests: the real store in a folder, with faults on
// demand, and the suite that every implementation of state.Store must pass.
//
// There is no fake of the store. What a test proves against Store holds for
// production, because underneath it is the same code on the same file.
package statetest
