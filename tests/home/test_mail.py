"""Mails are sentences in the reader's language, and go where the settings say."""

import pytest
from django.core.exceptions import ImproperlyConfigured

from portal.base.mail import public_address
from portal.settings import mail_server


def test_server_is_read_from_one_address():
    read = mail_server("smtp://oven:b%40n@mail.example.com")
    assert (read["EMAIL_HOST"], read["EMAIL_PORT"], read["EMAIL_HOST_PASSWORD"]) == (
        "mail.example.com",
        587,
        "b@n",
    )
    assert read["EMAIL_USE_TLS"]
    assert not read["EMAIL_USE_SSL"]


def test_sealed_and_plain_servers_have_their_own_ports():
    assert mail_server("smtps://mail.example.com")["EMAIL_PORT"] == 465
    plain = mail_server("smtp-plain://localhost")
    assert (plain["EMAIL_PORT"], plain["EMAIL_USE_TLS"], plain["EMAIL_USE_SSL"]) == (25, False, False)


@pytest.mark.parametrize("address", ["mail.example.com", "http://mail.example.com", "smtp://"])
def test_address_that_is_no_mail_server_says_what_one_looks_like(address):
    with pytest.raises(ImproperlyConfigured, match="smtp://user:password@host:587"):
        mail_server(address)


def test_links_begin_with_the_public_address(settings):
    settings.PUBLIC_URL = "https://kamado.example.com"
    assert public_address("/stores/SPK-01/") == "https://kamado.example.com/stores/SPK-01/"
