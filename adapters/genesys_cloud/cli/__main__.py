"""``python -m genesys_cloud.cli`` runs the ``genesys-cloud`` command."""

from genesys_cloud.cli import main

main()
