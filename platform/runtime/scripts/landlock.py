"""Landlock: a process gives up every file, port and signal outside it, by three system calls; Linux 5.13 and later."""

from __future__ import annotations

import ctypes
import os
import struct

# The numbers are the same on every architecture: calls added since Linux 5.1 share them.
_CREATE_RULESET, _RESTRICT_SELF = 444, 446
_ASK_VERSION = 1
#: Rights on files that exist since a version of the interface: the number of bits of ``handled_access_fs``.
_FILE_RIGHTS = ((1, 13), (2, 14), (3, 15), (5, 16))
#: Binding and connecting TCP ports, since version 4; abstract sockets and signals to others, since version 6.
_PORTS, _SCOPES = 0b11, 0b11


class LandlockError(OSError):
    """The kernel has no Landlock, or refuses it."""


def restrict() -> int:
    """Deny the calling process, for good, everything Landlock knows; return the version of the interface.

    Files that are open stay open.

    Raises:
        LandlockError: not possible here.
    """
    library = ctypes.CDLL(None, use_errno=True)
    version = _call(library, _CREATE_RULESET, None, 0, _ASK_VERSION)
    bits = max(bits for since, bits in _FILE_RIGHTS if version >= since)
    wanted = [(1 << bits) - 1]
    wanted += [_PORTS] if version >= 4 else []
    wanted += [_SCOPES] if version >= 6 else []
    attributes = struct.pack(f"={len(wanted)}Q", *wanted)
    rules = _call(library, _CREATE_RULESET, attributes, len(attributes), 0)
    try:
        _call(library, _RESTRICT_SELF, rules, 0)
    finally:
        os.close(rules)
    return version


def _call(library: ctypes.CDLL, number: int, *arguments: int | bytes | None) -> int:
    library.syscall.restype = ctypes.c_long
    found: int = library.syscall(
        ctypes.c_long(number), *[ctypes.c_long(one) if isinstance(one, int) else one for one in arguments]
    )
    if found < 0:
        code = ctypes.get_errno()
        raise LandlockError(code, os.strerror(code))
    return found
