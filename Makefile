# A front for Meson, for people who have just arrived: `make help` says what there is.
#
# Every target first lets tools/setup look whether all it needs is there (half
# a second) and install what is not. `make SETUP=true` leaves that out.

SETUP ?= tools/setup
ONCE ?=

.DEFAULT_GOAL := all
.NOTPARALLEL:
.PHONY: all setup demo test bench check-long install deb clean help

all: build/build.ninja ## build/gangway (what plain `make` does)
	@ninja -C build gangway

setup: ## install what building and running need
	@$(SETUP) build

demo: all ## run a whole departure with real photos; ONCE=1 ends by itself
	@build/gangway demo $(if $(ONCE),--once)

test: ## every test, also under sanitizers; ends with `N passed, N failed`
	@$(SETUP) test
	@tools/run-tests

bench: ## the benchmarks, beside their yardsticks
	@$(SETUP) bench
	@test -f build-bench/build.ninja || meson setup build-bench --buildtype=release -Dbenchmarks=true
	@ninja -C build-bench
	@meson test -C build-bench --no-rebuild --benchmark --verbose

check-long: ## two compilers, clang-tidy, cppcheck, threads, valgrind, fuzzing: for a night
	@$(SETUP) long
	@tools/check-long

install: all ## install below /usr/local (DESTDIR works); `meson configure build` for other places
	@meson install -C build --no-rebuild

deb: setup ## build-deb/gangway_VERSION_ARCH.deb, for `apt install ./…`
	@tools/deb

clean: ## remove what was built, keep what was fetched
	rm -rf build build-*

help: ## this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-12s %s\n", $$1, $$2 }' Makefile

# Meson looks after itself once it is configured.
build/build.ninja: | setup
	@test -f $@ || meson setup build
