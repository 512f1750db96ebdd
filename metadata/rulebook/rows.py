"""Cells of a row: attributes, units, numbers, ranges, periods.

Texts and evidence; what decides is in `pipelines.checks`.
"""

from __future__ import annotations

from metadata.rulebook.rule import Rule, Wording

RULES: tuple[Rule, ...] = (
    Rule(
        "ATTRIBUTE-MISSING", "error", "row", "quarantine",
        "{component} is missing in {rows}; {held} makes it mandatory.",
        "Fill in {component}{suggestion}, or give the provider a default for it in its code map.",
        "0 of 18 published SDMX messages measured.",
        waivable=False,
    ),
    Rule(
        "UNIT-OTHER", "error", "row", "quarantine",
        "UNIT_MEASURE: series {series} is in {value} in {rows}; its unit is {declared}.",
        "Send the values in {declared}, or under the series that is measured in {value}.",
        "Rwanda February 2026: 55 of 80 rows in scope; Kyrgyzstan's 12.4.2 of 2019: all 6.",
        waivable=False,
        about=("series", "value"),
    ),
    Rule(
        "UNIT-MULT-OTHER", "warning", "row", "note",
        "UNIT_MULT: series {series} has the multiplier {value} in {rows}; {declared} is declared.",
        "Check that the values are in {unit} × 10^{value}. They are loaded as sent and scaled in reports.",
        "0 of the rows in scope of the 18 published national messages measured.",
        about=("series", "value"),
        explained_by=("UNIT-OTHER",),
    ),
    Rule(
        "VALUE-NOT-NUMBER", "error", "row", "quarantine",
        'OBS_VALUE: text where a number is expected in {rows}, for example "{value}".',
        "Write a number with a decimal point and nothing else; leave the cell empty when there is no value "
        "and say why in OBS_STATUS.",
        "0 in the published SDMX messages; usual in national platforms' CSV files.",
        variants={
            "comma": Wording(
                'OBS_VALUE: a decimal comma in {rows}, for example "{value}".',
                "Write a decimal point: {right}.",
            ),
            "thousands": Wording(
                'OBS_VALUE: separators between thousands in {rows}, for example "{value}".',
                "Write the digits without separators: {right}.",
            ),
            "ambiguous": Wording(
                'OBS_VALUE: a comma in {rows} that may be a decimal sign or a separator of thousands, '
                'for example "{value}".',
                "Write {right}, whichever is meant.",
            ),
            "bound": Wording(
                'OBS_VALUE: a bound and not a number in {rows}, for example "{value}".',
                "Leave the value empty, and put the bound in UPPER_BOUND or LOWER_BOUND.",
            ),
            "percent": Wording(
                'OBS_VALUE: a unit or a sign beside the number in {rows}, for example "{value}".',
                "Write the number alone: {right}. The unit stands in UNIT_MEASURE.",
            ),
            "infinite": Wording(
                'OBS_VALUE: an infinite or too large number in {rows}, for example "{value}".',
                "Leave the value empty when it cannot be computed, and say why in OBS_STATUS.",
            ),
            "space": Wording(
                'OBS_VALUE: a no-break space beside the number in {rows}, for example "{value}".',
                "Write the number alone: {right}.",
            ),
        },
        waivable=False,
    ),
    Rule(
        "VALUE-MISSING", "info", "row", "note",
        "OBS_VALUE: no value in {rows} ({value}). Kept as missing, not as zero.",
        "Say why in OBS_STATUS, for example M (missing) or O (not collected).",
        "UNSD release 2020-10: 152 values of EG_EGY_RNEW are the literal N.",
        about=("value",),
    ),
    Rule(
        "VALUE-LEADING-ZERO", "warning", "row", "note",
        'OBS_VALUE: a zero in front that the number does not need in {rows}, for example "{value}".',
        "Check that no decimal separator was lost on the way: {value} was read as {right}.",
        "0 of 487 rows in scope of the 18 published national messages, 0 of 154,681 published UN observations.",
    ),
    Rule(
        "VALUE-RANGE", "error", "row", "quarantine",
        "OBS_VALUE: series {series} is outside {range} in {rows}, for example {value}.",
        "Check the value and its unit ({unit}).{note}",
        "UN releases of 2020 and 2021: rates of hazardous and electronic waste reached 44,826 per cent, "
        "rates per 100,000 reached 179,734; so the severity of a range stands in the series' declaration.",
        variants={
            "integer": Wording(
                "OBS_VALUE: series {series} is not a whole number in {rows}, for example {value}.",
                "Check the value: the series counts things ({unit}).{note}",
            ),
            "binary": Wording(
                "OBS_VALUE: series {series} is neither 1 (yes) nor 0 (no) in {rows}, for example {value}.",
                "Use 1 or 0.{note}",
            ),
        },
        about=("series", "range"),
        explained_by=(
            "UNIT-OTHER", "UNIT-MULT-OTHER", "CODE-UNKNOWN:UNIT_MEASURE", "CODE-UNKNOWN:UNIT_MULT",
            "VALUE-LEADING-ZERO",
        ),
    ),
    Rule(
        "PERIOD-FORM", "error", "row", "quarantine",
        'TIME_PERIOD: no period that SDMX knows in {rows}, for example "{value}".',
        "Write one period, {right}; a span of years goes into TIME_DETAIL.",
        "0 in the published SDMX messages; national platforms' CSV files hold 2017-2020 and whole sentences.",
        waivable=False,
    ),
    Rule(
        "PERIOD-FREQ", "error", "row", "quarantine",
        "TIME_PERIOD: {form} in {rows}, for example {value}, while FREQ says {freq}.",
        "Use {right}, or the FREQ that fits the period.",
        "No other period than a year was found in the published files measured.",
        about=("form", "freq"),
        explained_by=("CODE-NOT-ALLOWED:FREQ",),
    ),
    Rule(
        "PERIOD-FUTURE", "warning", "row", "note",
        "TIME_PERIOD: in the future in {rows}, the last one {value}.",
        "Check the period. If it is a target or a forecast, say so in OBS_STATUS (F).",
        "0 of 487 rows in scope of the 18 published national messages, 0 of 154,681 published UN observations.",
    ),
)
