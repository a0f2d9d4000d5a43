"""The Python SDK of the Atrium API.

from atrium_sdk import Client

with Client("sk_live_…", base_url="https://api.example.com") as client:
    workspace = client.workspaces.create(name="My Workspace", tier="pro")
"""

from atrium_sdk import errors, models, webhooks
from atrium_sdk._client import AsyncClient, Client
from atrium_sdk._model import Model
from atrium_sdk._omit import OMIT, Omit
from atrium_sdk._options import Options
from atrium_sdk._pages import AsyncPage, Page
from atrium_sdk._version import __version__
from atrium_sdk.errors import ApiError, AtriumError, ConnectionFailed

__all__ = [
    "OMIT",
    "ApiError",
    "AsyncClient",
    "AsyncPage",
    "AtriumError",
    "Client",
    "ConnectionFailed",
    "Model",
    "Omit",
    "Options",
    "Page",
    "__version__",
    "errors",
    "models",
    "webhooks",
]
