"""The checks of a delivery, in the order of judgement: delivery, scope, codes, rows, sets, outcome."""
