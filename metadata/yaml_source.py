"""The one reader of YAML: every value knows its file, line and column, and nothing is read as what it is not.

Used for the declarations of indicators and for the files of providers. YAML has traps for people who write
codes: `NO` is read as false, `012` as ten, `12.10` as 12.1, `2021-03-29` as a date, and the readers of
different editors disagree about them. So a scalar whose reading depends on the reader is refused, keys are
texts, and `validate` refuses a number where a text is wanted. All complaints of a file are collected; only
a text that is no YAML at all has a single complaint.

Here: values with their places (`metadata.yaml_nodes` finds them), and a pydantic model's complaints as
sentences with places. Not here: what the keys mean (`metadata.model`), and complaints about several files
together (`metadata.lint`).

YAML 1.2: https://yaml.org/spec/1.2.2/ (PyYAML reads 1.1, which is where most traps come from).
"""

from __future__ import annotations

import re
import types
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated, Any, Literal, TypeVar, Union, get_args, get_origin

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from metadata.errors import ConfigurationError, DeclarationErrors, SdgError
from metadata.structure import nearest
from metadata.yaml_nodes import Builder, Loc, compose, read_text

M = TypeVar("M", bound=BaseModel)


@dataclass(frozen=True)
class Sourced:
    """The values of one YAML file, with the place of each.

    Attributes:
        value: dict, list, str, int, float, bool or None, nested as in the file.
        path: the file.
        where: the file's name in sentences: relative to the project's root, with forward slashes.
        text: the file as read.
    """

    value: Any
    path: Path
    where: str
    text: str
    _values: Mapping[Loc, tuple[int, int]] = field(repr=False)
    _keys: Mapping[Loc, tuple[int, int]] = field(repr=False)
    _plain: Mapping[Loc, str] = field(repr=False)

    def mark(self, loc: Loc = (), *, key: bool = False) -> str:
        """Return `file:line:column` (both 1-based) of a value, or of the nearest one around it.

        Args:
            loc: keys and list positions from the top, for example `("series", 0, "unit_measure")`.
            key: the place of the key instead of the place of its value.
        """
        line, column = self._place(loc, key=key)
        return f"{self.where}:{line}:{column}"

    def line(self, loc: Loc = ()) -> int:
        """Return the 1-based line of a value, or of the nearest one around it."""
        return self._place(loc, key=False)[0]

    def plain(self, loc: Loc) -> str | None:
        """Return a number, a truth value or a null as written, None for anything else."""
        return self._plain.get(self._known(loc))

    def mark_of(self, loc: Loc, fragment: str) -> str:
        """Return `file:line:column` of a fragment of a text value, or of the value where it is not found as written.

        A folded text stands on several lines of the file; a person wants the line of the word.
        """
        line, column = self._place(loc, key=False)
        lines = self.text.split("\n")
        for number in range(line, len(lines) + 1):
            found = lines[number - 1].find(fragment, column - 1 if number == line else 0)
            if found >= 0:
                return f"{self.where}:{number}:{found + 1}"
        return f"{self.where}:{line}:{column}"

    def complaint(
        self, what: str, loc: Loc = (), *, key: bool = False, hint: str | None = None
    ) -> ConfigurationError:
        """Return an error about the value (or the key) at a place of this file."""
        return ConfigurationError(what, where=self.mark(loc, key=key), hint=hint)

    def _place(self, loc: Loc, *, key: bool) -> tuple[int, int]:
        known = self._known(loc)
        return self._keys.get(known, self._values[known]) if key else self._values[known]

    def _known(self, loc: Loc) -> Loc:
        """The part of a pydantic location that exists in the file: tags of unions are passed over."""
        known: Loc = ()
        for step in loc:
            if (*known, step) in self._values:
                known = (*known, step)
        return known


def read_yaml(path: Path, *, root: Path) -> Sourced:
    """Read one YAML file with the place of every value.

    Args:
        path: the file.
        root: the folder that file names in sentences are relative to.

    Raises:
        ConfigurationError: the file cannot be read as YAML; the place is where reading stopped.
        DeclarationErrors: it is YAML, with values that are not what they look like; one complaint each.
    """
    where = path.relative_to(root).as_posix() if path.is_relative_to(root) else path.as_posix()
    text = read_text(path, where)
    node = compose(text, where)
    builder = Builder(where)
    value = builder.build(node, ())
    if not builder.complaints and not isinstance(value, dict):
        builder.complain("The file holds no keys at its top level.", node, "Write `key: value` lines.")
    if builder.complaints:
        raise DeclarationErrors(builder.complaints)
    return Sourced(value, path, where, text, builder.values, builder.keys, builder.plain)


