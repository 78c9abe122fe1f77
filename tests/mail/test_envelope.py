"""Addresses, and messages on their way to the wire."""

import contextlib
from email import message_from_bytes
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP, SMTPUTF8, compat32

import pytest
from hypothesis import given, strategies as st
from mail_world import mail

from alertkit import InvalidEventError
from alertkit.mail import Mailbox
from alertkit.mail._envelope import envelope_of, is_read_back
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
        "pat@" + "x" * 63 + ".com",
        "pat@" + "x." * 124 + "xx",
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
        *("x" * 65 + "@example.com", "pat@" + "x" * 64 + ".com", "pat@" + "x." * 124 + "xxx", None, b"pat@example.com"),
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
    assert refused.value.problems == (
        "address must be an address of ASCII letters, local@domain, with at most 254 characters",
        "name is missing or blank",
    )
    with pytest.raises(InvalidEventError, match=r"^address must be text, not int$"):
        Mailbox(7)


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


def addressed(name, value, policy=SMTP):
    """Return a message with that header."""
    message = EmailMessage(policy=policy)
    for key, usual in mail().items():
        message[key] = value if key == name else usual
    if name not in message:
        message[name] = value
    return message


@pytest.mark.parametrize("name", ["To", "Cc", "Bcc", "From"])
@pytest.mark.parametrize("policy", [SMTP, compat32])
@pytest.mark.parametrize(
    "value",
    [
        "a@example.com; b@example.com",
        "a@example.com b@example.com",
        "<a@example.com> b@example.com",
        "a@example.com, @",
        "a@example.com <b@example.com> <c@example.com>",
    ],
)
def test_addresses_without_a_comma_are_refused(name, policy, value):
    """A reader would find the first of them only, and the others would never get the mail."""
    with pytest.raises(InvalidEventError, match=rf"^{name} must be addresses between commas") as refused:
        envelope_of(addressed(name, value, policy))
    assert "example.com" not in str(refused.value)


@pytest.mark.parametrize("policy", [SMTP, compat32])
@pytest.mark.parametrize(
    "value",
    [
        "a@example.com, B <b@example.com>",
        "a@example.com, , b@example.com,",
        "friends: a@example.com, b@example.com;",
        '"A, of <c@example.com>" <a@example.com>, =?utf-8?q?B=C3=A4?= <b@example.com>',
        "J. Doe (of a place) <a@example.com>, b@example.com",
    ],
)
def test_addresses_that_can_be_read_in_one_way(policy, value):
    """Lists, groups, names and comments, with or without an old-fashioned sign."""
    assert envelope_of(addressed("To", value, policy)).recipients == ("a@example.com", "b@example.com")


@pytest.mark.parametrize("name", ["To", "Cc", "Bcc", "From"])
@pytest.mark.parametrize("display_name", [f"Evil <evil@example.org> {'a' * 60}", f"{'a' * 70}<evil@example.org>"])
def test_a_name_becomes_no_address(name, display_name):
    """Where Python's library folds a long name without its quotes, a stranger would get the mail."""
    message = addressed(name, Address(display_name, addr_spec="pat@example.com"))
    if name in ("Cc", "Bcc"):
        del message["To"]
    goes_to = {"pat@example.com"}
    with contextlib.suppress(InvalidEventError):  # unless the library was mended
        envelope = envelope_of(message)
        goes_to = {envelope.sender, *envelope.recipients} - {"alerts@host.example"}
    assert goes_to == {"pat@example.com"}


def test_what_a_message_needs():
    """Nobody is asked twice: all that is missing, or is there too often, is told at once."""
    message = EmailMessage(policy=SMTP)
    message["From"] = "alerts@host.example, kim@host.example"
    with pytest.raises(InvalidEventError) as refused:
        envelope_of(message)

    assert refused.value.problems == (
        "From must name one sender, not 2",
        "To, Cc and Bcc name nobody",
        "Date is missing",
        "Message-ID is missing or blank",
    )


