"""What every other package needs: errors, configuration, workers, remote storage, durable files."""
