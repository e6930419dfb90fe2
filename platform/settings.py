"""Settings of one site: names, defaults, where each value came from; no I/O but reading the settings file and secrets.

A value is taken from the environment (``FORMLINE_<NAME>``, or ``FORMLINE_<NAME>_FILE`` for secrets), else from
``formline.toml``, else it is the default.
"""

from __future__ import annotations

import dataclasses
import difflib
import os
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from formline.errors import DefinitionError, Level, Problem

PREFIX = "FORMLINE_"
#: Hosts that stand for every address of the machine; nobody can open them.
_EVERYWHERE = frozenset({"", "0.0.0.0", "::"})  # noqa: S104 - compared, not listened on
FILE = "formline.toml"


def _setting(default: Any, text: str, *, secret: bool = False, choices: tuple[str, ...] = ()) -> Any:
    return field(default=default, metadata={"help": text, "secret": secret, "choices": choices})


@dataclass(frozen=True)
class Settings:
    """All settings; every attribute is one setting, its help text stands beside its default."""

    database_url: str = _setting(
        "", "Database: sqlite:///FILE or postgresql://...; default: a file in data_dir", secret=True
    )
    data_dir: Path = _setting(  # noqa: RUF009 - a dataclasses.field, not a shared value
        Path("var"), "Folder for the SQLite database, files, keys and caches"
    )
    secret_key: str = _setting("", "Master key; default: the file secret.key in data_dir, made by init", secret=True)
    env: str = _setting("development", "development or production", choices=("development", "production"))
    public_url: str = _setting(
        "", "Address people use; links in mails are built from it; default: where the server listens"
    )
    host: str = _setting("127.0.0.1", "Address the server listens on")
    port: int = _setting(8000, "Port the server listens on")
    workers: int = _setting(0, "Server processes; 0: as many as cores")
    trusted_proxies: tuple[str, ...] = _setting((), "Addresses or networks whose X-Forwarded-* headers are believed")
    max_body: int = _setting(32 * 1024 * 1024, "Largest request body in bytes")
    base_language: str = _setting("en", "Language the shipped labels are written in")
    base_currency: str = _setting("CNY", "Currency of base amounts, ISO 4217")
    base_zone: str = _setting("Asia/Shanghai", "Time zone of schedules and of people who chose none")
    holidays_of: str = _setting("CN", "Country whose public holidays are no working days, two letters; empty: none")
    definitions_dir: Path | None = _setting(  # noqa: RUF009 - a dataclasses.field, not a shared value
        None, "Shipped definitions; default: the ones of the package"
    )
    packages: tuple[str, ...] = _setting(
        (), "Folders of packages between the shipped and the site's definitions, in order"
    )
    plugins: tuple[str, ...] = _setting((), "Plug-ins this site loads, by name; installed ones not named stay out")
    embedded_worker: bool = _setting(True, "Whether serve also runs the background worker")
    pool_size: int = _setting(10, "Database connections kept per process and engine")
    query_cache_size: int = _setting(20_000, "Compiled statements kept per engine")
    slow_statement_ms: int = _setting(500, "Statements slower than this are logged; 0: none")
    read_budget_ms: int = _setting(2_000, "Time limit of one reading statement on PostgreSQL")
    session_days: int = _setting(30, "Days after which a sign-in ends")
    outbound_allow: tuple[str, ...] = _setting(
        (), "Hosts (name or name:port) and networks that requests may reach though they are not public"
    )
    smtp_host: str = _setting("", "Mail server; without one, mails become files in data_dir/mail")
    smtp_port: int = _setting(587, "Port of the mail server")
    smtp_security: str = _setting(
        "starttls", "How the connection to the mail server is encrypted", choices=("starttls", "tls", "none")
    )
    smtp_user: str = _setting("", "Name to sign in to the mail server with; empty: without")
    smtp_password: str = _setting("", "Password for the mail server", secret=True)
    mail_from: str = _setting("", "Sender of mails; default: formline@ the host of public_url")
    oidc_issuer: str = _setting("", "OpenID provider of the plug-in oidc: its issuer address")
    oidc_client_id: str = _setting("", "Name of this site at the OpenID provider")
    oidc_client_secret: str = _setting("", "Secret of this site at the OpenID provider", secret=True)
    oidc_label: str = _setting("Single sign-on", "What the button of the OpenID provider says")
    sms_sign_in: bool = _setting(False, "Whether people may sign in with a code sent to their mobile phone")
    second_factor_roles: tuple[str, ...] = _setting((), "Roles whose people must sign in with a second factor")
    quarantine_days: int = _setting(30, "Days removed columns and tables are kept before a purge may drop them")
    file_store: str = _setting("local", "Where files are kept: a folder in data_dir, or S3", choices=("local", "s3"))
    s3_bucket: str = _setting("", "Bucket for files, where file_store is s3")
    s3_endpoint: str = _setting("", "Address of an S3 service that is not Amazon's")
    s3_region: str = _setting("", "Region of the bucket")
    s3_access_key: str = _setting("", "Access key of the bucket; default: what the machine's role gives", secret=True)
    s3_secret_key: str = _setting("", "Secret key of the bucket", secret=True)
    file_quota_mb: int = _setting(0, "Megabytes of files the site keeps at most; 0: no limit")
    user_file_quota_mb: int = _setting(0, "Megabytes of files one person may upload at most; 0: no limit")
    file_grace_hours: int = _setting(24, "Hours after which an upload that no record names is removed")
    scripts: str = _setting(
        "locked",
        "Whether scripts run: in locked-down processes or not at all, weak (however little they are locked), or off",
        choices=("locked", "weak", "off"),
    )
    log_level: str = _setting("INFO", "DEBUG, INFO, WARNING or ERROR", choices=("DEBUG", "INFO", "WARNING", "ERROR"))
    log_json: bool = _setting(False, "Log JSON lines; always so in production")
    sources: Mapping[str, str] = field(default_factory=dict, compare=False, repr=False)
    warnings: tuple[Problem, ...] = field(default=(), compare=False, repr=False)

    @property
    def url(self) -> str:
        """The database's URL with SQLAlchemy's driver name filled in."""
        if not self.database_url:
            return f"sqlite:///{(self.data_dir / 'formline.db').absolute()}"
        scheme, _, rest = self.database_url.partition("://")
        return f"postgresql+psycopg://{rest}" if scheme in ("postgres", "postgresql") else self.database_url

    @property
    def address(self) -> str:
        """The address people use, without a slash at its end: ``public_url``, else where the server listens."""
        if self.public_url:
            return self.public_url.rstrip("/")
        host = "127.0.0.1" if self.host in _EVERYWHERE else self.host
        return f"http://{f'[{host}]' if ':' in host else host}:{self.port}"

    @property
    def production(self) -> bool:
        """Whether this site serves real people."""
        return self.env == "production"

    def with_values(self, **values: Any) -> Settings:
        """Return a copy with some values given by the caller, e.g. command line options."""
        sources = {**self.sources, **dict.fromkeys(values, "given")}
        return dataclasses.replace(self, **values, sources=sources)


