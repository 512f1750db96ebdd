"""Providers: who sends data, from where, in which codes, and when. One YAML file each.

`pipelines/providers/KGZ.yaml` declares the provider `KGZ`; beside it may stand `KGZ.map.yaml` (its code map)
and `KGZ.corrections.yaml` (what is mended in what it sends), `KGZ.waivers.yaml` (which rules are let through for a
time, and why), and the two maps of its Open SDG platform, which it names under `open_sdg` (`pipelines.provider_maps`).
Here are the shapes and the loader; how a map is applied is in `pipelines.map`, how a correction in `pipelines.correct`.

A broken file breaks only its provider: the others are loaded, and asking for the broken one raises its error.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal, cast

from pydantic import (
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    PlainValidator,
    StringConstraints,
    field_validator,
    model_validator,
)

from metadata.errors import ConfigurationError, DeclarationErrors, SdgError, UnknownProvider
from pipelines.national_statement import NationalStatement
from pipelines.provider_maps import OpenSdgFiles, load_maps
from pipelines.read.open_sdg_maps import OpenSdgMaps

if TYPE_CHECKING:
    from metadata.structure import Structure

PROVIDERS_FOLDER = Path(__file__).parent / "providers"

_ID = re.compile(r"[A-Z0-9_]+")
_M49 = re.compile(r"[1-9][0-9]{0,2}")
_SIBLINGS = ("map", "corrections", "waivers")

ComponentId = Annotated[str, StringConstraints(pattern=r"^[A-Z][A-Z0-9_]*$")]
Factor = Annotated[str, StringConstraints(pattern=r"^-?(\d+(\.\d+)?|\d*\.\d+)([eE][+-]?\d+)?$")]
Sentence = Annotated[str, StringConstraints(min_length=5)]
Condition = dict[ComponentId, str | tuple[str, ...]]


def _area_codes(value: object) -> object:
    """Return M49 codes as a tuple, or `all`; one sentence says what is wanted, whatever else it is."""
    if value == "all":
        return value
    codes = tuple(value) if isinstance(value, (list, tuple)) else ()
    good = all(isinstance(code, str) and _M49.fullmatch(code) for code in codes)
    if not codes or not good:
        raise ValueError('areas is a list of M49 codes in quotes without padding, such as ["417"], or all.')
    return codes


AreaCodes = Annotated[tuple[str, ...] | Literal["all"], PlainValidator(_area_codes)]


def _day(value: object) -> object:
    """Return a day; YAML may have made one of it already, and nothing else is taken for one."""
    if isinstance(value, str):
        try:
            return date.fromisoformat(value)
        except ValueError:
            pass
    elif isinstance(value, date) and not isinstance(value, datetime):
        return value
    raise ValueError(f'"{value}" is not a day such as "2027-06-30".')


class _Declared(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class FolderChannel(_Declared):
    """Files that the office puts into its folder of the inbox."""

    type: Literal["folder"]


class SdmxRestChannel(_Declared):
    """An SDMX REST service (SDMX 2.1 paths: `data/{agency},{dataflow},{version}/{key}`).

    Attributes:
        url: address of the service, without the path of a query.
        agency: who maintains the dataflows.
        dataflows: ids of the dataflows that are asked for.
        version: of the dataflows; `latest` is resolved at the time of fetching, and recorded.
        key: series key; `all` for everything in scope.
        params: further query parameters, as the service spells them.
        formats: media types, in the order of preference.
        timeout_s: seconds of silence after which the service is taken for down.
        max_bytes: the largest answer that is taken, after decompression.
        series_in_key: whether the service filters by key; if not, whole dataflows are asked for.
    """

    type: Literal["sdmx-rest"]
    url: Annotated[str, StringConstraints(pattern=r"^https?://[^\s]+[^/\s]$")]
    agency: str = "IAEG-SDGs"
    dataflows: Annotated[tuple[str, ...], Field(min_length=1)]
    version: str = "latest"
    key: str = "all"
    params: dict[str, str] = {}
    formats: tuple[str, ...] = (
        "application/vnd.sdmx.data+csv;version=1.0.0",
        "application/vnd.sdmx.structurespecificdata+xml;version=2.1",
    )
    timeout_s: Annotated[float, Field(gt=0)] = 60
    max_bytes: Annotated[int, Field(gt=0)] = 512 * 1024 * 1024
    series_in_key: bool = True


class Schedule(_Declared):
    """When the provider is asked, or its inbox is looked at: a cron line of five fields in a time zone."""

    cron: str
    timezone: str

    @field_validator("cron")
    @classmethod
    def _five_fields(cls, cron: str) -> str:
        from croniter import croniter  # type: ignore[import-untyped]

        if len(cron.split()) != 5 or not croniter.is_valid(cron):
            raise ValueError(f'"{cron}" is not a cron line of five fields, such as "0 6 * * 1".')
        return cron

    @field_validator("timezone")
    @classmethod
    def _iana_name(cls, timezone: str) -> str:
        from zoneinfo import ZoneInfo

        try:
            ZoneInfo(timezone)
        except (KeyError, ValueError, OSError) as error:
            raise ValueError(f'"{timezone}" is not an IANA time zone such as Asia/Bishkek.') from error
        return timezone


class Policy(_Declared):
    """What a row error does: keep back the row, or refuse the delivery."""

    row_error: Literal["quarantine", "reject"] = "quarantine"


class When(_Declared):
    """A reviewed rule for rows that a code alone does not tell: all conditions must hold (and).

    Attributes:
        if_: component id to the global code (or codes, any of which) that the row must have.
        set: component id to the code that it gets; None for a rule that keeps the rows back.
        quarantine: keep the rows back.
        reason: why, in a sentence that the office may read.
    """

    if_: Annotated[Condition, Field(alias="if", min_length=1)]
    set: dict[ComponentId, str] | None = None
    quarantine: bool = False
    reason: Sentence

    @model_validator(mode="after")
    def _one_effect(self) -> When:
        if bool(self.set) == self.quarantine:
            raise ValueError("A rule of `when` needs either `set` with codes or `quarantine: true`.")
        return self


class CodeMap(_Declared):
    """From a provider's codes to the global ones, reviewed by a person.

    Attributes:
        codes: component id → code as received → global code.
        national_only: component id → codes that the global structure does not have; rows are out of scope.
        defaults: component id → the code of rows that have none.
        when: rules for single cases; the first that fits a row is used, after codes and defaults.
        extra: columns that the provider sends beside the components of the structure.
    """

    codes: dict[ComponentId, dict[str, str]] = {}
    national_only: dict[ComponentId, tuple[str, ...]] = {}
    defaults: dict[ComponentId, str] = {}
    when: tuple[When, ...] = ()
    extra: tuple[ComponentId, ...] = ()


class Correction(_Declared):
    """A known defect of what a provider sends, mended where everyone can read it.

    Attributes:
        id: name of the correction, unique in the file; stands in column `correction` of every row it touched.
        match: component id → global code(s); SERIES must be among them.
        expect: component id → the value as received that shows the defect is still there. A row that matches
            and has another value is left alone, and that is an error finding.
        action: drop the row, override components, scale the value, or flag (note it, nothing else).
        set: for `override`: component id → value. OBS_VALUE may be among them.
        factor: for `scale`: what the value is multiplied by, exactly, for example "1000".
        reason: what is wrong and how it is known.
        who: who decided it.
        status: how far the provider is with mending the source.
    """

    id: Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9_.-]+$")]
    match: Annotated[Condition, Field(min_length=1)]
    expect: Annotated[Condition, Field(min_length=1)]
    action: Literal["drop", "override", "scale", "flag"]
    set: dict[ComponentId, str] | None = None
    factor: Factor | None = None
    reason: Sentence
    who: Annotated[str, StringConstraints(min_length=1)]
    status: Literal["open", "reported", "acknowledged", "fixed upstream"] = "open"

    @model_validator(mode="after")
    def _fits_action(self) -> Correction:
        if "SERIES" not in self.match:
            raise ValueError("`match` must name the SERIES, so that deliveries without it raise no alarm.")
        if (self.action == "override") != bool(self.set):
            raise ValueError("`set` belongs to the action `override`, and only there.")
        if (self.action == "scale") != (self.factor is not None):
            raise ValueError("`factor` belongs to the action `scale`, and only there.")
        return self


class RuleWaiver(_Declared):
    """A rule that is known to be broken by what a provider sends, and is let through until a day.

    Rows that it fits are loaded; the finding stays in the report as an information that names the reason.

    Attributes:
        rule: id of the rule.
        series: codes of CL_SERIES that it holds for; empty for all.
        areas: M49 codes; empty for all.
        periods: TIME_PERIOD as sent; empty for all.
        reason: why, in a sentence that the office may read.
        who: who decided it.
        until: the last day on which it holds.
    """

    rule: Annotated[str, StringConstraints(pattern=r"^[A-Z]+(-[A-Z]+)*$")]
    series: tuple[str, ...] = ()
    areas: tuple[str, ...] = ()
    periods: tuple[str, ...] = ()
    reason: Sentence
    who: Annotated[str, StringConstraints(min_length=1)]
    until: Annotated[date, BeforeValidator(_day)]


class ProviderDeclaration(_Declared):
    """What a provider's file says. See `Provider`."""

    name: Annotated[str, StringConstraints(min_length=2)]
    names: dict[str, str] = {}
    description: str = ""
    kind: Literal["office", "agency"]
    areas: AreaCodes
    language: Annotated[str, StringConstraints(pattern=r"^[a-z]{2}$")]
    channel: Annotated[FolderChannel | SdmxRestChannel, Field(discriminator="type")]
    structure: Annotated[str, StringConstraints(pattern=r"^[A-Za-z][\w.-]*:\w+\([\w.]+\)$")] | None = None
    replaces: Literal["provider", "indicator", "nothing"] = "nothing"
    policy: Policy = Policy()
    schedule: Schedule | None = None
    cadence_days: Annotated[int, Field(gt=0, le=3660)] | None = None
    contact: str | None = None
    open_sdg: OpenSdgFiles | None = None
    assessment: tuple[NationalStatement, ...] = ()
    map: CodeMap = CodeMap()
    corrections: tuple[Correction, ...] = ()
    waivers: tuple[RuleWaiver, ...] = ()


