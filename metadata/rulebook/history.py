"""A delivery against what is held.

Texts and evidence; what decides is in `pipelines.checks.history` and the modules beside it, and for withdrawals and
keys that are kept in `warehouse.observations`.
"""

from __future__ import annotations

from metadata.rulebook.rule import Rule, Wording

RULES: tuple[Rule, ...] = (
    Rule(
        "HISTORY-DECIMAL", "error", "history", "quarantine",
        "Series {series}: the decimal separator seems to be lost in {rows}, for example {value} for {period}, where "
        "{held} is held.",
        "Export the values as numbers with a decimal point, and send the series again.",
        "18 national messages in the order of their arrival (KGZ 15, RWA 2, KEN 1): none. UNSD's VC_DSR_MTMP and "
        "SG_HAZ_CMRBASEL of 2019.Q1 and VC_DSR_AFFCT of 2020-10 against their next releases: 0 of 3,189 values. "
        "Planted in every eighth area of six series: all told.",
        variants={
            "new": Wording(
                "Series {series}: the decimal separator seems to be lost in {rows}, for example {value} for {period}; "
                "the nearest value held, of {near}, is {held}.",
                "Export the values as numbers with a decimal point, and send the series again.",
            ),
            "mended": Wording(
                "Series {series}: {rows} have a decimal separator where none is held, for example {value} for "
                "{period}, where {held} is held.",
                "Nothing to do if the values held had lost it: the new ones are loaded. Otherwise mend and send again.",
            ),
        },
    ),
    Rule(
        "HISTORY-SCALE", "error", "history", "quarantine",
        "Series {series}: {rows} are {factor} what is held, for example {value} for {period}, where {held} is held.",
        "Check the unit: send the values in {unit}, or put the power of ten in UNIT_MULT.",
        "18 national messages in the order of their arrival (KGZ 15, RWA 2, KEN 1): none. UNSD's VC_DSR_MTMP and "
        "SG_HAZ_CMRBASEL of 2019.Q1 and VC_DSR_AFFCT of 2020-10 against their next releases: 0 of 3,189 values. "
        "Planted in every eighth area of six series: at least 999 of 1,000 values told.",
        variants={
            "some": Wording(
                "Series {series}: {rows}, and not the others, are {factor} what is held, for example {value} for "
                "{period}, where {held} is held.",
                "Check these values and their unit ({unit}); if they are right, say why they changed.",
            ),
            "new": Wording(
                "Series {series}: {rows} of periods not held yet are about {factor} the nearest values held, for "
                "example {value} for {period}, where {held} is held for {near}.",
                "Check the unit: send the values in {unit}, or put the power of ten in UNIT_MULT.",
            ),
            "multiplier": Wording(
                "Series {series}: UNIT_MULT changed in {rows} and the values did not, so that they are {factor} what "
                "is held, for example {value} for {period}, where {held} is held.",
                "Put the power of ten in UNIT_MULT that the values are in.",
            ),
            "mended": Wording(
                "Series {series}: UNIT_MULT is the declared one now in {rows} and the values are the same, so that "
                "they are {factor} what is held, for example {value} for {period}, where {held} is held.",
                "Nothing to do if the multiplier held was wrong; otherwise mend UNIT_MULT and send again.",
            ),
        },
    ),
    Rule(
        "HISTORY-REVISION", "warning", "history", "note",
        "Series {series}: revised by more than {threshold} % in {rows}, the most for {period}: {value}, where {held} "
        "is held.",
        "Check the values; if they are right, say why they were revised.",
        "UNSD's VC_DSR_MTMP of 2019.Q1 against 2025: 26 of 1,456 values; VC_DSR_AFFCT of 2020-10 against 2025: 32 of "
        "1,362. 18 national messages in the order of their arrival: none.",
    ),
    Rule(
        "HISTORY-CHANGE", "warning", "history", "note",
        "Series {series}: a change of more than {threshold} % from one year to the next in {rows}, the most from "
        "{before} in {near} to {value} in {period}.",
        "Check the values; if they are right, say what happened.",
        "UNSD release 2020-10: 7,058 of 106,204 pairs of years (a fall counts like a rise); its two last years as "
        "news: 118 of 14,081 values in 12 of 21 series. 18 national messages in the order of their arrival: none.",
    ),
    Rule(
        "HISTORY-ZERO", "warning", "history", "note",
        "Series {series}: a zero where a value is held in {rows}, for example for {period}, where {held} is held.",
        "Leave the value empty and give an OBS_STATUS if it is missing; if it is zero, say why it changed.",
        "UNSD's VC_DSR_MTMP of 2019.Q1 against 2025: 7 of 1,456 values; VC_DSR_AFFCT of 2020-10 against 2025: 4 of "
        "1,362. 18 national messages in the order of their arrival: none.",
        variants={
            "missing": Wording(
                "Series {series}: no value where one is held in {rows}, for example for {period}, where {held} is "
                "held.",
                "Send the value again, or say in OBS_STATUS and COMMENT_OBS why it is taken back.",
            ),
        },
    ),
    Rule(
        "HISTORY-UNIT", "warning", "history", "note",
        "Series {series}: {component} was {held} and is {value} in {rows}.",
        "Check the unit. If the series changed its unit, send all its periods in the new one.",
        "18 national messages in the order of their arrival: none; their units drift, and those rows are kept back by "
        "UNIT-OTHER.",
        variants={
            "multiplier": Wording(
                "Series {series}: UNIT_MULT was {held} and is {value} in {rows}; the values follow, so the quantities "
                "are the same.",
                "Nothing to do.",
            ),
        },
    ),
    Rule(
        "HISTORY-NATURE", "warning", "history", "note",
        "Series {series}: NATURE was {held} and is {value} in {rows}.",
        "Check NATURE: it says whether a value is a country's own, adjusted, estimated or modelled.",
        "18 national messages in the order of their arrival: none.",
    ),
    Rule(
        "HISTORY-DEFINITION", "info", "history", "note",
        "Series {series}: {component} says something else than before in {rows}: {value}; before: {held}.",
        "If the definition or the source changed, send the earlier periods by it too, or say where the break is.",
        "18 national messages in the order of their arrival: none.",
    ),
    Rule(
        "HISTORY-VANISHED", "warning", "history", "note",
        "Series {series}: {keys} of {scope} held between {first} and {last} did not come, for example {period} "
        "({key}). Their values stay current.",
        "Send them again; to take them back, send them with the action Delete.",
        "UNSD's VC_DSR_MTMP of 2019.Q1 against 2025, if its provider replaced nothing: 13 of 854 values held; "
        "VC_DSR_AFFCT of 2020-10: 8 of 1,218.",
    ),
    Rule(
        "WITHDRAWN", "info", "history", "note",
        "Keys that were current and were not sent again: {keys} of {scope} in the delivery's scope. They are "
        "withdrawn.",
        "Nothing to do when they were meant to go; they stay in the history.",
        "Rwanda from November 2025 to February 2026: 0 of 69 keys in scope.",
        variants={
            "deleted": Wording(
                "Values taken back by the action Delete: {keys}; keys that it names: {scope}.",
                "Nothing to do when they were meant to go; they stay in the history. Where fewer are taken back than "
                "named, the others had no current value, or the same message sends them one.",
            ),
        },
    ),
    Rule(
        "WITHDRAWAL-LARGE", "error", "history", "hold",
        "Loading {delivery} would withdraw {keys} of {scope} keys ({share} %), so it is held.",
        "If they are meant to go, accept it (sdg accept, or submit it with --confirm-withdrawal); else send the whole "
        "scope.",
    ),
    Rule(
        "KEY-HELD", "info", "history", "note",
        "Former values that stay current, because their new rows are in quarantine: {keys}.",
        "Mend the rows that are kept back; until then readers see the values of before.",
    ),
    Rule(
        "LEFT-TO-LATER", "info", "history", "note",
        "Keys that are held already from a later delivery, whose values stay current: {keys}.",
        "Nothing to do.",
    ),
)
