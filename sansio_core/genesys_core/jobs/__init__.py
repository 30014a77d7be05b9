"""Jobs of the platform, from their start to their results; and waiting until something is true."""
