"""The removal service: limits, client, pace and the journal of paid tasks.  No arrays, no gi."""
