"""What every other package needs: errors, the DuckDB store, configuration, workers, remote storage, durable files."""
