"""The exchange of items with other systems: a file of rows, as CSV or JSON, in and out."""
