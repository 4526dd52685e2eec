"""An upstream dataset as data: load a declaration, check it, compile it to one SELECT."""
