"""A stand-in for engine, actions or gateway: answers every request with 200 until it is told to end.

Run by the launcher's tests: `python fake_part.py PORT [exit-with-a-message]`.
"""

from __future__ import annotations

import sys
from http.server import BaseHTTPRequestHandler, HTTPServer


class Ready(BaseHTTPRequestHandler):
    """Always ready."""

    def do_GET(self) -> None:
        """200 with an empty map."""
        body = b"{}"
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def do_POST(self) -> None:
        """The same, whatever is posted."""
        self.rfile.read(int(self.headers.get("Content-Length") or 0))
        self.do_GET()


if __name__ == "__main__":
    if len(sys.argv) > 2:
        print(sys.argv[2])
        sys.exit(3)
    print("listening")
    HTTPServer(("127.0.0.1", int(sys.argv[1])), Ready).serve_forever()
