"""What a reader notices while it turns bytes into rows.

Texts and evidence; what decides is in `pipelines.checks`.
"""

from __future__ import annotations

from metadata.rulebook.rule import Rule

RULES: tuple[Rule, ...] = (
    Rule(
        "ENCODING-OTHER", "info", "file", "note",
        "The text is not UTF-8; it was read as {encoding}.",
        "Look whether accented or Cyrillic letters are right, and save as CSV UTF-8 the next time.",
        "1 of 3 published UNSD tables measured is Windows-1252.",
    ),
    Rule(
        "MESSAGE-FOOTER", "warning", "file", "note",
        "The sender's footer says: {text} (code {code}).",
        "Look whether the message is complete; code 413 or 510 says that it was cut at a size limit.",
        "0 of the 18 published national messages.",
        about=("text", "code"),
    ),
    Rule(
        "ELEMENT-UNKNOWN", "warning", "file", "note",
        "The data set has elements that the format does not have, which were not read: {names}.",
        "Look whether anything is missing, and export the message again.",
        "0 of 18 published messages measured.",
    ),
    Rule(
        "SERIES-EMPTY", "info", "file", "note",
        "{count} Series elements have no observation; no row is made of them.",
        "Nothing to do if that is intended.",
        "0 of the 18 published national messages.",
    ),
    Rule(
        "GROUP-UNEQUAL", "warning", "file", "note",
        "{count} Group elements repeat a key with other attributes; the first one was taken.",
        "Send each group once.",
        "0 of the 18 published national messages.",
    ),
    Rule(
        "GROUP-UNMATCHED", "info", "file", "note",
        "{count} Group elements belong to no observation of their data set and were not used.",
        "Nothing to do if that is intended.",
        "0 of the 18 published national messages.",
    ),
    Rule(
        "STRUCTURE-SEVERAL", "info", "file", "note",
        "The message names {count} structures; {structure} was taken as the message's.",
        "Send one message for each structure.",
        "0 of the 18 published national messages.",
    ),
    Rule(
        "UN-PORTAL-MAPPED", "info", "file", "note",
        "This is a download of the UN SDG portal; its headings and codes were turned into SDMX ones: {codes}. "
        "Columns left out: {left_out}. Rows for an area and year without anything in them, left out: {blank}.",
        "Nothing to do. A code that is not in our table stayed as it was and is judged as it stands.",
        "3 of 3 published UNSD tables measured have the API's codes.",
    ),
    Rule(
        "OPEN-SDG-MAPPED", "info", "file", "note",
        "This is a table of an Open SDG platform, read by its own maps; codes turned into SDMX ones: {codes}. "
        "Columns that the map does not name: {unknown}.",
        "Add what is missing to the platform's map of headings or codes.",
        "23 tables of one office with maps measured.",
    ),
    Rule(
        "CELL-DATE", "warning", "file", "note",
        "{count} cells are formatted as dates and were read as such, the first as {value}.",
        "Format the column as text and type the year, as in 2021.",
        "0 of the 2 published workbooks.",
    ),
    Rule(
        "CELL-PERCENT", "warning", "file", "note",
        "{count} values are formatted as percent: the first shows {shown} and holds {value}, which was read.",
        "Format the column as a number and type the percentage itself, as in 12.5.",
        "0 of the 2 published workbooks.",
    ),
    Rule(
        "SHEET-NOT-READ", "info", "file", "note",
        "Sheets without the headings of a table were not read: {names}. Read: {read}.",
        "Nothing to do when they are a summary or a pivot; else give them the headings SERIES, REF_AREA and so on.",
        "Usual in offices' workbooks; none of the published files measured is one.",
    ),
    Rule(
        "CELL-NO-HEADING", "info", "file", "note",
        "{count} cells stand beside the table, in columns without heading, and were not read.",
        "Move remarks into COMMENT_OBS.",
        "0 of the 2 published workbooks.",
    ),
)
