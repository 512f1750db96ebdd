"""What the tests of exchange share: a piece of the metadata structure, code lists, and a report of our own words."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from metadata.derive.reference_metadata import MetadataReport, metadata_report

KINDS: Mapping[str, str] = {
    "SDG_INDICATOR_INFO": "heading",
    "SDG_GOAL": "derived",
    "SDG_INDICATOR": "derived",
    "META_LAST_UPDATE": "date",
    "CONTACT": "heading",
    "CONTACT_ORGANISATION": "text",
    "CONTACT_NAME": "text",
    "STAT_CONC_DEF": "text",
    "FREQ_COLL": "text",
    "DATA_COMP": "text",
    "COMPARABILITY": "text",
}
CODELISTS = {
    "SERIES": "IAEG-SDGs:CL_SERIES(1.14)",
    "REPORTING_TYPE": "IAEG-SDGs:CL_REPORTING_TYPE(1.0)",
    "REF_AREA": "IAEG-SDGs:CL_AREA(1.14)",
}
PREPARED = datetime(2026, 11, 22, tzinfo=UTC)


def make_report(texts: Mapping[str, Mapping[str, str]], **given: Any) -> MetadataReport:
    """Return a report about 12.4.2 with two series, unless something else is given."""
    options: dict[str, Any] = {
        "series": ["EN_HAZ_GENV", "EN_HAZ_PCAP"],
        "codelists": CODELISTS,
        "concepts": list(KINDS),
        "prepared": PREPARED,
    }
    return metadata_report("12.4.2", texts, **(options | given))
