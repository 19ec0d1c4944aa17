"""GitHub: the source, its join of tables, and BigQuery."""
