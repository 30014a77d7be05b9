"""The command line: operations and their parameters, output formats, exit codes, bulk runs."""
