"""Free and busy ports, and who holds a busy one."""

from __future__ import annotations

import re
import secrets
import shutil
import socket
import subprocess
from pathlib import Path

LOOPBACK = "127.0.0.1"
OURS = (20000, 32768)
_given: set[int] = set()


def is_free(port: int, host: str = LOOPBACK) -> bool:
    """Whether a server could listen on host:port now (a port in TIME_WAIT counts as free)."""
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError:
            return False
    return True


def free_port() -> int:
    """A loopback port nobody listens on at the moment, never the same twice from one process.

    It is used only after a while, when its process has started. So it is none of those that the system hands out meanwhile to
    whoever connects or asks for any port (Linux: from 32768 on).
    """
    for _ in range(100):
        port = OURS[0] + secrets.randbelow(OURS[1] - OURS[0])
        if port not in _given and is_free(port):
            _given.add(port)
            return port
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe:
        probe.bind((LOOPBACK, 0))
        return int(probe.getsockname()[1])


def prefer(port: int) -> int:
    """`port` when it is free, else another free one. For ports nobody but our own processes needs to know."""
    return port if is_free(port) else free_port()


def holder(port: int) -> str:
    """Who listens on the port, like "pid 4711 (python3 -m http.server)"; empty when it cannot be told."""
    pid = _pid_from_proc(port) or _pid_from_lsof(port)
    return f"pid {pid} ({_command(pid)})" if pid else ""


def _pid_from_proc(port: int) -> int | None:
    inodes = set()
    for table in ("tcp", "tcp6"):
        try:
            lines = Path("/proc/net", table).read_text("ascii").splitlines()[1:]
        except OSError:
            continue
        for line in lines:
            fields = line.split()
            listening = fields[3] == "0A"
            if listening and int(fields[1].rsplit(":", 1)[1], 16) == port:
                inodes.add(f"socket:[{fields[9]}]")
    if not inodes:
        return None
    for process in Path("/proc").glob("[0-9]*"):
        try:
            if any(str(descriptor.readlink()) in inodes for descriptor in (process / "fd").iterdir()):
                return int(process.name)
        except OSError:
            continue
    return None


def _pid_from_lsof(port: int) -> int | None:
    if shutil.which("lsof") is None:
        return None
    done = subprocess.run(["lsof", "-nP", "-t", f"-iTCP:{port}", "-sTCP:LISTEN"], capture_output=True, text=True, check=False)
    found = re.search(r"\d+", done.stdout)
    return int(found.group()) if found else None


def _command(pid: int) -> str:
    try:
        words = Path(f"/proc/{pid}/cmdline").read_bytes().replace(b"\0", b" ").decode("utf-8", "replace").strip()
    except OSError:
        done = subprocess.run(["ps", "-o", "args=", "-p", str(pid)], capture_output=True, text=True, check=False)
        words = done.stdout.strip()
    return words if len(words) <= 80 else words[:77] + "…"
