"""Reference metadata that others send: SDMX messages and the SDG metadata repository → draft declarations."""