def described() -> Iterator[tuple[str, Any, str]]:
    """Yield ``(name, default, help)`` of every setting, in order."""
    for entry in dataclasses.fields(Settings):
        if "help" in entry.metadata:
            yield entry.name, entry.default, entry.metadata["help"]


def shown(settings: Settings) -> Iterator[tuple[str, str, str]]:
    """Yield ``(name, value, source)`` as ``formline config`` prints it; secrets are hidden."""
    for entry in dataclasses.fields(Settings):
        if "help" not in entry.metadata:
            continue
        value = getattr(settings, entry.name)
        text = "********" if entry.metadata["secret"] and value else str(value)
        yield entry.name, text, settings.sources.get(entry.name, "default")


def load(folder: Path | None = None, environment: Mapping[str, str] | None = None) -> Settings:
    """Return the settings of the environment and the folder's ``formline.toml``; its paths are relative to the folder.

    Raises:
        DefinitionError: values that do not fit, all at once.
    """
    folder = folder or Path.cwd()
    environment = os.environ if environment is None else environment
    entries = {entry.name: entry for entry in dataclasses.fields(Settings) if "help" in entry.metadata}
    raw, problems = _raw(folder / FILE, environment, entries)
    values: dict[str, Any] = {}
    for name, (value, source) in raw.items():
        try:
            values[name] = _converted(entries[name], value)
        except ValueError as error:
            problems.append(Problem("setting-value", f"{name} = {value!r}: {error}", where=source))
    errors = [problem for problem in problems if problem.level is Level.ERROR]
    if errors:
        raise DefinitionError(errors)
    for name in ("data_dir", "definitions_dir"):
        if isinstance(values.get(name), Path):
            values[name] = folder / values[name]
    values.setdefault("data_dir", folder / Settings.data_dir)
    return Settings(**values, sources={name: source for name, (_, source) in raw.items()}, warnings=tuple(problems))


def _raw(
    file: Path, environment: Mapping[str, str], entries: Mapping[str, dataclasses.Field[Any]]
) -> tuple[dict[str, tuple[Any, str]], list[Problem]]:
    """Return name -> (raw value, source), and what was wrong."""
    raw: dict[str, tuple[Any, str]] = {}
    problems: list[Problem] = []
    if file.exists():
        with file.open("rb") as stream:
            for name, value in tomllib.load(stream).items():
                if name in entries:
                    raw[name] = (value, str(file))
                else:
                    problems.append(_unknown(name, str(file), entries))
    for variable, text in environment.items():
        if not variable.startswith(PREFIX) or variable.startswith(PREFIX + "TEST_"):
            continue
        name = variable.removeprefix(PREFIX).lower()
        secret_file = name.removesuffix("_file")
        if name in entries:
            raw[name] = (text, variable)
        elif name != secret_file and secret_file in entries and entries[secret_file].metadata["secret"]:
            raw[secret_file] = (Path(text).read_text(encoding="utf-8").strip(), variable)
        else:
            problems.append(_unknown(name, variable, entries))
    return raw, problems


def _unknown(name: str, where: str, entries: Mapping[str, Any]) -> Problem:
    near = difflib.get_close_matches(name, entries, n=1)
    hint = f"did you mean {near[0]}?" if near else "see `formline config`"
    return Problem("setting-unknown", f"there is no setting {name}", hint, where=where, level=Level.WARNING)


def _converted(entry: dataclasses.Field[Any], value: Any) -> Any:
    """Return the value as the setting's type; raises ValueError with what is expected."""
    choices = entry.metadata["choices"]
    if choices and value not in choices:
        raise ValueError(f"expected one of {', '.join(choices)}")
    default = entry.default
    if isinstance(default, bool):
        return _boolean(value)
    if isinstance(default, int):
        return int(value)
    if isinstance(default, tuple):
        parts = value.split(",") if isinstance(value, str) else value
        return tuple(part.strip() for part in parts if part.strip())
    if isinstance(default, Path) or default is None:
        return Path(value)
    return str(value)


def _boolean(value: Any) -> bool:
    words = {"true": True, "1": True, "yes": True, "false": False, "0": False, "no": False}
    if isinstance(value, bool):
        return value
    if str(value).lower() not in words:
        raise ValueError("expected true or false")
    return words[str(value).lower()]
