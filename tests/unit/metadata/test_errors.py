"""What the program says when it stops: one plain sentence, the place first, the remedy last."""

from __future__ import annotations

import pickle

import pytest

from metadata import errors
from metadata.errors import (
    ConfigurationError,
    DeclarationErrors,
    Retriable,
    SdgError,
    SourceUnavailable,
    StorageFull,
    UnknownProvider,
    UnreadableFile,
    WarehouseBusy,
    WarehouseError,
)


@pytest.mark.parametrize(
    ("where", "hint", "sentence"),
    [
        (None, None, "The file is empty."),
        ("a.xml:40", None, "a.xml:40: The file is empty."),
        (None, "Export it again.", "The file is empty. Export it again."),
        ("a.xml:40", "Export it again.", "a.xml:40: The file is empty. Export it again."),
        ("", "", "The file is empty."),
    ],
)
def test_an_error_is_place_sentence_and_remedy(where: str | None, hint: str | None, sentence: str) -> None:
    error = SdgError("The file is empty.", where=where, hint=hint)
    assert str(error) == sentence
    assert (error.what, error.where, error.hint) == ("The file is empty.", where, hint)
    assert error.args == ("The file is empty.",)


ALL_ERRORS = [
    value for value in vars(errors).values() if isinstance(value, type) and issubclass(value, SdgError)
]


@pytest.mark.parametrize("kind", ALL_ERRORS, ids=lambda kind: kind.__name__)
def test_every_error_is_one_of_ours_and_says_when_it_is_raised(kind: type[SdgError]) -> None:
    assert issubclass(kind, SdgError)
    assert kind.__doc__, "an error class without a sentence about when it is raised"
    assert kind.__doc__.strip().splitlines()[0].endswith(".")


def test_only_what_may_pass_by_itself_is_retriable() -> None:
    assert {kind.__name__ for kind in ALL_ERRORS if issubclass(kind, Retriable)} == {
        "Retriable", "SourceUnavailable", "WarehouseBusy",
    }  # fmt: skip


def test_configuration_errors_are_of_one_family() -> None:
    assert issubclass(UnknownProvider, ConfigurationError)
    assert issubclass(DeclarationErrors, ConfigurationError)
    others = (UnreadableFile, WarehouseError, StorageFull)
    assert not any(issubclass(kind, ConfigurationError) for kind in others)


def test_an_error_can_be_raised_and_caught_as_its_family() -> None:
    with pytest.raises(Retriable, match=r"^example\.org/data: The service answered 503\. Wait\.$"):
        raise SourceUnavailable("The service answered 503.", where="example.org/data", hint="Wait.")
    with pytest.raises(SdgError, match=r"^Another run is writing\.$"):
        raise WarehouseBusy("Another run is writing.")


def _complaints(number: int) -> list[SdgError]:
    return [SdgError(f"Complaint {n}.", where=f"12.4.2.yaml:{n}:1") for n in range(1, number + 1)]


def test_several_complaints_are_told_one_a_line() -> None:
    complaints = _complaints(3)
    error = DeclarationErrors(complaints)
    assert str(error) == (
        "12.4.2.yaml:1:1: Complaint 1.\n12.4.2.yaml:2:1: Complaint 2.\n12.4.2.yaml:3:1: Complaint 3."
    )
    assert error.complaints == complaints
    assert error.where is None
    assert error.hint is None


@pytest.mark.parametrize(("number", "more"), [(20, None), (21, "… and 1 more."), (45, "… and 25 more.")])
def test_a_long_list_of_complaints_is_cut_and_says_so(number: int, more: str | None) -> None:
    error = DeclarationErrors(_complaints(number))
    lines = str(error).splitlines()
    assert lines[:20] == [f"12.4.2.yaml:{n}:1: Complaint {n}." for n in range(1, 21)]
    assert lines[20:] == ([more] if more else [])
    assert len(error.complaints) == number


@pytest.mark.parametrize(
    "error",
    [
        SdgError("The file is empty.", where="a.xml:40", hint="Export it again."),
        WarehouseBusy("Another run is writing."),
        DeclarationErrors(_complaints(3)),
    ],
    ids=lambda error: type(error).__name__,
)
def test_an_error_keeps_its_sentence_when_it_crosses_a_process(error: SdgError) -> None:
    """Dagster hands errors of a child process over by pickling them."""
    again = pickle.loads(pickle.dumps(error))
    assert type(again) is type(error)
    assert str(again) == str(error)


def test_an_endless_address_is_cut_in_the_sentence_and_kept_whole_beside_it() -> None:
    address = "https://data.example/rest/data/X/" + "+".join(f"SERIES_{n}" for n in range(100))
    error = SdgError("The service could not be reached.", where=address)
    assert str(error).startswith("https://data.example/rest/data/X/SERIES_0+")
    assert "…: The service could not be reached." in str(error)
    assert len(str(error)) < 140
    assert error.where == address
