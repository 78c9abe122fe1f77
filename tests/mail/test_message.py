"""The mail that tells an owner: what it says, and that nobody's text can become anything but text."""

import os
import re
import subprocess
import sys
from datetime import date, datetime, timedelta, timezone
from email import message_from_bytes
from email.policy import SMTP
from email.utils import getaddresses
from html import unescape
from html.parser import HTMLParser

import pytest
from hypothesis import assume, example, given, strategies as st
from mail_world import NOON, notice

from alertkit import InvalidEventError
from alertkit.mail import Mailbox, disabled_integration_email
from alertkit.mail._envelope import envelope_of
from alertkit.mail._wording import days_in_words, instant_in_words, one_line, sentence
from alertkit.webhooks import DailyTally, Verdict

PAT = Mailbox("pat@example.com", "Pat Müller")
HOST = Mailbox("alerts@host.example", "Alerts")
LOG = "https://host.example/settings/7/requests?errors=1&page=1"

GOLDEN = """\
Hello Pat Müller,

Billing sync (billing-sync) has been disabled. It gets no webhooks until somebody enables it again.

Why: 3 of the last 3 days had failures and no success.
Days that speak against it: 30 December 2025 to 1 January 2026
Where its webhooks went: https://hooks.example.com/in?token=[hidden]
When: Thursday, 1 January 2026, 12:00 UTC

What to do now

1. Look at what was sent and what came back.
   https://host.example/settings/7/requests?errors=1&page=1
2. Mend what answers where its webhooks went.
3. Enable the integration again.
   https://host.example/settings/7?tab=hooks&all=1

Attempts of the last days

Day (UTC)         Delivered  Failed  Timed out  Refused for good
30 December 2025          0       1         12                 0
31 December 2025          0       2         24                 0
1 January 2026            0       3         36                 0

You are told because you own this integration. This message is automatic.
"""

GOLDEN_HTML = """\
<!DOCTYPE html>
<html lang="en">
<head><meta charset="utf-8"></head>
<body style="font-family:sans-serif">
<p>Hello Pat Müller,</p>
<p>Billing sync (billing-sync) has been disabled. It gets no webhooks until somebody enables it again.</p>
<table>
<tr><th align="left" valign="top">Why</th><td>no reason was given.</td></tr>
<tr><th align="left" valign="top">Where its webhooks went</th><td>https://hooks.example.com/in?token=[hidden]</td></tr>
<tr><th align="left" valign="top">When</th><td>Thursday, 1 January 2026, 12:00 UTC</td></tr>
</table>
<h2>What to do now</h2>
<ol>
<li>Mend what answers where its webhooks went.</li>
<li>Enable the integration again.<br>
<a href="https://host.example/settings/7?tab=hooks&amp;all=1">https://host.example/settings/7?tab=hooks&amp;all=1</a></li>
</ol>
<h2>Attempts of the last days</h2>
<table>
<tr><th align="left">Day (UTC)</th><th align="left">Delivered</th><th align="left">Failed</th>\
<th align="left">Timed out</th><th align="left">Refused for good</th></tr>
<tr><td>31 December 2025</td><td>0</td><td>1</td><td>0</td><td>0</td></tr>
<tr><td>1 January 2026</td><td>0</td><td>2</td><td>0</td><td>0</td></tr>
</table>
<p>You are told because you own this integration. This message is automatic.</p>
</body>
</html>
"""


def email(told=None, **options):
    """Return the mail as its reader gets it."""
    usual = {"to": PAT, "sender": HOST, "at": NOON, "request_log_url": LOG}
    message = disabled_integration_email(told or notice(), **{**usual, **options})
    return message_from_bytes(envelope_of(message).data, policy=SMTP)


def text(message):
    """Return the plain text."""
    return message.get_body(("plain",)).get_content().replace("\r\n", "\n")


def html(message):
    """Return the HTML."""
    return message.get_body(("html",)).get_content()


class Page(HTMLParser):
    """What a browser would see of a mail."""

    def __init__(self, source):
        super().__init__()
        self.tags, self.links, self.words = set(), [], []
        self.feed(source)

    def handle_starttag(self, tag, attrs):
        """Note it."""
        self.tags.add(tag)
        self.links += [value for name, value in attrs if name == "href"]
        assert {name for name, _ in attrs} <= {"href", "style", "align", "valign", "lang", "charset"}

    def handle_data(self, data):
        """Note it."""
        self.words.append(data)


def test_the_text_reads_so():
    """Which integration, why, since when, what to do now, and the counts."""
    assert text(email()) == GOLDEN


