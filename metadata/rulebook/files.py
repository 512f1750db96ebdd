"""The delivery as a whole: is it readable, meant, new, and has it the right columns.

Texts and evidence; what decides is in `pipelines.checks`.
"""

from __future__ import annotations

from metadata.rulebook.rule import Rule, Wording

RULES: tuple[Rule, ...] = (
    Rule(
        "FILE-UNREADABLE", "error", "file", "reject",
        "The file could not be read: {reason}.",
        "Export the file again.",
        "0 of the 22 published files judged (18 messages, 4 of the UN).",
    ),
    Rule(
        "ALREADY-RECEIVED", "info", "file", "note",
        "These bytes are already received as delivery {delivery} ({moment}): {answer}.",
        "Nothing to do. To return to an earlier file on purpose, submit it with --again.",
        "No rule on data: it says what was done with the same bytes.",
        variants={
            "rejected": Wording(
                "These bytes are already received as delivery {delivery} ({moment}) and were rejected.",
                "Mend what is wrong and send the mended file. Once a map or a declaration is mended, the same bytes "
                "can be judged anew: sdg rejudge {delivery}.",
            ),
            "held": Wording(
                "These bytes are already received as delivery {delivery} ({moment}), which is held.",
                "A person decides, with a reason: sdg accept {delivery} or sdg refuse {delivery}.",
            ),
        },
    ),
    Rule(
        "MESSAGE-EMPTY", "error", "file", "reject",
        "The message holds no observation.",
        "Export it again with its data. To take values back, send them with the action Delete.",
        "Header-only files occur in practice; none is among the published files measured.",
    ),
    Rule(
        "MESSAGE-TEST", "error", "file", "reject",
        "The header says that this message is a test.",
        "Export it again with Test set to false when it is meant to be loaded.",
        "0 of 18 published messages measured were marked as tests.",
    ),
    Rule(
        "STRUCTURE-NOT-HELD", "info", "file", "note",
        "The file refers to {structure}, which is not held here. Its codes were judged against {held}.",
        "Nothing to do, as long as the provider's code map covers the national codes.",
        "18 of 18 published national messages measured refer to a national structure.",
        variants={
            "other": Wording(
                "The file refers to {structure}; the provider's declaration names {declared}. "
                "Its codes were judged against {held}.",
                "If the new structure has other codes, bring the provider's code map up to date.",
            ),
            "nearest": Wording(
                "The file refers to {structure}, which is not held here; the nearest version held is {nearest}. "
                "Its codes were judged against {held}.",
                "Nothing to do, as long as the provider's code map covers the national codes. "
                "`sdg structure hold` keeps the version that the file refers to.",
            ),
        },
    ),
    Rule(
        "TEMPLATE-OLDER", "info", "file", "note",
        "The file was filled in a template of version {version}; a template made today is of version {current}. "
        "It was judged by today's declarations.",
        "Nothing to do now. Ask for a new template before the next report: sdg template.",
        "Our own template only; none is among the published files measured.",
        variants={
            "gone": Wording(
                "The file was filled in a template of version {version}, which asks for {indicators}: no such "
                "indicator is declared today. It was judged by today's declarations.",
                "Nothing to do now. Ask for a new template before the next report: sdg template.",
            ),
        },
    ),
    Rule(
        "COMPONENT-MISSING", "error", "file", "reject",
        "The file has no {columns}, which {held} requires.",
        "Add what is missing, or give the provider a default in its code map. The template has every column.",
        "0 of 18 published SDMX messages measured; usual in national platforms' CSV files.",
    ),
    Rule(
        "COMPONENT-UNKNOWN", "warning", "file", "quarantine",
        "Column {component} is not a component of {held}; it was read and not used.",
        "Remove the column, or rename it{suggestion}.",
        "0 of the 18 published national messages.",
        variants={
            "varies": Wording(
                "Column {component} is not a component of {held}, yet its values divide the rows "
                "({values}), so {rows} cannot be told apart from others.",
                "Send only the totals, or map {component} to a dimension of the structure; "
                "national_only in the provider's code map puts rows out of scope.",
            )
        },
    ),
    Rule(
        "FILE-OF-OTHERS", "error", "file", "reject",
        "Most of the file is about {areas}, which {provider} does not report for: {places} of {total} rows in scope. "
        "{provider} reports for {own}.",
        "If the file was mixed up, send the right one. Data of another area come from its own office.",
        "0 of the 18 published national messages measured.",
    ),
    Rule(
        "OLDER-THAN-CURRENT", "error", "file", "hold",
        "The message was prepared on {prepared}. Current values of the same series, areas and periods come from "
        "delivery {delivery}, prepared on {current}, so it is held: {rows}.",
        "If an earlier file is meant to stand again, submit it with --again; else send the newest one.",
        "0 of the 18 published national messages, loaded in the order of their preparation.",
    ),
    Rule(
        "ACTION-UNKNOWN", "error", "file", "reject",
        "The action of a data set is {action}, which SDMX does not know.",
        "Use Append, Replace, Merge, Delete or Information.",
        "0 of the 18 published national messages.",
        about=("action",),
    ),
)