class Provider(ProviderDeclaration):
    """A statistics office or an agency that sends data.

    Attributes:
        id: name of its file, for example `KGZ`.
        name: in English. `names` has it in other languages, `description` says what it sends.
        kind: an office sends national data about its own areas; an agency sends harmonised data.
        areas: M49 codes it may report for, or "all".
        language: ISO 639-1 code of the language its reports are written in.
        channel: how its data come.
        structure: its own data structure, `AGENCY:ID(VERSION)`, or None. Information only.
        replaces: what a delivery stands for: all of the provider's data, all of the indicators in it, or
            nothing but the keys it names.
        policy: what a row error does.
        schedule: when to look; None when only a person starts it.
        cadence_days: days between two deliveries that are usual; more is overdue. None when not known.
        contact: whom to ask.
        open_sdg: the maps of its Open SDG platform, by which that platform's tables are read; None without one.
        assessment: what is stated of national data, for the national assessment.
        map: from its codes to the global ones.
        corrections: what is mended in what it sends.
        waivers: rules that are let through for a time.
        open_sdg_maps: what the files named under `open_sdg` say.
    """

    id: str
    open_sdg_maps: OpenSdgMaps | None = None

    @property
    def map_version(self) -> str:
        """sha256 of the canonical text of maps, corrections, policy and waivers: changes when judgement may change."""
        judging = {"map", "corrections", "policy"} | {"waivers", "open_sdg_maps"} & self._given()
        parts = self.model_dump(mode="json", by_alias=True, include=judging)
        text = json.dumps(parts, sort_keys=True, ensure_ascii=False, separators=(",", ":"))
        return hashlib.sha256(text.encode()).hexdigest()

    def _given(self) -> set[str]:
        """Return the parts that say something; what says nothing gives a map no other version than it had."""
        return {part for part in ("waivers", "open_sdg_maps") if getattr(self, part)}