def test_the_html_says_the_same():
    """Every word of the text, its links as links, and no other link."""
    page = Page(html(email()))
    words = " ".join(" ".join(page.words).split())

    for line in filter(None, GOLDEN.splitlines()):
        for part in re.split(r"\s{2,}|^\d\. |: (?=\w+)(?!//)", line):
            assert part.strip() in words
    assert page.links == [LOG, "https://host.example/settings/7?tab=hooks&all=1"]


def test_the_html_is_so():
    """A page that needs nothing from anywhere; cells keep their distance."""
    tallies = (DailyTally(day=date(2025, 12, 31), error=1), DailyTally(day=date(2026, 1, 1), error=2))
    written = html(email(notice(verdict=Verdict(True), tallies=tallies), request_log_url=None))

    assert written.count(' style="padding:2px 12px 2px 0"') == 21
    assert written.replace("\r\n", "\n").replace(' style="padding:2px 12px 2px 0"', "") == GOLDEN_HTML


def test_the_headers():
    """A subject that asks for action, whom from and to, when, and that nobody is to answer by machine."""
    message = email()

    assert message.keys() == [
        *("From", "To", "Subject", "Date", "Message-ID", "Auto-Submitted", "MIME-Version", "Content-Type")
    ]
    assert message["Subject"] == "Action required: fix your integration Billing sync"
    assert message["From"] == "Alerts <alerts@host.example>"
    assert message["To"] == "Pat Müller <pat@example.com>"
    assert message["Date"].datetime == NOON
    assert message["Auto-Submitted"] == "auto-generated"
    assert message.get_content_type() == "multipart/alternative"
    assert [part["Content-Type"] for part in message.iter_parts()] == [
        'text/plain; charset="utf-8"',
        'text/html; charset="utf-8"',
    ]
    assert message.defects == []


def test_what_could_not_be_disabled_says_so():
    """And asks the owner to do it."""
    told = text(email(notice(disabled=False)))

    assert "is broken, and it could not be disabled: webhooks are still sent to it." in told
    assert "3. Disable the integration until that is done.\n   https://host.example" in told


def test_what_is_not_known_is_left_out():
    """No name, no links, no days, no counts, no reason."""
    told = notice(settings_url=None, tallies=(), verdict=Verdict(True))
    message = email(told, to="pat@example.com", sender="alerts@host.example", request_log_url=None, at=None)

    assert text(message).startswith("Hello,\n")
    assert "Why: no reason was given.\n" in text(message)
    assert "1. Mend what answers where its webhooks went.\n2. Enable the integration again.\n\nYou are" in text(message)
    assert "Days that" not in text(message)
    assert Page(html(message)).links == []
    assert message["To"] == "pat@example.com"
    assert message["Date"].datetime == told.at


def test_the_same_retirement_has_the_same_message_id():
    """For the same owner; another owner, retirement, or end of it has another one."""
    later = email(at=NOON + timedelta(hours=1))
    assert later["Date"].datetime == NOON + timedelta(hours=1)
    first = email()["Message-ID"]
    assert first == later["Message-ID"]
    assert re.fullmatch(r"<[0-9a-f]{32}\.alertkit@host\.example>", first)

    others = [
        email(to="kim@example.com"),
        email(notice(retirement_id="ret_2")),
        email(notice(disabled=False)),
    ]
    assert len({first, *(other["Message-ID"] for other in others)}) == 4
    assert "pat" not in first


def test_the_same_mail_has_the_same_bytes():
    """No dice are in it: what parts it is of the retirement and the owner, too, and nothing that a text could hold."""
    first, second = (disabled_integration_email(notice(), to=PAT, sender=HOST).as_bytes() for _ in range(2))

    assert first == second
    digest = email()["Message-ID"].removeprefix("<").partition(".")[0]
    assert email().get_boundary() == f"=_{digest}"


def test_a_mail_goes_through_any_server():
    """Seven bits, and no line of more than 998, each with its CR LF; also if a queue of your own takes it as it is."""
    url = "https://hooks.example.com/" + "x" * 2000
    told = notice(name="Ünï" * 30, url=url, verdict=Verdict(True, "Ж" * 1000))
    message = disabled_integration_email(told, to=PAT, sender=HOST, request_log_url=LOG)

    for data in (message.as_bytes(), envelope_of(message).data):
        assert data.isascii()
        assert b"\n" not in data.replace(b"\r\n", b"")
        assert max(map(len, data.split(b"\r\n"))) <= 998
    parts = message.iter_parts()
    assert [part["Content-Transfer-Encoding"] for part in parts] == ["quoted-printable", "quoted-printable"]


