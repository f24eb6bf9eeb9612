"""The user's settings, values only: one JSON file, read forgivingly and written atomically; no key.

The environment goes first (``PICWISH_BASE_URL``; the key's variable is in ``credentials``).
A value that is unknown, of the wrong type or out of range never stops anything: the default
stands in and ``problems`` says so in a sentence.
"""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, field, fields, replace
from pathlib import Path
from typing import Any

from gimp_bridge.folders import settings_file
from gimp_bridge.language import N_, _
from gimp_bridge.private_files import write_private
from gimp_bridge.service import limits
from gimp_bridge.service.address import checked_address, host_of

ADDRESS_VARIABLE = "PICWISH_BASE_URL"

REGIONS: dict[str, str] = {"international": limits.INTERNATIONAL, "mainland": limits.MAINLAND}
"""The services a user can choose by name; "other" takes ``address``."""

OTHER_NAMES = {"global": "international", "cn": "mainland"}
"""What else a region may be called in the environment and in the file."""

FORMER = frozenset({"grow_px", "feather_px"})
"""What older versions kept here: read without complaint, and ignored."""


@dataclass(frozen=True)
class Settings:
    """Everything a user can set, with its default.

    region : "international", "mainland" or "other"
    address : the service's address for "other"; its path, where it has one, is the API's
    per_second : requests per second, creates and polls together
    connect_s, answer_s, task_s, download_s : time-outs in seconds, see ``Timeouts``
    proxy : "system", "none", or the address of a proxy
    consents : the hosts to which the user agreed to send pictures
    grain : whether the surroundings' grain is added to the result
    log_folder : "" for the system's usual place
    problems : what in the file could not be used, in sentences; never saved
    """

    region: str = "international"
    address: str = ""
    per_second: float = limits.REQUESTS_PER_SECOND
    connect_s: float = 15.0
    answer_s: float = 60.0
    task_s: float = 150.0
    download_s: float = 120.0
    proxy: str = "system"
    consents: tuple[str, ...] = ()
    grain: bool = True
    log_folder: str = ""
    problems: tuple[str, ...] = field(default=(), compare=False)

    @classmethod
    def load(cls, path: Path | None = None, environ: Mapping[str, str] | None = None) -> Settings:
        """Read the file, then let the environment override it; never raises."""
        settings = _from_values(*_read(path or settings_file()))
        return settings.with_environment(os.environ if environ is None else environ)

    @classmethod
    def of(cls, values: Mapping[str, Any]) -> Settings:
        """Settings from values by name; what cannot be used is in ``problems``."""
        return _from_values(values, ())

    def with_environment(self, environ: Mapping[str, str]) -> Settings:
        """The same settings with the address, or the region, that the environment names."""
        named = environ.get(ADDRESS_VARIABLE, "").strip()
        region = OTHER_NAMES.get(named, named)
        if region in REGIONS:
            return replace(self, region=region)
        return replace(self, region="other", address=named) if named else self

    def values(self) -> dict[str, Any]:
        """Every setting by name, as JSON takes them."""
        return {name: value for name, value in asdict(self).items() if name != "problems"}

    def save(self, path: Path | None = None) -> None:
        """Write all settings; OSError when the folder cannot be written.

        A file that is there and cannot be read is set aside first, as ``settings.json.unreadable``.
        """
        path = path or settings_file()
        _values, problems = _read(path)
        if problems:
            path.replace(path.with_name(path.name + ".unreadable"))
        write_private(path, json.dumps(self.values(), indent=1).encode())

    @property
    def base_url(self) -> str:
        """The service's address; AddressRefused unless https or this machine."""
        return checked_address(REGIONS.get(self.region, self.address))

    @property
    def host(self) -> str:
        """The service's host, under which key and consent are filed."""
        return host_of(self.base_url)

    @property
    def has_consent(self) -> bool:
        """Whether the user agreed to send pictures to the service now set."""
        return self.host in self.consents

    def with_consent(self, host: str, *, given: bool) -> Settings:
        """The same settings with consent for a service's host given or withdrawn."""
        others = tuple(known for known in self.consents if known != host)
        return replace(self, consents=(*others, host) if given else others)

    @property
    def proxy_address(self) -> str | None:
        """The proxy as the HTTP library takes it: None for the system's, "" for none."""
        return {"system": None, "none": ""}.get(self.proxy, self.proxy)


_RULES: dict[str, tuple[Callable[[Any], bool], str]] = {
    "region": (
        lambda v: v in (*REGIONS, "other"),
        N_("international, mainland or other"),
    ),
    "address": (lambda v: isinstance(v, str), N_("an address")),
    "per_second": (lambda v: _is_number(v, 0.05, 100), N_("0.05 to 100 requests per second")),
    "connect_s": (lambda v: _is_number(v, 1, 600), N_("1 to 600 seconds")),
    "answer_s": (lambda v: _is_number(v, 5, 600), N_("5 to 600 seconds")),
    "task_s": (lambda v: _is_number(v, 5, 3600), N_("5 to 3600 seconds")),
    "download_s": (lambda v: _is_number(v, 5, 3600), N_("5 to 3600 seconds")),
    "proxy": (lambda v: isinstance(v, str) and bool(v), N_("system, none or an address")),
    "consents": (
        lambda v: isinstance(v, list | tuple) and all(isinstance(h, str) for h in v),
        N_("a list of hosts"),
    ),
    "grain": (lambda v: isinstance(v, bool), N_("true or false")),
    "log_folder": (lambda v: isinstance(v, str), N_("a folder")),
}


def _is_number(value: object, low: float, high: float) -> bool:
    return isinstance(value, int | float) and type(value) is not bool and low <= value <= high


def _read(path: Path) -> tuple[dict[str, Any], tuple[str, ...]]:
    try:
        values = json.loads(path.read_bytes())
    except FileNotFoundError:
        return {}, ()
    except (OSError, ValueError, RecursionError) as error:
        text = _("{file} cannot be read ({reason}), so defaults are used.")
        return {}, (text.format(file=path, reason=type(error).__name__),)
    if not isinstance(values, dict):
        return {}, (_("{file} does not hold settings, so defaults are used.").format(file=path),)
    return values, ()


def _from_values(values: Mapping[str, Any], problems: tuple[str, ...]) -> Settings:
    good: dict[str, Any] = {}
    known = {setting.name for setting in fields(Settings)} - {"problems"}
    if isinstance(region := values.get("region"), str):
        values = {**values, "region": OTHER_NAMES.get(region, region)}
    for name, value in values.items():
        if name in FORMER:
            continue
        if name not in known:
            text = _("There is no setting “{name}”; it is ignored.")
            problems += (text.format(name=name[:40]),)
        elif not _RULES[name][0](value):
            text = _("The setting “{name}” must be {rule}; the default is used.")
            problems += (text.format(name=name, rule=_(_RULES[name][1])),)
        else:
            good[name] = tuple(value) if isinstance(value, list) else value
    return Settings(**good, problems=problems)
