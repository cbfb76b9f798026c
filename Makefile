# What a developer runs. `make check` and `make test` are the gate (.ci/run).
SHELL := bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help

GO ?= go
TOOL = $(GO) tool -modfile=$(CURDIR)/scripts/tools/go.mod
# The command behind it runs in each Go module, bench excepted.
EACH = scripts/modules.sh
MODULES = $(shell $(EACH))
# Tests mostly wait, for servers and for what these do after a while. In CI, where nothing
# else runs, there are half as many packages at once again as there are cores.
PARALLEL = $(shell n=$$(getconf _NPROCESSORS_ONLN); echo $(if $(CI),-p $$(((3 * n + 1) / 2))) -parallel $$((2 * n)))
# The race detector leaves alone what works on its arguments and shares nothing: the
# rounds of hash functions, parsers of settings and documents, and SQLite, which was
# translated from C. Watching them took more than half of the processor's time. With
# -trimpath, what one clone has compiled serves the next.
ALONE = golang.org/x/crypto github.com/go-crypt/x crypto/internal/fips140 crypto/ecdh crypto/md5 crypto/pbkdf2 crypto/sha1 \
	compress/flate regexp go.yaml.in github.com/alecthomas/kong modernc.org/sqlite/lib modernc.org/libc
RACE = -race -trimpath $(ALONE:%=-gcflags=%/...=-race=false)
# It has each program wait at its end for races still to be told of: a second, unless said.
export GORACE = atexit_sleep_ms=10
# Packages whose tests compute take turns beside those whose tests wait, longest first.
FIRST = -first "$(addprefix ./,cmd/restauth impl/users cmd/restauth/internal/httpconn impl/state cmd/restauth/failover adopt \
	api/docs impl/password impl/database impl/password/gate internal/dbtest impl/password/pool impl/account api impl/doctor impl)"
# What compiles or looks for minutes says every 15 s that it goes on.
WATCHED = scripts/watched.sh

.PHONY: help
help: ## This list; times are of two cores with warm caches
	@awk '/^##@ / { printf "\n%s\n", substr($$0, 5) } \
		/^[a-z-]+:.*## / { split($$0, part, ":.*## "); printf "  %-18s %s\n", part[1], part[2] }' $(MAKEFILE_LIST)

##@ Every day

.PHONY: test-quick
test-quick: bin/testreport ## Tests that need no server, browser or C compiler (2 min; a small change: seconds)
	@CGO_ENABLED=0 bin/testreport -modules "$(MODULES)" -short -timeout 10m ./...

.PHONY: generate
generate: ## Make the generated Go code from the OpenAPI documents, and the guard's copies (5 s)
	$(GO) tool oapi-codegen -config oapi-codegen.yaml openapi.yaml
	cp openapi.yaml gen/openapi.yaml
	$(GO) tool oapi-codegen -config clients/go/oapi-codegen.yaml openapi.yaml
	$(GO) -C examples/orders tool oapi-codegen -config oapi-codegen.yaml openapi.yaml
	$(GO) run ./internal/guardcopy

.PHONY: licenses
licenses: ## The notices of all that is linked, which `restauth licenses` prints (5 s)
	$(GO) run ./internal/licenses

.PHONY: docs
docs: ## README's table of operations, and docs/settings.md (5 s)
	$(GO) run ./contract/operations -w
	UPDATE=1 $(GO) test ./cmd/restauth -count=1 -run '^TestSettingsReference$$'

.PHONY: build
build: ## bin/restauth, one static binary (5 s)
	@CGO_ENABLED=0 $(WATCHED) compiling $(GO) build -trimpath -o bin/restauth ./cmd/restauth

.PHONY: image-root
image-root: build ## bin/image, which deploy/Containerfile makes an image of (1 s)
	scripts/image-root.sh bin/restauth bin/image

##@ Before a commit

.PHONY: check
check: drift lint build ## Generate and drift, vet, lint, dead code, build (40 s)

.PHONY: drift
drift: ## Fail when generated code or go.mod are behind their sources (10 s)
	$(WATCHED) drift scripts/drift.sh generate gen clients/go/restauth.gen.go clients/go/guard/internal examples/orders/gen
	$(WATCHED) drift scripts/drift.sh licenses cmd/restauth/licenses.txt
	$(WATCHED) drift $(GO) test ./cmd/restauth -count=1 -run '^TestSettingsReference$$'
	$(WATCHED) drift $(EACH) $(GO) mod tidy -diff
	$(WATCHED) drift $(GO) -C bench mod tidy -diff

.PHONY: lint
lint: ## gofmt, vet, the import rules and dead code (30 s)
	$(WATCHED) vet $(EACH) $(GO) vet ./...
	$(WATCHED) vet-slow $(GO) vet -tags adopt,attack,galera,timing ./... # what only slow targets run
	$(WATCHED) lint $(EACH) $(TOOL) golangci-lint run ./...
	$(WATCHED) deadcode scripts/deadcode.sh

.PHONY: test
test: ## Every test with -race, on MariaDB, MySQL and SQLite (7 min; the first time 10)
	@echo "== step 1 of 4: find or install what the tests need (a second; 3 min when all is missing)"
	@scripts/test-deps.sh
	@echo "== step 2 of 4: compile what runs the tests (a second; half a minute the first time)"
	@$(WATCHED) compiling $(MAKE) --no-print-directory bin/testreport bin/with-databases build
	@echo "== step 3 of 4: every test with the race detector, on MariaDB, MySQL and SQLite (7 min; 9 min the first time)"
	@RESTAUTH_TEST_PROGRAM=$(CURDIR)/bin/restauth bin/with-databases -- bin/testreport -modules "$(MODULES)" $(FIRST) $(RACE) -shuffle=on $(PARALLEL) -timeout 15m ./...
	@echo "== step 4 of 4: hashing as on a processor without SHA instructions (1 min)"
	@bin/testreport -tags purego -shuffle=on ./impl/password ./impl/password/internal/...

