"""Phase two: the selected rows of a manifest, read once and written once as sharded Arrow."""
