"""Makes the recording fit for a README: it shows its last frame where nothing moves, and nothing of this machine.

    finish.py RENDERED RESULT
"""

import getpass
import pathlib
import re
import socket
import sys

LARGEST = 150_000  # bytes

rendered, result = map(pathlib.Path, sys.argv[1:])
svg = rendered.read_text(encoding="utf-8")

# The frames are below one another and each step moves the next one into view. Without an animation the first one,
# which is empty, would be seen.
last_frame = re.findall(r"translateY\((-?\d+)px\)", svg)[-1]
still = f"""
            #screen_view {{transform: translateY({last_frame}px)}}
            @media (prefers-reduced-motion: reduce) {{
                #screen_view {{animation: none}}
            }}
        </style>
    </defs>"""
svg, replaced = re.subn(r"\s*</style>\s*</defs>", still, svg, count=1)
assert replaced == 1, "the end of the template's style was not found"

repository = pathlib.Path(__file__).resolve().parents[2]
for private in [str(repository), str(pathlib.Path.home()) + "/", socket.gethostname(), f"{getpass.getuser()}@"]:
    assert private not in svg, f"the recording shows {private}"
assert "delivered in" in svg and "error:" in svg, "the recording lacks one of the two runs"
assert len(svg.encode()) <= LARGEST, f"the recording has {len(svg.encode())} bytes, more than {LARGEST}"
result.write_text(svg, encoding="utf-8")
