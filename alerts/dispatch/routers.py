"""The router that the settings name, with straight lines behind it."""

from __future__ import annotations

from alerts.dispatch.choosing import straight
from alerts.dispatch.osrm import Osrm
from alerts.dispatch.router import Fallback, Router
from alerts.dispatch.server import Server
from alerts.dispatch.valhalla import Valhalla
from alerts.dispatch_settings import DispatchSettings


def router_of(settings: DispatchSettings) -> Router:
    """The router to ask; it never raises."""
    line = straight(settings)
    if settings.router_url is None:
        return line
    server = Server(settings.router_url, settings.router_timeout_s)
    return Fallback(Osrm(server) if settings.router == "osrm" else Valhalla(server), line)
