"""GitHub: the tables of BigQuery's public dataset, and what a path says."""
