"""The child process of pdf.py: HTML in, PDF out; it opens no file and no address that the HTML names."""

from __future__ import annotations

import base64
import json
import logging
import sys
from typing import Any

from formline.runtime.limited import enter

SCHEME = "asset:"


def main(arguments: list[str]) -> int:
    """Read ``{html, styles, assets}`` from the input and write the PDF to the output."""
    enter(arguments)
    given = json.load(sys.stdin.buffer)
    try:
        import weasyprint
        from weasyprint.urls import URLFetcher, URLFetcherResponse
    except OSError:
        print("Printing needs the library Pango and a font with Chinese characters on the server.", file=sys.stderr)
        return 1
    logging.getLogger("weasyprint").disabled = True
    assets = {name: base64.b64decode(content) for name, content in given["assets"].items()}

    class Assets(URLFetcher):  # type: ignore[misc]
        """Knows the pictures it was given by name; every other address is refused, whatever its scheme."""

        def fetch(self, url: str, headers: Any = None) -> Any:
            name = url.removeprefix(SCHEME)
            if not url.startswith(SCHEME) or name not in assets:
                raise ValueError("not an asset of this document")
            return URLFetcherResponse(url, assets[name], {"Content-Type": "image/png"})

    fetcher = Assets()
    style = weasyprint.CSS(string=given["styles"], url_fetcher=fetcher, base_url=SCHEME)
    document = weasyprint.HTML(string=given["html"], url_fetcher=fetcher, base_url=SCHEME)
    sys.stdout.buffer.write(document.write_pdf(stylesheets=[style]))
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
