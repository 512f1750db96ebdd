"""Answers to warnings: which of a delivery's warnings were explained, and by whom.

A warning does not keep a value back, but somebody will ask about it. Its answer is kept in the ledger under the
finding's id, which stays when the delivery is judged anew, and is published beside the values it touches
(`report.observation_remark`). Errors are not explained but mended; infos ask for nothing.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

from metadata.errors import SdgError
from metadata.findings import Finding
from metadata.words import Text, counted, text
from pipelines.show import WIDTH, Say, places_in_words, wrap

if TYPE_CHECKING:
    from warehouse.answers import Answer
    from warehouse.ledger import Ledger

LONGEST = 2000
"""Characters of an answer (our proposal): it stands in a cell beside every value that it explains."""


@dataclass(frozen=True, slots=True)
class Question:
    """A warning that can be answered.

    Attributes:
        finding: the warning.
        answers: what was answered so far, oldest first; the last one counts.
        earlier: the last answer to the same warning in an earlier delivery of the provider; None where there is none.
    """

    finding: Finding
    answers: tuple[Answer, ...] = ()
    earlier: Answer | None = None

    def to_dict(self) -> dict[str, Any]:
        """Return the JSON form."""
        return {
            "finding": self.finding.id,
            "rule": self.finding.rule,
            "places": self.finding.places,
            "message": self.finding.message,
            "hint": self.finding.hint,
            "answered": bool(self.answers),
            "answers": [_plain(answer) for answer in self.answers],
            "earlier": _plain(self.earlier) if self.earlier else None,
        }


def _plain(answer: Answer) -> dict[str, str]:
    return {
        "delivery_id": answer.delivery_id,
        "text": answer.text,
        "answered_by": answer.answered_by,
        "answered_at": answer.answered_at.isoformat(timespec="seconds"),
    }


def questions(ledger: Ledger, delivery_id: str) -> list[Question]:
    """Return the warnings of a delivery with their answers, in the order of the report.

    Raises:
        SdgError: there is no such delivery.
    """
    from warehouse.answers import answers

    delivery = ledger.delivery(delivery_id)
    rows = ledger.deliveries(delivery.provider)
    before = {row.id for row in rows if row.received_at < delivery.received_at}
    given = answers(ledger)
    ours = [one for one in given if one.delivery_id == delivery_id]
    earlier = {one.finding: one for one in given if one.delivery_id in before}
    return [
        Question(found, tuple(one for one in ours if one.finding == found.id), earlier.get(found.id))
        for found in ledger.findings(delivery_id) if found.severity == "warning"
    ]  # fmt: skip


def answer(ledger: Ledger, delivery_id: str, finding: str, words: str, *, by: str, now: datetime) -> Question:
    """Keep the explanation of a warning.

    Args:
        ledger: where it is kept.
        delivery_id: the delivery.
        finding: id of the warning, or the beginning of one that no other shares.
        words: the explanation; line breaks and runs of spaces become one space.
        by: who gives it.
        now: the moment, aware.

    Returns:
        The warning, with all its answers.

    Raises:
        SdgError: no such delivery or finding, several of that beginning, no warning, no words, or too many.
    """
    from warehouse.answers import Answer, keep_answer

    found = _chosen(ledger.findings(ledger.delivery(delivery_id).id), finding, delivery_id)
    said = " ".join(words.split())
    if not said:
        raise SdgError("The answer has no words.", hint="Say in --text why the values are right as they are.")
    if len(said) > LONGEST:
        raise SdgError(
            f"The answer has {len(said):,} characters; {LONGEST:,} is the limit.",
            hint="Say the cause in a few sentences, and where more can be read.",
        )
    keep_answer(ledger, Answer(delivery_id, found.id, found.rule, said, by, now))
    return next(one for one in questions(ledger, delivery_id) if one.finding.id == found.id)


def _chosen(findings: list[Finding], wanted: str, delivery_id: str) -> Finding:
    exact = [found for found in findings if found.id.casefold() == wanted.casefold()]
    near = exact or [found for found in findings if found.id.casefold().startswith(wanted.casefold())]
    warnings = [found.id for found in findings if found.severity == "warning"]
    if len(near) > 1:
        raise SdgError(
            f"{len(near)} findings of delivery {delivery_id} begin with {wanted}.",
            hint=f"Name one: {', '.join(found.id for found in near)}.",
        )
    if not near:
        raise SdgError(
            f"Delivery {delivery_id} has no finding {wanted}.",
            hint=f"Its warnings are {', '.join(warnings)}." if warnings else "It has no warning.",
        )
    [found] = near
    if found.severity == "error":
        raise SdgError(
            f"{found.id} is an error, which is mended and not explained.",
            hint=found.hint or "Mend the rows and send them again.",
        )
    if found.severity == "info":
        raise SdgError(f"{found.id} is for information only: nothing has to be explained.")
    return found


def questions_text(delivery_id: str, asked: list[Question], *, width: int = WIDTH, say: Say = str) -> str:
    """Return the warnings of a delivery and what was answered, as text."""
    waiting = sum(not one.answers for one in asked)
    if not asked:
        return say(text("{delivery}: no warning, so there is nothing to explain.", delivery=delivery_id))
    head = counted(
        "{delivery}: {waiting} of {count} warning awaits an answer.",
        "{delivery}: {waiting} of {count} warnings await an answer.",
        len(asked), delivery=delivery_id, waiting=waiting,
    )  # fmt: skip
    if not waiting:
        head = counted(
            "{delivery}: its warning is answered.", "{delivery}: all {count} warnings are answered.", len(asked),
            delivery=delivery_id,
        )  # fmt: skip
    lines = [wrap(say(head), indent="  ", first="", width=width)]
    for one in asked:
        places = say(places_in_words(one.finding.places))
        lines += ["", f"  {one.finding.id}  ({places})"]
        lines.append(wrap(say(one.finding.message), indent="    ", width=width))
        lines += [wrap(say(line), indent="      ", first="    ", width=width) for line in _said(one)]
    if waiting:
        first = next(one.finding.id for one in asked if not one.answers)
        lines += ["", f'  sdg answer {delivery_id} {first} --text "…"']
    return "\n".join(lines)


def _said(one: Question) -> list[Text]:
    given = [
        text("{day}, {by}: “{answer}”", day=f"{a.answered_at:%Y-%m-%d}", by=a.answered_by, answer=a.text)
        for a in one.answers
    ]
    if given or one.earlier is None:
        return given or [text("awaits an answer")]
    return [
        text("awaits an answer; {delivery} was explained: “{answer}”",
             delivery=one.earlier.delivery_id, answer=one.earlier.text)
    ]  # fmt: skip