@pytest.mark.parametrize(
    "url",
    [
        "javascript:alert(1)",
        "https://host.example/\r\nBcc: a@b.c",
        "/settings/7",
        "https://h/ü",
        "data:text/html,x",
        "",
    ],
)
def test_a_settings_url_that_is_no_link_is_left_out(url):
    """The owner is told all the same."""
    message = email(notice(settings_url=url), request_log_url=None)

    assert Page(html(message)).links == []
    assert "3." not in text(message)
    assert "2. Enable the integration again.\n\n" in text(message)


@pytest.mark.parametrize(
    ("wrong", "problem"),
    [
        ({"to": "pat@example.com\r\nBcc: kim@example.com"}, "to: address must be"),
        ({"sender": "nobody"}, "sender: address must be"),
        ({"request_log_url": "javascript:alert(1)"}, "request_log_url must be absolute"),
        ({"at": NOON.replace(tzinfo=None)}, "at must be aware"),
    ],
)
def test_arguments_that_make_no_mail_are_refused(wrong, problem):
    """Without repeating them."""
    with pytest.raises(InvalidEventError, match=problem) as refused:
        disabled_integration_email(notice(), **{"to": PAT, "sender": HOST, **wrong})
    assert "example.com" not in str(refused.value)


def test_all_problems_are_told_at_once():
    """Also that there is no notice."""
    with pytest.raises(InvalidEventError) as refused:
        disabled_integration_email("notice", to="", sender=7, request_log_url="x", at="now")
    assert refused.value.problems == (
        "notice must be of type RetirementNotice, not str",
        "at must be a datetime, not str",
        "request_log_url must be absolute, http or https, and percent-encoded",
        "to: address must be an address of ASCII letters, local@domain, with at most 254 characters",
        "sender: address must be text, not int",
    )


def test_no_list_is_endless():
    """Thirty days, and texts of a bounded length."""
    days = [date(2025, 1, 1) + timedelta(days=2 * number) for number in range(100)]
    told = notice(
        name="n" * 500,
        verdict=Verdict(True, "r" * 5000, days),
        tallies=tuple(DailyTally(day=day) for day in days),
        url="https://hooks.example.com/" + "x" * 5000,
    )
    read = text(email(told))

    assert "n" * 99 + "… (" in read
    assert "r" * 998 + "…\n" in read
    assert "x" * 2048 not in read
    assert read.count(" 2025") == 60


STRANGERS = st.text(max_size=300) | st.sampled_from(
    [
        "</td><script>alert(1)</script>",
        '"><img src=x onerror=alert(1)>',
        "x\r\nBcc: everybody@example.com\r\n\r\nHello",
        "=?utf-8?q?Bcc=3A?= a@b.c",
        "＜script＞ \u202etxet drawkcab",
        "\u2028Bcc: a@example.com",
        "a\ud800b",
        "ä" * 300,
        "&lt;b&gt; &amp;",
        'Pat "the, boss" <pat@evil.example>',
    ]
)
COMPANY = "A Very Long Name Of A Company In A Far Away Country, Incorporated And Sons Ltd. And More Of It"
ANY_NAME = st.text(st.sampled_from('ab äé€😀<>@,.;:"()[]\\=?_-'), max_size=256) | st.text(max_size=256)
NAMES = STRANGERS.map(lambda name: one_line(name, most=100)).filter(lambda name: "=?" not in name)


@given(ANY_NAME, ANY_NAME)
@example(f"Evil <evil@example.org> {'a' * 60}", "")
@example("a" * 70 + "<evil@example.org>", f"Evil <evil@example.org> {'a' * 60}")
@example(COMPANY, COMPANY)
@example('"' * 80, "\\" * 80)
def test_no_name_redirects_a_mail_or_loses_it(name, sender_name):
    """Whatever an owner is called, the bytes name the owner, and nobody else; the name may be missing there."""
    try:
        to, sender = Mailbox("pat@example.com", name), Mailbox("alerts@host.example", sender_name)
    except InvalidEventError:
        assume(False)
    envelope = envelope_of(disabled_integration_email(notice(), to=to, sender=sender))
    read = message_from_bytes(envelope.data, policy=SMTP)

    assert (envelope.sender, envelope.recipients) == ("alerts@host.example", ("pat@example.com",))
    assert [address.addr_spec for address in read["To"].addresses] == ["pat@example.com"]
    assert [address.addr_spec for address in read["From"].addresses] == ["alerts@host.example"]
    assert [address for _, address in getaddresses([" ".join(str(read["To"]).split())])] == ["pat@example.com"]


