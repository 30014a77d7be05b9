"""``python -m genesys_cloud.cli`` is the command ``genesys-cloud``."""

from genesys_cloud.cli import main

main()
