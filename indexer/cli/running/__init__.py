"""Run a program: load its command, turn errors and signals into exit statuses."""
