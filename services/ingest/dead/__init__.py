"""Dead letters on the command line: listed, shown, and published again."""
