"""What leaves the warehouse: SDMX data messages and tables, written from frames.

The writers (`sdmx_ml`, `sdmx_csv`, `sdmx_json`, `table`, `workbook`, `package`) are functions of a frame and know
nothing of the warehouse; `slice` asks the warehouse for the rows. Import from the submodules.
"""