def validate(model: type[M], sourced: Sourced) -> M:
    """Return the model's instance of a file's values.

    Raises:
        DeclarationErrors: one complaint for each thing the model refuses, in the order of lines. An unknown
            key is named with the nearest known one.
    """
    try:
        return model.model_validate(sourced.value)
    except ValidationError as error:
        found = [_sentence(model, sourced, detail) for detail in error.errors(include_url=False)]
    found.sort(key=lambda pair: pair[0])
    raise DeclarationErrors([complaint for _, complaint in found])


def _sentence(
    model: type[BaseModel], sourced: Sourced, detail: ErrorDetails
) -> tuple[tuple[int, int], SdgError]:
    """Return a complaint of pydantic with its place for sorting."""
    loc = tuple(step for step in detail["loc"] if step != "[key]")
    at_key = detail["type"] in ("extra_forbidden", "key_refused") or "[key]" in detail["loc"]
    what, hint = _words(model, sourced, detail, loc)
    if detail["type"] == "missing":
        loc = loc[:-1]
    complaint = sourced.complaint(what, loc, key=at_key, hint=hint)
    return sourced._place(loc, key=at_key), complaint


def _words(
    model: type[BaseModel], sourced: Sourced, detail: ErrorDetails, loc: Loc
) -> tuple[str, str | None]:
    """Return what is wrong and what to do, for one complaint of pydantic."""
    kind = detail["type"]
    name = _name(loc)
    written = sourced.plain(loc)
    if kind == "extra_forbidden":
        known = sorted(_keys_at(model, loc[:-1]))
        near = nearest(str(loc[-1]), known, n=1)
        hint = f'Did you mean "{near[0]}"?' if near else f"Known keys: {', '.join(known)}."
        return f'"{loc[-1]}" is not a key here.', hint
    if kind == "missing":
        return f'The key "{loc[-1]}" is missing.', None
    if written == "" or (written == "null" and detail["input"] is None):
        return f"{name} has no value.", "Write one, or take the key out if it may be left out."
    if kind == "string_type" and written is not None:
        return f"{name} wants a text, and {written} is not one as it stands.", f'Write "{written}".'
    if kind == "literal_error":
        allowed = [part.strip(" '") for part in re.split(r",| or ", detail["ctx"]["expected"])]
        near = nearest(str(detail["input"]), allowed, n=1)
        hint = f'Did you mean "{near[0]}"?' if near else f"Use one of {', '.join(allowed)}."
        return f"{name} is {_shown(detail['input'])}, which is not one of its values.", hint
    if kind == "value_error":
        return str(detail["ctx"]["error"]), None
    if kind == "key_refused":
        return detail["msg"], "Take it out."
    message = detail["msg"].removeprefix("Input should be ").removeprefix("Value should ")
    return f"{name} is {_shown(detail['input'])}; wanted is {message}.", None


def _name(loc: Loc) -> str:
    """Return the key that a place belongs to: `unit_measure`, `series`; `This` at the top."""
    keys = [step for step in loc if isinstance(step, str)]
    return keys[-1] if keys else "This"


def _shown(value: Any) -> str:
    """Return a value as a person reads it, shortened."""
    if isinstance(value, Mapping):
        return "a block of keys"
    if isinstance(value, Sequence) and not isinstance(value, str):
        return "a list"
    if isinstance(value, bool):
        return str(value).lower()
    text = f'"{value}"' if isinstance(value, str) else str(value)
    return text if len(text) <= 80 else f"{text[:77]}…"


def _keys_at(annotation: Any, loc: Loc) -> set[str]:
    """Return the keys that a model knows at a place inside it."""
    keys: set[str] = set()
    for option in _options(annotation):
        if isinstance(option, type) and issubclass(option, BaseModel):
            fields = {info.alias or name: info for name, info in option.model_fields.items()}
            if not loc:
                keys |= set(fields)
            elif loc[0] in fields:
                keys |= _keys_at(fields[str(loc[0])].annotation, loc[1:])
            elif _has_tag(option, loc[0]):
                keys |= _keys_at(option, loc[1:])
        elif loc and get_args(option):
            keys |= _keys_at(get_args(option)[-1 if get_args(option)[-1] is not Ellipsis else 0], loc[1:])
    return keys


def _has_tag(model: type[BaseModel], tag: str | int) -> bool:
    """Say whether pydantic names a member of a union so: by its discriminator, or by its class."""
    literals = (
        info.annotation for info in model.model_fields.values() if get_origin(info.annotation) is Literal
    )
    return tag == model.__name__ or any(tag in get_args(literal) for literal in literals)


def _options(annotation: Any) -> Iterator[Any]:
    """Return the types that a union or an annotated type stands for."""
    origin = get_origin(annotation)
    if origin is Annotated:
        yield from _options(get_args(annotation)[0])
    elif origin in (Union, types.UnionType):
        for option in get_args(annotation):
            yield from _options(option)
    else:
        yield annotation
