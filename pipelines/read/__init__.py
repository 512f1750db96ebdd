"""Bytes to observation frame: every format that offices and agencies send, text in and text out.

`pipelines.read.detect.read_message` is the entrance. Nothing here judges, maps, strips or casts a value: that
is the work of `pipelines.map`, `pipelines.correct` and `pipelines.check`.
"""
