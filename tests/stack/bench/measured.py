"""Runs a command and notes its time and memory, or compares what was noted of two.

    measured.py FILE COMMAND...         appends "SECONDS KILOBYTES" to FILE
    measured.py --compare A B ROWS      prints rates and the ratio B/A of each round
"""

import os
import statistics
import subprocess
import sys
import time


def measure(path, command):
    start = time.monotonic()
    process = subprocess.Popen(command)
    _, status, usage = os.wait4(process.pid, 0)
    seconds = time.monotonic() - start
    if status != 0:
        sys.exit(f"status {os.waitstatus_to_exitcode(status)}: {' '.join(command)}")
    with open(path, "a", encoding="utf-8") as file:
        print(seconds, usage.ru_maxrss, file=file)


def read(path):
    with open(path, encoding="utf-8") as file:
        return [tuple(map(float, line.split())) for line in file]


def compare(first, second, rows):
    noted = {os.path.basename(path).removesuffix(".txt"): read(path) for path in (first, second)}
    print(f"{rows:,} rows, {len(read(first))} rounds, median (all rounds)\n")
    print("| load | rows per second | most memory, MiB |")
    print("|---|---|---|")
    for name, rounds in noted.items():
        rates = sorted(rows / seconds for seconds, _ in rounds)
        memory = max(kilobytes for _, kilobytes in rounds) / 1024
        print(f"| {name} | {statistics.median(rates):,.0f} ({rates[0]:,.0f} to {rates[-1]:,.0f}) | {memory:.0f} |")
    one, other = noted
    ratios = [a[0] / b[0] for a, b in zip(noted[one], noted[other])]
    print(f"\n{other} / {one} in each round: {' '.join(f'{ratio:.2f}' for ratio in ratios)}")
    print(f"median {statistics.median(ratios):.2f}")


if sys.argv[1] == "--compare":
    compare(sys.argv[2], sys.argv[3], int(sys.argv[4]))
else:
    measure(sys.argv[1], sys.argv[2:])
