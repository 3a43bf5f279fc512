"""The same work on the embedded default and on Kafka and MongoDB, side by side in one run."""
