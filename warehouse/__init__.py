"""What is kept: settings, the ledger, the versioned observations, the report tables. Imports `metadata` only.

Import from the submodules (`from warehouse.connect import writer`), never from here.
"""
