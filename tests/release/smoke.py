"""What an installed release must do, on its own: run outside the repository, in a clean environment.

``python smoke.py VERSION`` uses what is installed and nothing else of this project.
``--generate`` generates a package with it as well.
"""

import subprocess
import sys
from pathlib import Path

import genesys_cloud
import genesys_core
from genesys_cloud import Client, Headers, Response
from genesys_cloud.definition import generate, load_sources
from genesys_cloud.testing import MockTransport

assert genesys_cloud.__version__ == sys.argv[1], genesys_cloud.__version__
for package in (genesys_cloud, genesys_core):
    folder = Path(package.__path__[0])
    assert Path(sys.prefix) in folder.parents, f"{folder} is not in this environment"
    assert (folder / "py.typed").exists()


def answer(request: genesys_cloud.Request) -> Response:
    assert request.url.endswith("/api/v2/users/me")
    return Response(200, Headers({"Content-Type": "application/json"}), b'{"name": "Ann"}')


with Client(region="eu_west_1", access_token="t", transport=MockTransport(answer)) as client:
    assert client.users.get_users_me() == genesys_cloud.models.UserMe(name="Ann")

assert load_sources("bundled").version == genesys_cloud.DEFINITION_VERSION
if "--generate" not in sys.argv:
    print(f"Python {sys.version.split()[0]}: {genesys_cloud.__version__} works")
    sys.exit()
assert generate(".", package="own_genesys")
script = "import own_genesys; own_genesys.Client; print(own_genesys.models.UserMe.__module__)"
done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
assert done.stdout.startswith("own_genesys.models."), done.stdout
print(f"Python {sys.version.split()[0]}: {genesys_cloud.__version__} works")
