package main

import (
	"os"
	"testing"

	"go.uber.org/goleak"
)

// asProgram in the environment makes the test binary be the program itself, so
// that the tests can start, stop and kill the real one.
const asProgram = "COUNTERMAND_TEST_AS_PROGRAM"

// everything runs the long rows of the tables too.
var everything = os.Getenv("COUNTERMAND_TEST_ALL") == "1"

func TestMain(m *testing.M) {
	if os.Getenv(asProgram) != "" {
		os.Exit(run(os.Args[1:], os.Getenv, os.Stdin, os.Stdout, os.Stderr))
	}
	goleak.VerifyTestMain(m)
}