@dataclass(frozen=True)
class Providers:
    """All providers that could be loaded, and why the others could not.

    Attributes:
        by_id: providers by id, in the order of ids.
        broken: errors by id.
    """

    by_id: Mapping[str, Provider]
    broken: Mapping[str, SdgError]

    def get(self, provider_id: str) -> Provider:
        """Return a provider.

        Raises:
            UnknownProvider: no file declares it; the nearest ids are named.
            ConfigurationError: its file is broken.
        """
        if provider_id in self.by_id:
            return self.by_id[provider_id]
        if provider_id in self.broken:
            raise self.broken[provider_id]
        from metadata.structure import nearest

        near = nearest(provider_id.upper(), [*self.by_id, *self.broken])
        known = ", ".join(sorted([*self.by_id, *self.broken])) or "none"
        hint = f"Did you mean {' or '.join(near)}?" if near else f"Known providers: {known}."
        raise UnknownProvider(f"There is no provider {provider_id}.", hint=hint)


def load_providers(
    folder: Path | None = None, extra: Path | None = None, structure: Structure | None = None
) -> Providers:
    """Read every provider's files. Never raises for one broken file.

    Args:
        folder: where they are; None for the ones that come with the program.
        extra: a second folder whose providers are added.
        structure: the global structure that maps are checked against; None for the embedded one.

    Raises:
        ConfigurationError: a folder does not exist.
    """
    from metadata.structure import load_structure

    structure = structure or load_structure()
    by_id: dict[str, Provider] = {}
    broken: dict[str, SdgError] = {}
    for place in filter(None, (folder or PROVIDERS_FOLDER, extra)):
        if not place.is_dir():
            raise ConfigurationError("The folder of providers does not exist.", where=str(place))
        for provider_id, path in _provider_files(place):
            try:
                if provider_id in by_id or provider_id in broken:
                    by_id.pop(provider_id, None)
                    raise ConfigurationError(f"Provider {provider_id} is declared twice.", where=str(path))
                by_id[provider_id] = load_provider(path, structure)
            except SdgError as error:
                broken[provider_id] = error
    return Providers(dict(sorted(by_id.items())), dict(sorted(broken.items())))