@pytest.mark.parametrize(
    ("name", "header"),
    [
        ("Company, Ltd.", '"Company, Ltd." <pat@example.com>'),
        ("A Very Long Name " * 9 + "of us", "A Very Long Name " * 9 + "of us <pat@example.com>"),
    ],
)
def test_a_name_stands_in_the_header_where_it_can(name, header):
    """And in the greeting always."""
    message = email(to=Mailbox("pat@example.com", name))

    assert message["To"] == header
    assert text(message).startswith(f"Hello {one_line(name, most=100)},")


def test_a_name_of_the_integration_is_no_encoded_word():
    """It would be decoded where the mail is read."""
    assert email(notice(name="=?utf-8?q?Bcc=3A?= a@b.c"))["Subject"].endswith("= ?utf-8?q?Bcc=3A?= a@b.c")


@given(st.builds(dict, name=STRANGERS, slug=STRANGERS, url=STRANGERS), STRANGERS, STRANGERS, NAMES, NAMES)
def test_no_text_of_a_stranger_becomes_anything_else(texts, reason, settings_url, name, sender_name):
    """No header more, no recipient more, no line more in the text, and no tag, attribute or link in the HTML."""
    told = notice(verdict=Verdict(True, reason), settings_url=settings_url, **texts)
    message = email(told, to=Mailbox("pat@example.com", name), sender=Mailbox("alerts@host.example", sender_name))

    assert sorted(message.keys()) == sorted(email().keys())
    title = one_line(texts["name"], most=100).replace("=?", "= ?")
    assert "".join(message["Subject"].split()).endswith("".join(title.split()))
    assert [address.addr_spec for address in message["To"].addresses] == ["pat@example.com"]
    assert [address.addr_spec for address in message["From"].addresses] == ["alerts@host.example"]
    assert [part.get_content_type() for part in message.iter_parts()] == ["text/plain", "text/html"]
    assert len(text(message).splitlines()) == len(
        text(email(notice(settings_url=None, verdict=Verdict(True, "x")))).splitlines()
    )
    page = Page(html(message))
    assert page.tags == Page(html(email())).tags
    assert page.links == [LOG]
    assert one_line(texts["slug"], most=100) in unescape(" ".join(html(message).split()))


@given(NAMES)
def test_a_name_arrives_as_it_was_given(name):
    """Or not at all, whatever letters it has; Python's library may fold a long word into two."""
    address = email(to=Mailbox("pat@example.com", name))["To"].addresses[0]

    assert "".join(address.display_name.split()) in {"".join(name.split()), ""}


@pytest.mark.parametrize(
    ("days", "words"),
    [
        ([], ""),
        ([date(2026, 1, 1)], "1 January 2026"),
        ([date(2026, 1, 2), date(2026, 1, 1)], "1 January 2026 to 2 January 2026"),
        (
            [date(2026, 2, 28), date(2026, 3, 1), date(2026, 3, 3), datetime(2026, 3, 3, tzinfo=timezone.utc)],
            "28 February 2026 to 1 March 2026, 3 March 2026",
        ),
    ],
)
def test_days_in_words(days, words):
    """Those in a row from the first to the last, whatever their order."""
    assert days_in_words(days) == words


def test_an_instant_in_words_is_in_utc():
    """Whatever zone it came in."""
    at = datetime(2026, 3, 1, 1, 5, tzinfo=timezone(timedelta(hours=2)))

    assert instant_in_words(at) == "Saturday, 28 February 2026, 23:05 UTC"


def test_the_zone_of_the_machine_is_not_asked():
    """Owners read the same wherever the program runs."""
    program = """if True:
        from datetime import datetime, timezone
        from alertkit.mail._wording import instant_in_words
        print(instant_in_words(datetime(2026, 1, 1, 12, tzinfo=timezone.utc)))
    """
    environment = {**os.environ, "TZ": "XYZ-9", "PYTHONPATH": os.pathsep.join(sys.path)}
    run = subprocess.run([sys.executable, "-c", program], env=environment, capture_output=True, text=True, check=True)

    assert run.stdout == "Thursday, 1 January 2026, 12:00 UTC\n"


@pytest.mark.parametrize(
    ("given_text", "made"),
    [
        ("why not?", "why not?"),
        ("it broke", "it broke."),
        ("", "."),
        ("Ends.", "Ends."),
        ("No!", "No!"),
        ("Cut…", "Cut…"),
    ],
)
def test_a_sentence(given_text, made):
    """It ends with a sign."""
    assert sentence(given_text) == made


@pytest.mark.parametrize(
    ("given_text", "made"), [("a\r\n\tb", "a b"), ("\u202ea", "a"), ("abcdef", "abcde"[:4] + "…"), ("abcde", "abcde")]
)
def test_one_line(given_text, made):
    """What breaks it, or turns it round, becomes a blank; what is too long is cut."""
    assert one_line(given_text, most=5) == made
