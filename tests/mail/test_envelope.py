"""Addresses, and messages on their way to the wire."""

import pytest
from hypothesis import given, strategies as st
from mail_world import mail

from alertkit import InvalidEventError
from alertkit.mail import Mailbox
from alertkit.mail._envelope import envelope_of
from alertkit.mail._mailbox import mailbox_of


@pytest.mark.parametrize(
    "address",
    [
        "pat@example.com",
        "p.a-t+tag@mail.example.co.uk",
        "o'neil@example.com",
        "root@localhost",
        "pat@xn--mller-kva.example",
        "x" * 64 + "@example.com",
    ],
)
def test_addresses_that_servers_take(address):
    """Dots, tags and signs, in ASCII."""
    assert Mailbox(address).address == address


@pytest.mark.parametrize(
    "address",
    [
        *("", "pat", "@example.com", "pat@", "pat@@example.com", "pat@example.com@example.org", " pat@example.com"),
        *("pat@example.com\n", "pat@example.com\r\nBcc: kim@example.com", "pat@example.com, kim@example.com"),
        *(".pat@example.com", "pat.@example.com", "p..t@example.com", '"pat"@example.com', "pat@[127.0.0.1]"),
        *("pät@example.com", "pat@müller.example", "раt@example.com", "pat＠example.com", "pat@example．com"),
        *("Pat <pat@example.com>", "=?utf-8?q?pat?=@example.com", "pat@-example.com", "pat@example..com"),
        *("x" * 65 + "@example.com", "pat@" + "x" * 64 + ".com", "pat@" + "x." * 125 + "com", None, b"pat@example.com"),
    ],
)
def test_addresses_that_could_be_read_otherwise(address):
    """Are refused, and not repeated."""
    with pytest.raises(InvalidEventError, match=r"^address must be") as refused:
        Mailbox(address)
    assert "example" not in str(refused.value)


@pytest.mark.parametrize(
    "name", ["Pat\r\nBcc: kim", "\u2028", "Pat\u202e", "x" * 257, "\ud800", " ", None, "a\0", "=?utf-8?q?Kim?="]
)
def test_names_that_are_no_line(name):
    """Are refused."""
    with pytest.raises(InvalidEventError, match=r"^name "):
        Mailbox("pat@example.com", name)


def test_all_problems_of_a_mailbox_at_once():
    """Address and name."""
    with pytest.raises(InvalidEventError) as refused:
        Mailbox("pat", "\n")
    assert len(refused.value.problems) == 2


def test_a_mailbox_does_not_show_whose_it_is():
    """The domain helps, and is enough."""
    assert repr(Mailbox("pat@example.com", "Pat")) == "Mailbox(address=…@example.com)"
    with pytest.raises(InvalidEventError) as refused:
        Mailbox("pat @example.com")
    assert "pat" not in repr(refused.value)


def test_mailboxes_come_in_three_ways():
    """As they are, as an address, and as an address and a name."""
    mailbox = Mailbox("pat@example.com", "Pat")

    assert mailbox_of(mailbox) is mailbox
    assert mailbox_of(("pat@example.com", "Pat")) == mailbox
    assert mailbox_of("pat@example.com") == Mailbox("pat@example.com")
    for wrong in (7, None, ("pat@example.com",), ("pat@example.com", "Pat", "x")):
        with pytest.raises(InvalidEventError):
            mailbox_of(wrong)


def test_an_envelope_shows_no_address():
    """Only which message, and how long it is."""
    envelope = envelope_of(mail())

    assert "@example.com" not in repr(envelope)
    assert envelope.message_id in repr(envelope)


def test_what_is_no_message_is_refused():
    """A text, say."""
    with pytest.raises(InvalidEventError, match="message must be of type EmailMessage"):
        envelope_of("Hello")


def test_what_cannot_be_written_is_refused():
    """A body in a charset that does not exist."""
    message = mail()
    message.set_param("charset", "klingon")
    message.set_payload("\udc80ä")

    with pytest.raises(InvalidEventError, match="cannot be written as mail"):
        envelope_of(message)


def test_eight_bits_become_seven():
    """No server has to know more."""
    message = mail()
    message.set_content("Ünïcode\n", cte="8bit")

    assert envelope_of(message).data.isascii()


@given(st.binary(max_size=200))
def test_lines_end_in_one_way_only(body):
    """Whatever stands in a message: where a line ends is where every server sees it end."""
    message = mail()
    message.set_payload(body.decode("latin-1").encode("ascii", "replace").decode("ascii"))
    data = envelope_of(message).data.replace(b"\r\n", b"")

    assert b"\r" not in data
    assert b"\n" not in data
