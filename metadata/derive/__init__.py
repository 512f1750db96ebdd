"""Everything that is derived from the declarations by pure functions, never written by hand."""
