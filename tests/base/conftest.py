"""What every test of the base shares with the pages' tests."""

from tests.home.conftest import static_folder

__all__ = ["static_folder"]
