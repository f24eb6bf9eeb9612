"""Reactions: what of its true answer a hostile service lets the client have."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable
from typing import Any

from tests.faults.hostile import LIMIT_S, Link, Reaction, head


def honest(link: Link) -> None:
    """Answer truly."""
    link.reply(*link.honest())


def answer(status: int, body: bytes | dict[str, Any] = b"", **headers: str) -> Reaction:
    """Answer this instead of doing anything."""
    raw = json.dumps(body).encode() if isinstance(body, dict) else body
    named = {name.replace("_", "-"): value for name, value in headers.items()}

    def react(link: Link) -> None:
        link.reply(status, named, raw)

    return react


def instead(status: int, body: bytes = b"", **headers: str) -> Reaction:
    """Do what was asked, then answer something else."""

    def react(link: Link) -> None:
        link.honest()
        answer(status, body, **headers)(link)

    return react


def edited(edit: Callable[[dict[str, Any]], Any]) -> Reaction:
    """Answer truly but for what ``edit`` does to ``data``; what it returns replaces the body."""

    def react(link: Link) -> None:
        status, headers, raw = link.honest()
        whole = json.loads(raw)
        changed = edit(whole["data"])
        if changed is not None:
            whole = changed
        body = whole if isinstance(whole, bytes) else json.dumps(whole).encode()
        link.reply(status, headers, body)

    return react


def with_data(**values: Any) -> Reaction:
    """Answer truly but for these fields of ``data``."""
    return edited(lambda data: data.update(values))


def without(*names: str) -> Reaction:
    """Answer truly but for these fields of ``data``, which are missing."""

    def edit(data: dict[str, Any]) -> None:
        for name in names:
            data.pop(name, None)

    return edited(edit)


def body_changed(change: Callable[[bytes], bytes], **headers: str) -> Reaction:
    """Answer truly with a changed body."""

    def react(link: Link) -> None:
        status, true_headers, body = link.honest()
        link.reply(status, {**true_headers, **headers}, change(body))

    return react


def cut(count: int, *, of: str = "body", by_reset: bool = False) -> Reaction:
    """Do what was asked, send ``count`` bytes of the answer (or its body), then hang up."""

    def react(link: Link) -> None:
        status, headers, body = link.honest()
        lead = head(status, {**headers, "Content-Length": str(len(body))})
        link.send((lead + body[:count]) if of == "body" else (lead + body)[:count])
        if by_reset:
            link.until_read(body[:count])  # a reset takes what has not been read
            link.reset()

    return react


def dripped(pause_s: float, *, stop_after: int | None = None) -> Reaction:
    """Answer truly, a byte at a time."""

    def react(link: Link) -> None:
        status, headers, body = link.honest()
        whole = head(status, {**headers, "Content-Length": str(len(body))}) + body
        link.drip(whole[:stop_after], pause_s)

    return react


def endless(link: Link) -> None:
    """Do what was asked, then send a body that never ends."""
    link.honest()
    link.send(head(200, {"Content-Type": "application/json"}))
    for _ in range(10_000):
        link.send(b" " * 65536)


def silent(link: Link) -> None:
    """Do what was asked and say nothing."""
    link.honest()
    link.sleep(LIMIT_S)


def silent_idle(link: Link) -> None:
    """Neither do nor say anything."""
    link.sleep(LIMIT_S)


def reset_done(link: Link) -> None:
    """Do what was asked, then cut the connection."""
    link.honest()
    link.reset()


def reset_idle(link: Link) -> None:
    """Cut the connection without doing anything."""
    link.reset()


def hang_up(link: Link) -> None:
    """Do what was asked, then close without an answer."""
    link.honest()


def raw(data: bytes) -> Reaction:
    """Do what was asked, then send these very bytes and close."""

    def react(link: Link) -> None:
        link.honest()
        link.send(data)

    return react


def times(count: int, reaction: Reaction) -> list[Reaction]:
    """The same reaction to the first ``count`` requests."""
    return [reaction] * count


def sequence(*parts: Iterable[Reaction] | Reaction) -> list[Reaction]:
    """Reactions one after another."""
    flat: list[Reaction] = []
    for part in parts:
        flat.extend([part] if callable(part) else part)
    return flat