def _provider_files(folder: Path) -> Iterator[tuple[str, Path]]:
    """Yield (id, path) of every provider, and of map and correction files that have no provider."""
    seen = set()
    for path in sorted(folder.glob("*.y*ml")):
        provider_id, _, rest = path.name.partition(".")
        if provider_id not in seen:
            seen.add(provider_id)
            yield provider_id, path if rest in ("yaml", "yml") else folder / f"{provider_id}.yaml"


def load_provider(path: Path, structure: Structure) -> Provider:
    """Read one provider's file, and its map and corrections beside it.

    Raises:
        ConfigurationError: it cannot be used as written; the message has file:line.
        DeclarationErrors: the same, with several complaints.
    """
    from metadata.yaml_source import read_yaml, validate
    from pipelines.provider_check import Located, complaints_about

    provider_id = path.name.partition(".")[0]
    if not _ID.fullmatch(provider_id) or path.suffix != ".yaml":
        raise ConfigurationError(
            f"A provider's file is named by its id in capital letters, digits and _, such as KGZ.yaml; "
            f"{path.name} is not.",
            where=str(path),
        )
    if not path.is_file():
        raise ConfigurationError(
            f"There is a map or corrections of {provider_id}, but no {provider_id}.yaml.", where=str(path)
        )
    root = path.parent
    main = read_yaml(path, root=root)
    declared = validate(ProviderDeclaration, main)
    sources = {part: Located(main, (part,)) for part in _SIBLINGS}
    parts: dict[str, object] = {part: getattr(declared, part) for part in _SIBLINGS}
    for part, model in (("map", CodeMap), ("corrections", _CorrectionsFile), ("waivers", _WaiversFile)):
        beside = path.with_name(f"{provider_id}.{part}.yaml")
        if not beside.is_file():
            continue
        if part in main.value:
            raise ConfigurationError(
                f"`{part}` stands both here and in {beside.name}; keep one.", where=main.mark((part,))
            )
        source = read_yaml(beside, root=root)
        content = validate(cast("type[BaseModel]", model), source)
        sources[part] = Located(source, () if part == "map" else (part,))
        parts[part] = content if part == "map" else getattr(content, part)
    code_map = cast("CodeMap", parts["map"])
    maps, complaints = load_maps(declared.open_sdg, main, code_map.extra, structure)
    provider = Provider.model_validate({**dict(declared), **parts, "id": provider_id, "open_sdg_maps": maps})
    complaints += complaints_about(
        provider,
        structure,
        main,
        map_source=sources["map"],
        corrections_source=sources["corrections"],
        waivers_source=sources["waivers"],
    )
    if complaints:
        raise complaints[0] if len(complaints) == 1 else DeclarationErrors(complaints)
    return provider


class _CorrectionsFile(_Declared):
    corrections: tuple[Correction, ...]


class _WaiversFile(_Declared):
    waivers: tuple[RuleWaiver, ...]