def test_an_address_that_no_server_takes_is_refused_by_its_header():
    """The message can be of any origin; the address is not repeated."""
    message = addressed("From", "alerts@[127.0.0.1]")
    del message["To"]
    message["Cc"] = "kim@[127.0.0.1]"
    with pytest.raises(InvalidEventError) as refused:
        envelope_of(message)

    wanted = "must be an address of ASCII letters, local@domain, with at most 254 characters"
    assert refused.value.problems == (f"the address of From {wanted}", f"an address of To, Cc or Bcc {wanted}")


@pytest.mark.parametrize("name", ["Date", "Message-ID"])
def test_what_a_message_has_once_it_does_not_have_twice(name):
    """Python's older policy lets a header be added again, and then readers differ in which of them they take."""
    message = addressed("To", "pat@example.com", compat32)
    envelope_of(message)
    message[name] = message[name]

    with pytest.raises(InvalidEventError, match=f"^{name} must be there once$"):
        envelope_of(message)


class TwoFaced(str):
    """A header that says one thing to the program and another one to who reads its bytes."""

    __slots__ = ()
    name = "To"
    addresses = (Address(addr_spec="pat@example.com"),)
    defects = ()

    def fold(self, *, policy):
        """Say the other one."""
        return f"To: {self}\r\n"


def test_a_header_whose_bytes_say_something_else_is_refused():
    """Whatever made it so."""
    with pytest.raises(InvalidEventError, match=r"^To must be addresses"):
        envelope_of(addressed("To", TwoFaced("kim@example.com")))


class Unwritable(Address):
    """An address that the library trips over, as over some names."""

    def __str__(self):
        """Trip."""
        raise IndexError("list index out of range")


def test_a_name_that_the_library_trips_over_is_not_read_back():
    """It is no reason to lose the mail."""
    assert not is_read_back("To", Unwritable("Pat", addr_spec="pat@example.com"))
    assert is_read_back("To", Address("Pat", addr_spec="pat@example.com"))


def test_what_was_read_is_what_is_sent():
    """Only the Bcc is missing: no header is folded anew once its addresses have been looked at."""
    # Longer than a line, so that the library would fold it, and lose its quotes.
    message = addressed("To", TwoFaced(f'"Evil <evil@example.org> {"a" * 60}" <pat@example.com>'))
    message["Bcc"] = "kim@example.com"
    written = message.as_bytes()
    bcc = b"Bcc: kim@example.com\r\n"

    assert bcc in written
    assert envelope_of(message).data == written.replace(bcc, b"")


def test_an_envelope_shows_no_address():
    """Only which message, and how long it is."""
    envelope = envelope_of(mail())

    assert repr(envelope) == f"Envelope(message_id='<1@host.example>', data=<{len(envelope.data)} bytes>)"


def test_what_is_no_message_is_refused():
    """A text, say."""
    with pytest.raises(InvalidEventError, match="message must be of type EmailMessage"):
        envelope_of("Hello")


def test_what_cannot_be_written_is_refused():
    """A body in a charset that does not exist."""
    message = mail()
    message.set_param("charset", "klingon")
    message.set_payload("\udc80ä")

    with pytest.raises(InvalidEventError, match=r"^message cannot be written as mail$"):
        envelope_of(message)


def test_eight_bits_become_seven():
    """No server has to know more."""
    message = mail()
    message.set_content("Ünïcode\n", cte="8bit")

    assert envelope_of(message).data.isascii()
    data = envelope_of(addressed("Subject", "Ünïcode", SMTPUTF8)).data
    assert data.isascii()
    assert message_from_bytes(data, policy=SMTP)["Subject"] == "Ünïcode"


@given(st.binary(max_size=200))
def test_lines_end_in_one_way_only(body):
    """Whatever stands in a message: where a line ends is where every server sees it end."""
    message = mail()
    message.set_payload(body.decode("latin-1").encode("ascii", "replace").decode("ascii"))
    data = envelope_of(message).data.replace(b"\r\n", b"")

    assert b"\r" not in data
    assert b"\n" not in data
