"""Locks for what all threads of a process share."""

from __future__ import annotations

import os
import threading


def forkable_lock() -> threading.Lock:
    """A lock that a forked process finds open, whatever the other threads were doing."""
    lock = threading.Lock()
    if hasattr(os, "register_at_fork"):  # nothing is forked elsewhere
        os.register_at_fork(
            before=lock.acquire, after_in_parent=lock.release, after_in_child=lock.release
        )
    return lock
