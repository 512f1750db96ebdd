"""Was the file filled in a template that is no longer today's? Information only: today's declarations judge it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from metadata.derive.template_plan import template_version
from metadata.rules import finding
from metadata.words import listed

if TYPE_CHECKING:
    from metadata.findings import Finding
    from metadata.load import Catalogue
    from pipelines.read.message import Header


def about_template(header: Header, catalogue: Catalogue) -> list[Finding]:
    """Return what is to be said about the template that a file was filled in; nothing for other files.

    Args:
        header: has the template's version and indicators.
        catalogue: today's declarations.
    """
    version, numbers = header.template_version, header.template_indicators
    if version is None or not numbers:
        return []
    current = template_version(catalogue, numbers)
    if current is None:
        gone = listed(number for number in numbers if number not in catalogue.indicators)
        return [finding("TEMPLATE-OLDER", places=1, variant="gone", version=version, indicators=gone)]
    return [] if current == version else [finding("TEMPLATE-OLDER", places=1, version=version, current=current)]
