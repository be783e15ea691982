"""Everything the app keeps."""

from alerts.models.alert import Alert, AlertNote
from alerts.models.channel import Channel
from alerts.models.delivery import Delivery, Told
from alerts.models.drift import ScoreDay
from alerts.models.wishes import NotificationWishes

__all__ = [
    "Alert",
    "AlertNote",
    "Channel",
    "Delivery",
    "NotificationWishes",
    "ScoreDay",
    "Told",
]
