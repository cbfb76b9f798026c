# What a developer runs. `make check` and `make test` are the gate (.ci/run).
SHELL := bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help

GO ?= go
TOOL = $(GO) tool -modfile=scripts/tools/go.mod

.PHONY: help
help: ## This list
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 20

.PHONY: generate
generate: ## Make the generated Go code from the OpenAPI documents
	$(GO) tool oapi-codegen -config oapi-codegen.yaml openapi.yaml
	cp openapi.yaml gen/openapi.yaml
	$(GO) tool oapi-codegen -config clients/go/oapi-codegen.yaml openapi.yaml
	$(GO) -C examples/orders tool oapi-codegen -config oapi-codegen.yaml openapi.yaml

.PHONY: drift
drift: ## Fail when generated code or go.mod are not what their sources make of them
	scripts/drift.sh generate gen clients/go/restauth.gen.go examples/orders/gen
	$(GO) mod tidy -diff
	$(GO) -C bench mod tidy -diff

.PHONY: lint
lint: ## gofmt, vet and the import rules
	$(GO) vet ./...
	$(TOOL) golangci-lint run ./...

.PHONY: build
build: ## bin/restauth, one static binary
	CGO_ENABLED=0 $(GO) build -trimpath -o bin/restauth ./cmd/restauth

.PHONY: check
check: drift lint build ## Generate and drift, vet, lint, build

.PHONY: deps
deps: ## Find or install what the tests need beside Go
	scripts/test-deps.sh

.PHONY: test
test: deps ## All tests, on MariaDB, MySQL and SQLite
	$(GO) run ./internal/dbtest/with-databases -- $(GO) test -race -shuffle=on -timeout 15m ./...
	$(GO) test -tags purego -shuffle=on ./impl/password/... # as on a processor without SHA instructions

.PHONY: contract
contract: deps ## Outside tools: linters, change control, Schemathesis (2-3 min)
	CONTRACT_BASE="$(BASE)" contract/run.sh

.PHONY: contract-short
contract-short: deps ## The same with fewer requests, under a minute
	CONTRACT_BASE="$(BASE)" contract/run.sh --short

.PHONY: clients-foreign
clients-foreign: deps ## Other people's generators make clients of a running server, and these log in (2 min; 5 the first time)
	scripts/foreign-deps.sh
	contract/foreign/run.sh $(if $(CI),,-w)

.PHONY: contract-changes
contract-changes: ## openapi.yaml against the accepted contracts, and BASE=origin/main
	contract/changes.sh $(BASE)

.PHONY: contract-accept
contract-accept: ## Accept openapi.yaml as the contract of its version
	contract/accept.sh

.PHONY: docs
docs: ## README's table of operations
	$(GO) run ./contract/operations -w

.PHONY: fuzz
fuzz: ## Every fuzz target for FUZZTIME (30s) each
	scripts/fuzz.sh $(or $(FUZZTIME),30s)

.PHONY: compat
compat: deps ## Against the real Flask-JWT: tokens both ways, thousands of requests
	compat/run.sh

.PHONY: sdk
sdk: generate ## Regenerate every client
	scripts/sdk.sh

.PHONY: sdk-test
sdk-test: deps ## No drift in the clients; the TypeScript and Python clients, and the snippets for other services
	clients/typescript/check.sh
	clients/python/check.sh
	examples/verify/check.sh

.PHONY: bench
bench: deps ## restauth beside its peers, with ratios, into README (under 10 min)
	$(GO) -C bench run . -markdown ../README.md

.PHONY: bench-short
bench-short: deps ## The same for a minute, so that it cannot rot; no figure fails it
	$(GO) -C bench test -race ./...
	$(GO) -C bench run . -short

.PHONY: pgo
pgo: deps ## Profile restauth anew, for its compiler: cmd/restauth/default.pgo
	$(GO) -C bench run . -only profile

.PHONY: bench-go
bench-go: deps ## Go benchmarks of the parts
	$(GO) run ./internal/dbtest/with-databases -- $(GO) test -run '^$$' -bench . -benchtime 1s ./...

.PHONY: timing
timing: deps ## Whether time tells unknown users from known ones (about a minute)
	$(GO) test -tags timing -run TakeAsLong -v ./impl

.PHONY: vuln
vuln: ## Known vulnerabilities in what is linked
	$(TOOL) govulncheck ./...
