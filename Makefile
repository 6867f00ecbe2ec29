# make lab        build weft, bring the lab up, prove it: the table that it measured
# make lab-up     the same without the proof         make lab-down   take it away again
# make test       everything: format, lints, docs, tests of all four crates, tests on the lab
# make conformance  Neutron's own clients, against weft with a real Keystone and a node
# make fuzz       every fuzz target for SECONDS (60)
# make bench      the benches                        make fmt, make lint
# PROFILE         cargo's profile for the lab's controller (release; `make test` uses dev)

export WEFT_DOCKER ?= $(CURDIR)/lab/docker
PROFILE ?= release
TARGET := $(or $(CARGO_TARGET_DIR),target)
WEFT = $(or $(WEFT_BIN),$(TARGET)/$(if $(filter dev,$(PROFILE)),debug,$(PROFILE))/weft)

.PHONY: lab lab-up lab-down test conformance bench fuzz fmt lint

lab: lab-up
	$(WEFT) lab prove

lab-up:
	PROFILE=$(PROFILE) lab/up.sh

lab-down:
	lab/down.sh

test:
	lab/test.sh

conformance:
	lab/conformance.sh

bench:
	cargo bench --workspace

fuzz:
	lab/fuzz.sh $(SECONDS)

fmt:
	cargo fmt --all

lint:
	cargo fmt --all --check
	cargo clippy --workspace --all-targets --all-features -- -D warnings
	RUSTDOCFLAGS="-D warnings" cargo doc --workspace --no-deps --quiet
	shellcheck lab/*.sh lab/docker lab/compose lab/node/plug lab/node/lease lab/node/node.sh .ci/run tests/keystone/keystone.sh tests/conformance/conformance.sh
