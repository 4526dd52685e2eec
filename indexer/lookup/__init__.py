"""file_ids -> bytes and pixels of single images, read from their containers."""
