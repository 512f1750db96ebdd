"""What `sdg check` does: judge a file and say what loading it would do, without changing anything.

The same reading and the same judgement as on the server. Where a published warehouse is at hand, the load itself
is rehearsed on a copy of what is held of the provider (`warehouse.rehearse`), so the counts of new, revised and
withdrawn are those that `sdg submit` would give.
"""

from __future__ import annotations

import hashlib
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from metadata.errors import UnreadableFile
from pipelines.arrivals import in_words
from pipelines.given_files import fault_of

if TYPE_CHECKING:
    from metadata.findings import FileReport, Finding
    from pipelines.check import Judgement
    from pipelines.knowledge import Knowledge
    from warehouse.settings import Settings


def preview_file(
    file: Path, provider_id: str | None, settings: Settings, knowledge: Knowledge
) -> tuple[FileReport, Judgement | None]:
    """Judge one file.

    Args:
        file: what to judge.
        provider_id: whose file it is; None judges it against the global codes alone.
        settings: where a published warehouse may be.
        knowledge: what it is judged by.

    Returns:
        The report, and the judgement; None when the file could not be read.
    """
    from pipelines.beside import beside_published
    from pipelines.check import judge
    from pipelines.deliver import complete_report, hold, load_request, unreadable_report
    from pipelines.read.detect import open_message
    from warehouse.structures import held_structures

    sha256 = ""
    provider = knowledge.providers.get(provider_id) if provider_id is not None else None
    try:
        fault = fault_of(file)
        if fault is not None:
            raise fault
        with file.open("rb") as stream:
            sha256 = hashlib.file_digest(stream, "sha256").hexdigest()
        judgement = judge(
            open_message(file, maps=provider.open_sdg_maps if provider else None),
            provider,
            knowledge.catalogue,
            knowledge.structure,
            knowledge.areas,
            path=in_words(file),
            sha256=sha256,
            today=knowledge.today,
            held=held_structures(settings),
        )
    except UnreadableFile as error:  # also one that the judgement meets far down in the file
        return unreadable_report(error, path=in_words(file), sha256=sha256, provider=provider_id), None

    if provider is not None and judgement.report.decision != "reject" and settings.current.is_file():
        from pipelines.against_held import judge_against_held
        from warehouse.connect import reader
        from warehouse.memory import less_memory

        with reader(settings) as connection, less_memory(connection, settings):
            judgement = judge_against_held(judgement, connection, knowledge)
    report = judgement.report
    report.add(beside_published(judgement, settings, knowledge))
    older = _older(judgement, settings)
    if older is not None:
        hold(report, judgement, older)
    elif provider is not None and report.decision != "reject" and settings.current.is_file():
        from warehouse.rehearse import rehearse

        now = datetime.now(UTC)
        request = load_request(judgement, knowledge, delivery_id="rehearsal", received_at=now)
        complete_report(report, rehearse(settings, request, now=now), deletes=request.deletes.height)
    elif report.decision != "reject":
        report.counts.new = judgement.accepted  # nothing is held to compare with: every accepted row is new
    return report, judgement


def _older(judgement: Judgement, settings: Settings) -> Finding | None:
    """Return why a submission would be held as older than what is current, as far as can be told here."""
    if judgement.report.decision == "reject" or not settings.current.is_file():
        return None
    from pipelines.vintage import older_than_current
    from warehouse.connect import reader

    with reader(settings) as connection:
        return older_than_current(judgement, connection, settings, "rehearsal")
