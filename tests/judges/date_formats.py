"""Reads texts by their formats with Python's strptime.

Each line of the input is a format, a tab and a text. The answer is a line: the date and the time with six fractional
digits and the offset, if there is one; or `-` if the text does not follow the format.
"""

import sys
from datetime import datetime

for line in sys.stdin:
    format, text = line.rstrip("\n").split("\t")
    try:
        print(datetime.strptime(text, format).isoformat(timespec="microseconds"))
    except ValueError:
        print("-")
