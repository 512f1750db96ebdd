"""What moves: fetching, reading, mapping, judging, loading, and Dagster's assembly. Imports `metadata`, `warehouse`.

Import from the submodules (`from pipelines.check import judge`), never from here.
"""
