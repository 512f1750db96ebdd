"""What things mean: structure, declarations of indicators and series, rules, findings. Imports nothing of ours.

Import from the submodules (`from metadata.load import load_catalogue`), never from here.
"""
