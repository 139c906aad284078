"""The command line: `symderive list | derive | generate`. One file a command, `app` for all."""