.PHONY: test-kernels
test-kernels: deps bin/with-databases ## What depends on the processor, as on each kind of it (2 min)
	bin/with-databases -- scripts/test-kernels.sh

.PHONY: sdk
sdk: generate ## Regenerate every client (20 s)
	scripts/sdk.sh

.PHONY: sdk-test
sdk-test: deps ## The TypeScript and Python clients, and the snippets for other services (2 min)
	clients/typescript/check.sh
	clients/python/check.sh
	examples/verify/check.sh

.PHONY: contract-short
contract-short: deps ## Outside tools: linters, change control, Schemathesis a little (1 min)
	CONTRACT_BASE="$(BASE)" contract/run.sh --short

.PHONY: clients-foreign
clients-foreign: deps ## Other people's generators make clients of a running server, and these log in (2 min; 5 the first time)
	scripts/foreign-deps.sh
	contract/foreign/run.sh $(if $(CI),,-w)

.PHONY: contract-changes
contract-changes: ## openapi.yaml against the accepted contracts, and BASE=origin/main (2 s)
	contract/changes.sh $(BASE)

.PHONY: contract-accept
contract-accept: ## Accept openapi.yaml as the contract of its version (1 s)
	contract/accept.sh

.PHONY: bench-short
bench-short: deps ## Benchmarks for a moment, so that they cannot rot; no figure fails it (2 min)
	$(GO) -C bench test -race ./...
	$(GO) -C bench run . -short

.PHONY: vuln
vuln: ## Known vulnerabilities in what is linked (20 s)
	$(EACH) $(TOOL) govulncheck ./...

.PHONY: deps
deps: ## Find or install what the tests need; make test begins with it (1 s; on a bare machine 3 min)
	@scripts/test-deps.sh

##@ Slow, when what they look at has changed

.PHONY: fresh
fresh: ## The README's two commands on a minimal Debian, as root and as a user (30 min)
	scripts/fresh.sh root 'make check'
	scripts/fresh.sh user

.PHONY: soak
soak: deps bin/testreport build ## All Go tests RUNS times (10) beside two busy processes, as on each kind of processor (2 hours or more)
	RESTAUTH_TEST_PROGRAM=$(CURDIR)/bin/restauth scripts/soak.sh $(or $(RUNS),10) \
		bin/testreport -modules "$(MODULES)" $(FIRST) $(RACE) -shuffle=on $(PARALLEL) -timeout 40m ./...

.PHONY: galera
galera: deps ## What is noticed when a database node is killed, stopped or cut off, with figures (5 min)
	$(GO) vet -tags galera ./internal/dbtest/galera ./deploy/haproxy ./cmd/restauth/failover
	$(GO) test -tags galera -count=1 -p 1 -v -timeout 20m ./internal/dbtest/galera ./deploy/haproxy ./cmd/restauth/failover

.PHONY: contract
contract: deps ## contract-short with 11,000 requests, and with each setting (7 min)
	CONTRACT_BASE="$(BASE)" contract/run.sh

.PHONY: fuzz
fuzz: ## Every fuzz target for FUZZTIME (30s) each (5 min)
	scripts/fuzz.sh $(or $(FUZZTIME),30s)

.PHONY: compat
compat: deps ## Against the real Flask-JWT, and libraries whose tokens are taken: both ways, thousands of requests, each setting (7 min)
	compat/run.sh
	compat/sisters.sh

.PHONY: adopt
adopt: deps ## Hashes by the real frameworks, 10,000 pairs, and tampered ones (5 min; 15 the first time); KEEP=1 keeps a few
	scripts/adopt-deps.sh
	adopt/run.sh $(if $(KEEP),-w)
	$(GO) run ./internal/dbtest/with-databases -- $(GO) test -tags adopt -run '^TestDoctorOfAMillion$$' -v -count=1 -timeout 20m ./cmd/restauth

.PHONY: bench
bench: deps ## restauth beside its peers, with ratios, into README and bench/README (30 min)
	$(GO) -C bench run . -markdown README.md -summary ../README.md

.PHONY: bench-go
bench-go: deps bin/with-databases ## Go benchmarks of the parts (5 min)
	bin/with-databases -- $(GO) test -run '^$$' -bench . -benchtime 1s ./...

.PHONY: docs-picture
docs-picture: deps ## The documentation's picture of Swagger UI, docs/swagger-ui.png (10 s)
	$(GO) test ./api/docs -run TestPicture -picture -count=1

.PHONY: pgo
pgo: deps ## Profile restauth anew, for its compiler: cmd/restauth/default.pgo (1 min)
	$(GO) -C bench run . -only profile

.PHONY: attack
attack: deps bin/with-databases ## Guess at passwords as attackers do: each figure beside what it has to be (2 min)
	$(GO) vet -tags attack ./cmd/restauth/attack
	bin/with-databases -- $(GO) test -tags attack -count=1 -v -timeout 10m ./cmd/restauth/attack

.PHONY: timing
timing: deps ## Whether time tells unknown users from known ones (10 min)
	$(GO) test -timeout 30m -tags timing -run TakeAsLong -v ./impl

# Not for people: what runs the tests.
.PHONY: bin/testreport bin/with-databases
bin/testreport:
	@CGO_ENABLED=0 $(WATCHED) compiling $(GO) build -o $@ ./internal/testreport
bin/with-databases:
	@CGO_ENABLED=0 $(WATCHED) compiling $(GO) build -o $@ ./internal/dbtest/with-databases
