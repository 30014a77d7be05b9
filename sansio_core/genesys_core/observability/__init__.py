"""What observers, log lines, counters and spans hold."""
