"""What the template says to people: names of sheets, headings, instructions. Said in the office's language.

The ids of components, the codes and the hidden sheet are for programs and are never translated. Names of codes are
English, as the structure has them; names of areas and titles of indicators stand in six languages in the metadata.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from metadata.words import Text, text

README_SHEET = text("Read me")
CODES_SHEET = text("Codes")
SHEETS = text("Sheets")
TITLE = text("How to fill this workbook")
CODE, NAME, CHOICE = text("code"), text("name"), text("in the list")

HEADINGS: Mapping[str, Text] = MappingProxyType({
    "FREQ": text("Frequency of observation"),
    "REPORTING_TYPE": text("Reporting type"),
    "SERIES": text("SDG Series"),
    "REF_AREA": text("Reference area"),
    "SEX": text("Sex"),
    "AGE": text("Age"),
    "URBANISATION": text("Degree of urbanisation"),
    "INCOME_WEALTH_QUANTILE": text("Income or wealth quantile"),
    "EDUCATION_LEV": text("Education level"),
    "OCCUPATION": text("Occupation"),
    "CUST_BREAKDOWN": text("Custom Breakdown"),
    "COMPOSITE_BREAKDOWN": text("Composite breakdown"),
    "DISABILITY_STATUS": text("Disability status"),
    "ACTIVITY": text("Economic activity"),
    "PRODUCT": text("Type of product"),
    "TIME_PERIOD": text("Time period"),
    "OBS_VALUE": text("Observation value"),
    "OBS_STATUS": text("Observation status"),
    "UNIT_MULT": text("Unit multiplier"),
    "UNIT_MEASURE": text("Unit of measure"),
    "BASE_PER": text("Base period"),
    "NATURE": text("Nature of data points"),
    "TIME_DETAIL": text("Time period details"),
    "COMMENT_OBS": text("Observation-level footnotes"),
    "TIME_COVERAGE": text("Time period or range (ISO8601)"),
    "UPPER_BOUND": text("Upper bound value"),
    "LOWER_BOUND": text("Lower bound value"),
    "SOURCE_DETAIL": text("Source details"),
    "COMMENT_TS": text("Time series-level footnotes"),
    "GEO_INFO_URL": text("Geoinformation URL"),
    "GEO_INFO_TYPE": text("Geoinformation type"),
    "CUST_BREAKDOWN_LB": text("Label for custom breakdown"),
    "DATA_LAST_UPDATE": text("Date of the most recent change of the series."),
})
"""Name of every component, as the structure has it in English: a test compares."""

INSTRUCTIONS: tuple[Text, ...] = (
    text("1. Each indicator has a sheet. Fill the yellow columns: the period (a year, as in 2021) and the value."),
    text(
        "2. Grey cells are filled already: series, area, breakdown, unit. Values must be in the unit shown, which is "
        "locked. A unit multiplier of 6 says that 2.5 stands for 2.5 million."
    ),
    text(
        "3. For a further period, or another breakdown, copy a whole row to the first empty one and change it. Rows "
        "without period and value are not read, so you need not delete them."
    ),
    text(
        "4. Columns with codes have lists to choose from, with code and name; the sheet {codes} has all of them. "
        "The code alone is understood too.",
        codes=CODES_SHEET,
    ),
    text(
        "5. Type numbers as numbers, without thousands separators and without the percent format. Zero is a value. "
        "For a missing value leave the value empty, choose O in OBS_STATUS, and say why in COMMENT_OBS."
    ),
    text(
        "6. The two rows of headings are locked; there is no password. Formulas are not evaluated: paste values "
        "instead. Send the workbook as .xlsx."
    ),
    text("7. Say in SOURCE_DETAIL which survey, register or account a value comes from."),
)
PREVIOUS = text(
    "8. The first rows of a sheet hold what you reported last, with its period. Leave what still holds, revise what "
    "does not: what you leave as it is counts as confirmed. New periods go into the rows below. Values that are not "
    "shown, earlier ones, stay as they are."
)

NOT_LISTED = text(
    "This is not in the list of the sheet {codes}. Choose from the list; a code of it, typed alone, is understood too.",
    codes=CODES_SHEET,
)


def for_provider(provider: str) -> Text:
    """Return the title of the read-me."""
    return text("Template for {provider}", provider=provider)


def of_version(version: str) -> Text:
    """Return the line that names the version."""
    return text("Version {version}", version=version)


def required(heading: str) -> Text:
    """Return the heading of a column that must be filled."""
    return text("{heading} (required)", heading=heading)


def elsewhere(sheets: str) -> Text:
    """Return the note on an indicator that shares series with others."""
    return text("(series that it shares are in the sheet {sheets})", sheets=sheets)
