"""Commands for exports of selections."""
