# `make` builds and tests everything, `make help` lists the targets. Go and
# make are enough, except where a target says what else it uses.

GO      ?= go
VERSION ?= $(shell git describe --tags --always --dirty 2>/dev/null || echo dev)
FUZZTIME ?= 1m
ARGS    ?=

EXE     := $(shell $(GO) env GOEXE)
RACE    := $(if $(filter 1,$(shell $(GO) env CGO_ENABLED)),-race) # it needs a C compiler
CLIENTS := functions/server/clienttest
BIN     := bin
DIST    := dist
LAMBDA_ARCH ?= arm64

# Functions are the folders with a main, but for the server.
FUNCTIONS := $(filter-out server,$(patsubst functions/%/main.go,%,$(wildcard functions/*/main.go)))
PLATFORMS := linux-amd64 linux-arm64 darwin-amd64 darwin-arm64 windows-amd64 windows-arm64

# Equal sources and versions give equal files: no paths, no times inside. The
# tag leaves out net/rpc, whose templates may call any method by its name, so
# that the linker has to keep all that there are: 9 MB of them.
BUILD = CGO_ENABLED=0 $(GO) build -trimpath -buildvcs=false -tags lambda.norpc -ldflags '-s -w -X main.version=$(VERSION)'
FOR_LAMBDA = GOOS=linux GOARCH=$(LAMBDA_ARCH) $(BUILD)

# What is compiled without the race detector is compiled once, as BUILD does;
# tests have been vetted when they are linked, and nobody debugs their binaries.
SHARED = CGO_ENABLED=0 GOFLAGS='$(GOFLAGS) -trimpath'
LEAN   = -vet=off -ldflags '-s -w'

# Tests of so many cases that most are left out where the race detector watches.
MANY = TestNoSecretIsTold|TestNoCheckTellsASecret|TestAForbiddenTextIsNeverDeliveredWhole|TestSumsAreWhatTheRecordsAddUpTo|TestAPageReadsAtMostFiveTimesItsSize|TestFixtures|TestAnyAnswerGoesThroughAStream|TestRegexReplaceIsFastOnLongTexts|TestACostlySchemaIsGivenUp

.PHONY: all
all: build test ## build and test (the default)

.PHONY: run
run: server ## start the server on 127.0.0.1:8787 (ARGS=--listen=…)
	$(BIN)/sluice$(EXE) $(ARGS)

.PHONY: server
server: ## build the server into bin/
	$(BUILD) -o $(BIN)/sluice$(EXE) ./functions/server

.PHONY: build
build: server $(FUNCTIONS:%=function-%) ## build the server and a zip file for each Lambda function

function-%:
	$(FOR_LAMBDA) -o $(BIN)/lambda/$*/bootstrap ./functions/$*
	@mkdir -p $(DIST)
	$(SHARED) $(GO) run ./functions/internal/zipfn $(DIST)/$*.zip $(BIN)/lambda/$*/bootstrap

# sam build calls these, one for each function in template.yaml.
.PHONY: build-GatewayFunction
build-GatewayFunction:
	$(FOR_LAMBDA) -o $(ARTIFACTS_DIR)/bootstrap ./functions/gateway

.PHONY: build-WorkerFunction
build-WorkerFunction:
	$(FOR_LAMBDA) -o $(ARTIFACTS_DIR)/bootstrap ./functions/worker

.PHONY: release
release: $(PLATFORMS:%=release-%) ## build the server for Linux, macOS and Windows into dist/

release-%:
	GOOS=$(word 1,$(subst -, ,$*)) GOARCH=$(word 2,$(subst -, ,$*)) $(BUILD) \
		-o $(DIST)/sluice-$*$(if $(findstring windows,$*),.exe) ./functions/server

.PHONY: test
test: ## all that a change must keep green; with node and npm also the clients' SDKs
	$(SHARED) $(GO) vet ./...
	$(GO) test $(RACE) $(LEAN) -timeout 6m ./...
	$(if $(RACE),$(SHARED) $(GO) test $(LEAN) -timeout 15m -run '^($(MANY))$$' ./core/dialect/... ./core/gateway ./core/guard ./core/logs ./core/rollup)
	@if [ ! -f $(CLIENTS)/package.json ]; then :; \
	elif ! command -v node >/dev/null || ! command -v npm >/dev/null; then echo "no node or npm: the clients' SDKs are not tested"; \
	elif ! $(MAKE) -s $(CLIENTS)/node_modules/.package-lock.json; then echo "npm packages cannot be had: the clients' SDKs are not tested"; \
	else $(MAKE) -s test-clients; fi

.PHONY: test-full
test-full: ## the same with the long tests
	SLUICE_FULL=1 $(MAKE) test

.PHONY: test-clients
test-clients: server $(CLIENTS)/node_modules/.package-lock.json ## official SDKs against the server (node, npm)
	cd $(CLIENTS) && npm test --silent

$(CLIENTS)/node_modules/.package-lock.json: $(CLIENTS)/package-lock.json
	cd $(CLIENTS) && npm ci --no-audit --no-fund --ignore-scripts --loglevel=error
	@touch $@

.PHONY: check
check: ## format, vet, staticcheck, govulncheck, modules; with cfn-lint also the template
	@unformatted=$$("$$($(GO) env GOROOT)/bin/gofmt" -l core functions) && if [ -n "$$unformatted" ]; then echo "not formatted:" $$unformatted; exit 1; fi
	$(GO) vet ./...
	$(GO) tool staticcheck ./...
	@out=$$($(GO) tool govulncheck ./... 2>&1); code=$$?; case "$$out" in \
		*"fetching vulnerabilities"*) echo "govulncheck: its database cannot be reached, left out";; \
		*) echo "$$out"; exit $$code;; esac
	$(GO) mod verify
	@if [ ! -f template.yaml ] || ! command -v cfn-lint >/dev/null; then echo "cfn-lint: left out"; \
	else cfn-lint -c I --non-zero-exit-code warning template.yaml && echo "cfn-lint: ok"; fi

.PHONY: tidy-check
tidy-check: ## say what go.mod lacks or has too much
	$(GO) mod tidy -diff

.PHONY: golden
golden: ## rewrite the golden sections of fixtures: read the difference before you commit it
	$(GO) test $$($(GO) list -f '{{.ImportPath}} {{.TestImports}} {{.XTestImports}}' ./... | grep -E 'internal/golden|dialecttest' | cut -d ' ' -f 1) -update

.PHONY: loss-table
loss-table: ## measure what each pair of dialects carries and write core/dialect/LOSSES.md
	$(GO) test ./core/losses -run TestThePageSaysWhatTheCodecsDo -update

.PHONY: fuzz
fuzz: ## run every fuzzer for FUZZTIME, one after another
	@list=$$($(GO) test -list '^Fuzz' ./...) || { echo "$$list"; exit 1; }; \
	echo "$$list" | awk '/^Fuzz/ {name[++n] = $$1} /^ok/ {for (i = 1; i <= n; i++) print $$2, name[i]; n = 0}' | \
	while read -r package name; do \
		out=$$($(GO) test -run '^$$' -fuzz "^$$name\$$" -fuzztime $(FUZZTIME) $$package 2>&1 </dev/null) || { echo "$$out"; exit 1; }; \
		count=$$(echo "$$out" | sed -n 's/.*execs: \([0-9]*\).*/\1/p' | tail -n 1); \
		echo "$$package $$name: $${count:-0} executions"; \
	done

.PHONY: bench
bench: ## run the benchmarks
	$(GO) test -run '^$$' -bench . -benchmem $$(grep -rl --include='*_test.go' '^func Benchmark' core functions | sed 's|/[^/]*$$||; s|^|./|' | sort -u)

.PHONY: lambda
lambda: ## run the Lambda function on this machine, behind an emulated function URL (SLUICE_KEY=local ARGS=…)
	$(BUILD) -o $(BIN)/gateway$(EXE) ./functions/gateway
	$(BUILD) -o $(BIN)/lambdaemu$(EXE) ./functions/internal/lambdaemu/cmd/lambdaemu
	exec $(BIN)/lambdaemu$(EXE) -binary $(BIN)/gateway$(EXE) -env SLUICE_KEY=$${SLUICE_KEY:-local} $(ARGS)

.PHONY: deploy
deploy: ## build and deploy to AWS (sam, and credentials)
	VERSION=$(VERSION) sam build
	sam deploy

.PHONY: help
help: ## list the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "%-14s %s\n", $$1, $$2}' Makefile
