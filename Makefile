# What is done to Honderd, by one word each. `make` says which there are.

SHELL       := bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help

GO       ?= go
LINT     := $(GO) tool -modfile=tools/lint/go.mod golangci-lint
SUDO     := $(if $(filter 0,$(shell id -u)),,sudo)
FUZZTIME ?= 10m

# Where more than one thing happens at a time, so that a race can be.
RACE := $(addsuffix /...,$(wildcard ./internal/logfile ./ledger ./source ./gateway ./notify ./alert ./web ./status ./app))

# $(call need,program,Debian packages) installs the packages if the program is missing.
need = @command -v $(1) >/dev/null || { \
	echo "$(1) is missing: installing $(2)"; \
	$(SUDO) apt-get update -qq; \
	$(SUDO) env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends $(2); }

.PHONY: help needs test lint fmt bench axe peers felt felt-test cost fuzz soak build clean

help: ## say what make can do
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "make %-9s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

needs: # what the tests need beside Go: one line each
	$(call need,gcc,gcc libc6-dev)

test: needs ## run every test, and those where things happen at once again with the race detector
	$(GO) test ./...
	$(if $(RACE),CGO_ENABLED=1 $(GO) test -race $(RACE))

lint: ## look for mistakes: gofmt, go vet, golangci-lint
	@list=$$(gofmt -s -l .); if [ -n "$$list" ]; then echo "not formatted (fix: make fmt):"; echo "$$list"; exit 1; fi
	$(GO) vet ./...
	$(LINT) run ./...

fmt: ## format all code
	gofmt -s -w .

bench: ## measure; ARGS go to the bench
	$(GO) run ./internal/tool/bench $(ARGS)
	$(GO) test -run '^$$' -bench Speed ./source/accesslog

peers: needs ## ask DuckDB the same of the same files (bench/peers); ARGS go to it
	cd bench/peers && CGO_ENABLED=1 $(GO) test . && CGO_ENABLED=1 $(GO) run . $(ARGS)

axe: ## ask axe-core of every page, in both themes and languages, wide and on a phone; pictures go to node_modules/pictures
	$(call need,npm,npm)
	npm install --silent --no-save --ignore-scripts --prefix . axe-core@4
	mkdir -p node_modules/pictures
	HONDERD_AXE=$(CURDIR)/node_modules/axe-core/axe.min.js HONDERD_PICTURES=$(CURDIR)/node_modules/pictures $(GO) test -count=1 -timeout 60m -run 'Everybody$$|Phone|Hiccup' ./app

felt: ## ask whether people notice the faults behind our gateway (bench/felt); ARGS go to it
	cd bench/felt && $(GO) run . $(ARGS)

felt-test: ## try whether the judge of bench/felt catches proxies that cheat: some 20 s
	cd bench/felt && $(GO) vet . && $(GO) test -count=1 .

cost: ## what our gateway costs beside ReverseProxy, nginx and HAProxy, on one core (bench/cost); ARGS go to it
	cd bench/cost && $(GO) vet . && $(GO) build -o ../../bin/cost . && ../../bin/cost $(ARGS)

fuzz: ## run each fuzz test for FUZZTIME (10m)
	@dirs=$$({ grep -rl --include='*_test.go' '^func Fuzz' . || true; } | xargs -r dirname | sort -u); \
	for dir in $$dirs; do \
		list=$$($(GO) test -list '^Fuzz' "$$dir"); \
		for name in $$(grep '^Fuzz' <<<"$$list"); do \
			echo "$$dir $$name"; \
			$(GO) test -run '^$$' -fuzz "^$$name\$$" -fuzztime $(FUZZTIME) "$$dir"; \
		done; \
	done

soak: ## run the long tests: days in fast motion, kill -9 in the middle of a write
	HONDERD_SOAK=1 $(GO) test -count=1 -timeout 120m -run 'Soak|Kill|Power|AnyFlipped' ./...

build: ## build bin/honderd, the same bytes from the same commit
	CGO_ENABLED=0 $(GO) build -trimpath -ldflags='-s -w -buildid=' -o bin/honderd ./cmd/honderd

clean: ## remove what was built
	rm -rf bin
	rm -f -- *.test *.prof
