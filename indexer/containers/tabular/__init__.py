"""Arrow and Parquet files as containers: one member per image cell."""
