"""The command line: one file a command, `app` for all."""
