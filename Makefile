# Each target works as the first command on a fresh machine with Go.

VERSION ?= $(shell git describe --tags --always --dirty 2>/dev/null || echo dev)
ARGS    ?=
PKGS    ?= ./...
BENCH   ?= .

.DEFAULT_GOAL := help
.PHONY: help setup demo build test test-all lint fmt generate bench soak

help: ## this list
	@sed -n 's/^\([a-z-]*\):.*## \(.*\)/  make \1\t\2/p' $(MAKEFILE_LIST) | expand -t 18

setup: ## install what running and testing need, or say what is missing
	@.ci/setup

demo: setup ## the whole product on loopback, weeks in minutes (ARGS=--exit ends by itself)
	go run ./cmd/countermand demo $(ARGS)

build: ## bin/countermand
	go build -trimpath -ldflags '-X main.version=$(VERSION)' -o bin/countermand ./cmd/countermand

test: setup ## all tests, with the race detector
	CGO_ENABLED=1 go test -race -timeout 15m $(PKGS)

test-all: setup ## the long ones too, without the race detector, which make test and make soak have
	COUNTERMAND_TEST_ALL=1 go test -timeout 60m $(PKGS)
	GOGC=400 COUNTERMAND_YEARS=1 COUNTERMAND_CRASH_RUNS=60 go test -timeout 20m -run '^Test(Year|CrashRuns)$$' ./sync

lint: ## format, vet, linters, generated files
	@.ci/lint
	@.ci/generated

fmt: ## format all Go files
	gofmt -w cmd configs shop state supplier sync

generate: ## make the generated files anew
	go generate ./...

bench: setup ## benchmarks (BENCH=REGEXP, PKGS=./state/...)
	go test -run '^$$' -bench '$(BENCH)' -benchtime 2s -benchmem -timeout 1h $(PKGS)

soak: setup ## ten simulated years, a thousand crashes, 500 kills, 300 writes of each fate, and all tests ten times over
	GOGC=400 COUNTERMAND_YEARS=10 go test -timeout 30m -run '^TestYear$$' ./sync
	COUNTERMAND_CRASH_RUNS=1000 go test -timeout 4h -run '^Test(CrashRuns|CrashPoints)$$' ./sync ./cmd/countermand
	COUNTERMAND_KILLS=500 go test -timeout 4h -run '^TestKillsDuringCancels$$' ./cmd/countermand
	COUNTERMAND_WRITES=300 go test -timeout 4h -run '^Test(WriteMeetsItsFate|ReleasedWriteArrivesOnce)$$' ./supplier/...
	COUNTERMAND_TEST_ALL=1 COUNTERMAND_EVERY_TURN=1 CGO_ENABLED=1 go test -race -timeout 12h -count 10 $(PKGS)
