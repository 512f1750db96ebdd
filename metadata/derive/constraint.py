"""Declarations → an SDMX content constraint: which codes a series may have, for tools that know SDMX.

One constraint of ours (agency UNEP) on the global structure, type Allowed, with one cube region a series: the data
that may be is the union of the regions. A region names the series, its declared codes by dimension, its frequencies,
and as attributes its units and multipliers; a component that a region does not name may have any code of its list
(SDMX 2.1 Section 6, the chapter on constraints). What a declaration says of values (ranges, identities) has no place
in a constraint. Retired series are left out.

Written through sdmx1, whose message is stable but for the clock in the header, which is given here.
Standard: SDMX-ML 2.1 SDMXStructureConstraint.xsd, ContentConstraintType, https://sdmx.org/standards-2/.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from lxml import etree
from sdmx.message import Header, StructureMessage
from sdmx.model import common, v21
from sdmx.model.internationalstring import InternationalString
from sdmx.writer.xml import to_xml

from metadata.errors import SdgError

if TYPE_CHECKING:
    from metadata.load import Catalogue
    from metadata.model_series import Series
    from metadata.structure import Structure

AGENCY = "UNEP"
VERSION = "1.0"
_SCHEMA_DAY = datetime(2000, 1, 1, tzinfo=UTC)
"""Stands in the header where no time is given: a derived file has no clock in it."""


def constraint_id(indicators: Iterable[str] = ()) -> str:
    """Return the id of the constraint of some indicators: `CN_SDG_12_4_2`; of all: `CN_SDG_12_13`."""
    numbers = [number.replace(".", "_").upper() for number in indicators]
    return f"CN_SDG_{'_'.join(numbers)}" if numbers else "CN_SDG_12_13"


def content_constraint(
    catalogue: Catalogue,
    structure: Structure,
    indicators: Iterable[str] = (),
    *,
    prepared: datetime | None = None,
) -> bytes:
    """Return the structure message with the content constraint of some indicators' series, UTF-8, indented.

    Args:
        catalogue: the declarations.
        structure: the global structure that is constrained.
        indicators: numbers; empty for all.
        prepared: time for the header; None for a fixed day.

    Raises:
        SdgError: an indicator is not in the catalogue, or no series is left.
    """
    wanted = tuple(indicators)
    for number in wanted:
        catalogue.version(number)
    series = [
        one
        for one in catalogue.series.values()
        if one.status != "retired" and (not wanted or set(wanted) & set(one.indicators))
    ]
    if not series:
        raise SdgError("There is no series to constrain: all are retired.")
    definition = _definition(structure)
    identifier = constraint_id(wanted)
    what = f"indicators {', '.join(wanted)}" if wanted else "goals 12 and 13"
    constraint = v21.ContentConstraint(
        id=identifier,
        version=VERSION,
        maintainer=common.Agency(id=AGENCY),
        name=InternationalString({"en": f"Allowed codes of the series of {what}"}),
        is_external_reference=False,
        is_final=False,
        role=common.ConstraintRole(role=common.ConstraintRoleType.allowable),
        content={definition},
        data_content_region=[_region(one, definition) for one in series],
    )
    header = Header(id=identifier, test=False, prepared=prepared or _SCHEMA_DAY, sender=common.Agency(id=AGENCY))
    message = StructureMessage(header=header)
    message.constraint[identifier] = constraint
    root = etree.fromstring(to_xml(message))
    etree.cleanup_namespaces(root, keep_ns_prefixes=["mes", "str", "com"])
    etree.indent(root, space="  ")
    return bytes(etree.tostring(root, encoding="utf-8", xml_declaration=True)) + b"\n"


def _definition(structure: Structure) -> v21.DataStructureDefinition:
    """Return the structure as sdmx1's model needs it to name the components of a region."""
    definition = v21.DataStructureDefinition(
        id=structure.id, version=structure.version, maintainer=common.Agency(id=structure.agency)
    )
    for component in structure.dimensions:
        definition.dimensions.append(v21.Dimension(id=component.id))
    for component in structure.attributes:
        definition.attributes.append(common.DataAttribute(id=component.id))
    return definition


def _region(series: Series, definition: v21.DataStructureDefinition) -> common.CubeRegion:
    named = {"FREQ": series.freq, "SERIES": (series.code,), **series.dimensions}
    units = {"UNIT_MEASURE": series.unit_measure, "UNIT_MULT": tuple(str(power) for power in series.unit_mult)}
    components = [
        *((dimension, named[dimension.id]) for dimension in definition.dimensions if named.get(dimension.id)),
        *((definition.attributes.get(attribute), codes) for attribute, codes in units.items() if codes),
    ]
    return common.CubeRegion(
        included=True,
        member={
            component: v21.MemberSelection(
                values_for=component, values=[v21.MemberValue(value=code) for code in codes]
            )
            for component, codes in components
        },
    )
