"""Writes what the benchmark measured into docs/benchmarks.md, and draws docs/benchmarks.svg.

    write_docs.py RUNS TABLES

RUNS is the file of runs that table.py keeps, TABLES what it printed. The text between the two marks in the document is
replaced. The plot has the median rate of each load, and a line from the lowest to the highest.
"""

import json
import os
import statistics
import sys
from xml.sax.saxutils import escape

here = os.path.dirname(os.path.abspath(__file__))
docs = os.path.abspath(os.path.join(here, "../../../docs"))
BEGIN, END = "<!-- written by tests/stack/bench/run -->", "<!-- end of what it writes -->"
# Too short for a rate that can be compared.
SMALLEST = 10_000
BAR, STEP, LEFT, RIGHT, BOTTOM = 14, 24, 420, 90, 40
WIDTH = 1000


def write_tables(tables):
    path = f"{docs}/benchmarks.md"
    with open(path, encoding="utf-8") as file:
        text = file.read()
    before, rest = text.split(BEGIN)
    _, after = rest.split(END)
    with open(path, "w", encoding="utf-8") as file:
        file.write(f"{before}{BEGIN}\n{tables.strip()}\n{END}{after}")


def rates_by_name(path):
    rates = {}
    with open(path, encoding="utf-8") as file:
        for run in map(json.loads, file):
            if run["kafka"] and run["rows"] > SMALLEST:
                rates.setdefault(run["name"], []).append(run["rows"] / run["seconds"])
    return rates


def plot(rates, title):
    most = max(max(values) for values in rates.values())
    step = 250_000 if most < 2_500_000 else 500_000
    scale = (WIDTH - LEFT - RIGHT) / most
    height = STEP * len(rates) + BOTTOM
    yield f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height}" font-family="sans-serif" font-size="13">'
    yield f"<title>{escape(title)}</title>"
    yield f'<rect width="{WIDTH}" height="{height}" fill="white"/>'
    for rate in range(0, int(most) + 1, step):
        x = LEFT + rate * scale
        yield f'<line x1="{x:.0f}" y1="0" x2="{x:.0f}" y2="{height - BOTTOM}" stroke="#ddd"/>'
        yield f'<text x="{x:.0f}" y="{height - BOTTOM + 16}" text-anchor="middle">{rate / 1e6:g}M</text>'
    for index, (name, values) in enumerate(rates.items()):
        y = index * STEP + (STEP - BAR) / 2
        middle, median = y + BAR / 2, statistics.median(values)
        color = "#2b6cb0" if name.startswith("k2-produce") else "#a0aec0"
        low, high = LEFT + min(values) * scale, LEFT + max(values) * scale
        yield f'<text x="{LEFT - 8}" y="{middle + 4}" text-anchor="end">{escape(name)}</text>'
        yield f'<rect x="{LEFT}" y="{y}" width="{median * scale:.1f}" height="{BAR}" fill="{color}"/>'
        yield f'<line x1="{low:.1f}" y1="{middle}" x2="{high:.1f}" y2="{middle}" stroke="black"/>'
        yield f'<text x="{high + 6:.1f}" y="{middle + 4}">{median / 1e3:,.0f}k</text>'
    yield f'<text x="{LEFT}" y="{height - 6}">rows per second: median, lowest and highest</text>'
    yield "</svg>"


runs, tables = sys.argv[1], open(sys.argv[2], encoding="utf-8").read()
write_tables(tables)
with open(f"{docs}/benchmarks.svg", "w", encoding="utf-8") as file:
    file.write("\n".join(plot(rates_by_name(runs), tables.strip().splitlines()[0])) + "\n")
