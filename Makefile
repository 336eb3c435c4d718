# Every target runs on a fresh clone. Missing programs are installed, or listed with the command that installs them.
.PHONY: demo test test-faults test-guards chaos fuzz test-full test-differential test-random golden check deny release bench bench-docs bench-scale bench-against stack test-stack recording prerequisites

CARGO ?= cargo
# Development builds link the system's OpenSSL where its headers are installed. Evaluated in each recipe, because
# `prerequisites` may install them.
OPENSSL = $(shell tests/stack/prerequisites openssl)

# Builds the binary, loads a fixture into the sandbox and shows the records that arrived. It needs no Kafka, registry or
# Docker.
demo: prerequisites
	@built=$$(tests/stack/executables $(OPENSSL)) && eval "$$built" && \
	  "$$k2_produce" sandbox --topic market.trades.raw --schema-file fixtures/schemas/trade.avsc -- \
	    k2-produce --topic market.trades.raw fixtures/trades/trades.csv

# Unit tests, doc tests, the judges on 10,000 random values, and integration tests, which start a real Apache Kafka and a
# real schema registry on free ports. Every test binary runs, even if another one failed.
test: test-stack
	$(CARGO) build $(OPENSSL) --examples
	$(CARGO) test $(OPENSSL) --no-fail-fast

# Tests that break the Kafka they run on, or the network to it. They run one after the other.
test-faults: test-stack
	$(CARGO) build $(OPENSSL) --examples
	$(CARGO) test $(OPENSSL) --test faults -- --test-threads=1

# Faults at random moments, until so many kills of a load and so many faults of brokers and network have occurred, or for so
# many rounds, but for LIMIT seconds at most; see docs/reliability.md.
#   make chaos [SEED=N] [KILLS=N] [FAULTS=N] [ROUNDS=N] [LIMIT=N]
chaos: test-stack
	$(CARGO) build $(OPENSSL) --examples
	K2_TEST_CHAOS_SEED=$(or $(SEED),$$(date +%s)) K2_TEST_CHAOS_ROUNDS=$(ROUNDS) K2_TEST_CHAOS_SECONDS=$(LIMIT) \
	  K2_TEST_CHAOS_KILLS=$(or $(KILLS),$(if $(ROUNDS)$(FAULTS),0,50)) K2_TEST_CHAOS_FAULTS=$(or $(FAULTS),0) \
	  $(CARGO) test $(OPENSSL) --test faults -- --test-threads=1 --nocapture at_random

# Fuzzing guided by coverage: each target of fuzz/, or TARGET, for SECONDS; see docs/reliability.md.
#   make fuzz [TARGET="csv json"] [SECONDS=N]
fuzz: prerequisites
	fuzz/run $(or $(SECONDS),60) $(TARGET)

# Takes one guard after the other out of the product, and shows that a test fails without it.
test-guards: test-stack
	OPENSSL="$(OPENSSL)" tests/guards/run

# Like `test`, but with five million rows instead of 200,000.
test-full: test-stack
	$(CARGO) build $(OPENSSL) --examples
	K2_TEST_ROWS=$${K2_TEST_ROWS:-5000000} $(CARGO) test $(OPENSSL) --no-fail-fast

# A million random schemas and values, judged by three other Avro libraries; see docs/judges.md.
test-differential: test-stack
	K2_TEST_PAIRS=$${K2_TEST_PAIRS:-1000000} $(CARGO) test $(OPENSSL) --test judges pairs_are_read_back

# Ten thousand random runs of the binary: random schemas, files and flags. It needs no Kafka.
test-random: prerequisites
	K2_TEST_RUNS=$${K2_TEST_RUNS:-10000} $(CARGO) test $(OPENSSL) --test random

# Generates the golden vectors again with Java. A test checks that the committed ones are up to date.
golden: prerequisites
	tests/stack/prerequisites stack
	tests/stack/witness golden-partitions >fixtures/golden/partitions.jsonl
	tests/stack/witness golden-decimals >fixtures/golden/decimals.jsonl

# Format, lints, compilation, the rules for crates, and whether the patches of `test-guards` still apply; must pass before a
# change is merged.
check: prerequisites
	$(CARGO) fmt --check
	$(CARGO) clippy $(OPENSSL) --all-targets --test faults -- -D warnings
	$(CARGO) test $(OPENSSL) --no-run
	tests/guards/run --check
	tests/stack/deny

# Licences, versions and sources of the crates (deny.toml); by hand also known vulnerabilities, which needs a network:
#   make deny [CHECKS="licenses bans sources advisories"]
deny: prerequisites
	tests/stack/deny $(CHECKS)

# The program of a release: C code with stack protectors and checked functions, which is verified (Linux only).
release: prerequisites
	@tests/stack/release

# Rows per second of the encoder, compared with apache-avro's values; then one table of loads and dry runs, by k2-produce
# and by others, with the CPU time of each; the CPU time of each thread of a load; loads with and without --exactly-once; loads
# and their verification; then how exactly an hour is replayed in six minutes.
bench: prerequisites
	$(CARGO) bench --bench encode
	tests/stack/bench/run
	tests/stack/bench/threads
	tests/stack/bench/exactly-once
	tests/stack/bench/verify
	tests/stack/bench/replay

# The first table of `bench`, written into docs/benchmarks.md with a plot.
bench-docs: prerequisites
	tests/stack/bench/run --write

# Loads of 50 million rows, 1,000 files, 1,000 columns, 200 partitions, and rows of 100 KB.
bench-scale: prerequisites
	tests/stack/bench/scale

# Compares the speed of this checkout with another one: make bench-against OTHER=../k2-produce-0.1
bench-against: test-stack
	tests/stack/bench/against $(OTHER)

# Runs a real Kafka and a real registry until Ctrl-C, with the topic and the schema of the fixtures.
stack: prerequisites
	@tests/stack/run --until-interrupted --topic market.trades.raw --partitions 3 \
	  --schema-file fixtures/schemas/trade.avsc

# Records docs/recording/load.svg anew: a load and a bad row in a terminal, on a real Kafka.
recording: test-stack
	docs/recording/record $(OPENSSL)

test-stack: prerequisites
	tests/stack/prerequisites stack
	tests/stack/prepare >/dev/null

prerequisites:
	@tests/stack/prerequisites build
