"""Commands that look at a manifest: query, count, audit, show and extract its images."""
