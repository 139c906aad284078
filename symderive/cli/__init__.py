"""The command line: `symderive list | derive | proof | verify | generate`. One file a command, `app` for all."""
