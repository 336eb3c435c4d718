"""Prints the CPU time of each thread of a load, in seconds for a million rows.

    threads.py ROWS ROUNDS FOLDER

Linux has the times of the threads in /proc/PID/task/TID/schedstat; they are read until the process ends. A thread can take at
most one second of CPU time in a second, so the busiest one that there is only one of limits a load on any machine. Expects
the variables of tests/stack/run, and `k2_produce` and `generate_trades`.
"""

import os
import statistics
import subprocess
import sys
import time

rows, rounds, folder = int(sys.argv[1]), int(sys.argv[2]), sys.argv[3]
here = os.path.dirname(os.path.abspath(__file__))
schema = os.path.abspath(os.path.join(here, "../../../fixtures/schemas/trade.avsc"))
env = os.environ
brokers, registry = env["K2_TEST_BOOTSTRAP_SERVERS"], env["K2_TEST_REGISTRY_URL"]
trades = f"{folder}/trades.csv"
# The names of the threads, and what they do.
THREADS = {
    "reading": "reading",
    "encoding": "encoding, all threads",
    "publishing": "publishing",
    "rdk:broker1": "librdkafka's thread for the broker",
}


def times(pid):
    """The CPU time of each thread so far, in seconds."""
    found = {}
    for thread in os.listdir(f"/proc/{pid}/task"):
        base = f"/proc/{pid}/task/{thread}"
        with open(f"{base}/comm", encoding="utf-8") as file:
            name = file.read().strip()
        with open(f"{base}/schedstat", encoding="ascii") as file:
            found[thread] = ("publishing" if thread == str(pid) else name, int(file.read().split()[0]) / 1e9)
    return found


def measure(options):
    topic = f"threads.{'.'.join(options).replace('-', '')}.{time.monotonic_ns()}"
    witness = f"{here}/../witness"
    subprocess.run([witness, "create-topic", "--topic", topic, "--partitions", "3"], check=True, stdout=subprocess.DEVNULL)
    subprocess.run([witness, "register", "--subject", f"{topic}-value", "--schema-file", schema], check=True, stdout=subprocess.DEVNULL)
    command = [env["k2_produce"], "--quiet", "--topic", topic, "-b", brokers, "-r", registry, *options, trades]
    process = subprocess.Popen(command)
    last = {}
    while process.poll() is None:
        try:
            last.update(times(process.pid))
        except (FileNotFoundError, ProcessLookupError):
            pass
        time.sleep(0.01)
    assert process.returncode == 0
    totals = dict.fromkeys(THREADS, 0.0)
    for name, seconds in last.values():
        if name in totals:
            totals[name] += seconds
    return totals


subprocess.run([env["generate_trades"], "--rows", str(rows), "--schema", "trade", "--output", trades], check=True)
presets = {"standard": [], "throughput": ["--preset", "throughput"]}
noted = {name: [] for name in presets}
for number in range(rounds):
    for name, options in presets.items():
        noted[name].append(measure(options))
        print(f"round {number + 1} of {rounds}: {name}: {noted[name][-1]}", file=sys.stderr)
print(f"{os.cpu_count()} cores; {rows:,} rows, {rounds} rounds, medians of CPU seconds for a million rows\n")
print(f"| thread | {' | '.join(f'preset {name}' for name in presets)} |\n|---|{'---|' * len(presets)}")
for thread, title in THREADS.items():
    medians = [statistics.median(round[thread] for round in noted[name]) / rows * 1e6 for name in presets]
    print(f"| {title} | {' | '.join(f'{seconds:.3f}' for seconds in medians)} |")
