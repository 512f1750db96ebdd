"""Dagster's side of the house: assets, checks, partitions, schedules, sensors, resources.

Only `pipelines.definitions` and the modules here import dagster. None of them knows how data is judged or
kept: they call the plain functions of `pipelines.deliver`, and record on Dagster's page what came of it.
"""
