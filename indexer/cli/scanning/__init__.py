"""Commands for sources: describe, draft, download and scan them."""
