from django.apps import AppConfig


class BaseConfig(AppConfig):
    name = "portal.base"
    label = "base"
    verbose_name = "Kamado"

    def ready(self) -> None:
        """Register the system checks."""
        from portal.base import checks  # noqa: F401  registering is what importing it does
