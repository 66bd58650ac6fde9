"""`python -m shopx_api.files.render_pdf PATH`: makes one PDF file in a process of its own.

Its work and memory end with it, so the process that serves requests keeps both for them.
"""

import sys
from pathlib import Path

from shopx_api.files.document import Document
from shopx_api.files.pdf import pdf

if __name__ == "__main__":
    given = Document.model_validate_json(sys.stdin.buffer.read())
    Path(sys.argv[1]).write_bytes(pdf(given))
