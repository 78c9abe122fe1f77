"""One HTTP exchange as values: what can be built of it, and what can be seen."""

import pickle

import pytest
from hypothesis import given, strategies as st

from alertkit import Headers, HttpRequest, HttpResponse, UsageError
from alertkit._http import origin

URL = "https://hooks.example.com/in"
SECRET = "S3CR3T"
WORDS = st.text("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789", min_size=12)


@pytest.mark.parametrize("method", ["GET", "POST", "get", "M-SEARCH", "!#$%&'*+-.^_`|~09AZaz"])
def test_any_token_is_a_method(method):
    """A method is any token of RFC 9110, and stays as it was spelt."""
    assert HttpRequest(method, URL).method == method


@pytest.mark.parametrize(
    "method", ["", " ", "GE T", " GET", "GET ", "GET\r\n", "GET\r\nX: y", "G\0T", "PÖST", "GET/", "{}", None, b"GET"]
)
def test_what_is_no_token_is_no_method(method):
    """A method that would end early, or start a header, cannot be built into a request."""
    with pytest.raises(UsageError, match=r"^method must be an HTTP token$"):
        HttpRequest(method, URL)


@pytest.mark.parametrize(
    "url",
    [
        URL,
        "HTTP://127.0.0.1:8080",
        "https://[::1]:8443/a?b=c&d=%20",
        "https://h/~a;b,c!d'e(f)*+=@:$?a[0]=1",
        "http://a#top",
    ],
)
def test_absolute_urls_are_taken_as_given(url):
    """Anything absolute, http or https, and of printable ASCII stays as it was spelt."""
    assert HttpRequest("GET", url).url == url


@pytest.mark.parametrize(
    "url",
    [
        *("", "/in", "hooks.example.com/in", "//hooks.example.com", "ftp://hooks.example.com", "file:///etc/passwd"),
        *(f"{URL}\r\nHost: evil", f"{URL}\n", f"{URL} HTTP/1.1", f"{URL}\0", f"{URL}\t", f" {URL}", f"{URL}\x7f"),
        *(
            "https://hooks.example.com/ü",
            "https://bücher.example/",
            "https:/hooks.example.com",
            "https:hooks.example.com",
        ),
        *("https://", "https:///in", "https://?a=b", "https://#top", "https://:443/in"),  # no host
        *("https://u\0r@h/", "https://\u00fcser@h/", "https://u\x7f:p@h/", "https://a@b@h/"),  # credentials
        *("https://u]@h/", "https://u[@h/", "https://[u]@h/", "https://[u]@[::1]/"),  # brackets in them
        *("https://[::1/in", "https://h:port/", "https://h:99999/"),  # unreadable
        *("http://[1]/", "https://[12345::]/", "https://[v1.x]/"),  # no addresses
        *(r"https://good.example\@evil.example/", None, b"https://hooks.example.com"),
    ],
)
def test_what_is_no_absolute_url_is_refused(url):
    """A URL that has no host, would start a header, or is read in two ways cannot be built into a request."""
    with pytest.raises(UsageError, match=r"^url must be absolute, http or https, and percent-encoded$"):
        HttpRequest("GET", url)


@pytest.mark.parametrize("name", ["", " ", "X Y", "X:", "X\r\nY", "X\0", "Ä", "(", b"X", 1, None])
def test_what_is_no_token_is_no_header(name):
    """A header's name that would smuggle a second one in is refused, and is not repeated in the text."""
    with pytest.raises(UsageError, match=r"^a header's name must be an HTTP token$"):
        HttpRequest("GET", URL, {name: "value"})


@pytest.mark.parametrize("value", ["", "plain", "a\tb", "a b", "é", "\xff", "~"])
def test_a_header_holds_one_line_of_latin_1(value):
    """Visible ASCII, blanks, tabs and the upper half of Latin-1 stay as they are."""
    assert HttpRequest("GET", URL, {"X-A": value}).headers["x-a"] == value


@pytest.mark.parametrize("hole", ["\r\nX-Evil: 1", "\n", "\r", "\0", "\x0b", "\x1b", "\x7f", "\u0100", "\u2028", "🔑"])
def test_a_second_line_is_no_value_of_a_header(hole):
    """A value that would end the header is refused, by the name of the header and without the value."""
    for value in (f"{SECRET}{hole}", f"{hole}{SECRET}", f"{SECRET}{hole}{SECRET}"):
        with pytest.raises(UsageError, match=r"header X-Key must be text of one line in Latin-1$") as caught:
            HttpRequest("GET", URL, {"X-Key": value})
        assert SECRET not in str(caught.value)


@pytest.mark.parametrize("value", [None, 1, b"bytes", ["a"]])
def test_a_header_holds_text(value):
    """A value that is no text is refused."""
    with pytest.raises(UsageError, match="X-Key must be text"):
        HttpRequest("GET", URL, {"X-Key": value})


@pytest.mark.parametrize(
    "headers",
    [{"Transfer-Encoding": "chunked"}, {"transfer-encoding": "identity"}, {"Content-Length": "5"}],
)
def test_a_body_ends_in_one_place_only(headers):
    """A framing header that contradicts the body is refused: the peer would read the next request from elsewhere."""
    for body in (b"", b"{}", b"twelve bytes"):
        with pytest.raises(UsageError, match=r"(?i)transfer-encoding|content-length"):
            HttpRequest("POST", URL, headers, body)


@pytest.mark.parametrize("body", ["text", None, bytearray(b"x"), memoryview(b"x"), {"a": 1}])
def test_a_body_is_bytes(body):
    """A body of another type is refused, by its type and without its content."""
    with pytest.raises(UsageError, match=rf"^body must be bytes, not {type(body).__name__}$"):
        HttpRequest("POST", URL, {}, body)


def test_all_problems_are_said_at_once():
    """One error names everything that is wrong."""
    with pytest.raises(UsageError) as caught:
        HttpRequest("G T", "nowhere", {"X Y": "", "X-Key": "\n"}, "text")

    assert [problem.split(" ")[0] for problem in str(caught.value).split("; ")] == ["method", "url", "body", "a", "the"]
    with pytest.raises(UsageError) as caught:
        HttpRequest("GET", URL, {1: "a", 2: "b"})
    assert str(caught.value) == "a header's name must be an HTTP token; a header's name must be an HTTP token"


@given(st.text(), st.sampled_from(["https://", URL, "https://a@"]), st.text(), st.text(), st.text())
def test_no_request_breaks_its_line(method, start, rest, name, value):
    """Whatever text a request is made of, it is refused or holds no CR, LF or NUL outside its body."""
    try:
        request = HttpRequest(method or "GET", start + rest, {name or "X-A": value})
    except UsageError:
        return
    head = request.method + request.url + "".join(f"{name}{request.headers[name]}" for name in request.headers)
    assert not set("\r\n\0") & set(head)
    assert request.url.isascii()


def test_headers_are_looked_up_without_regard_to_case():
    """Every spelling finds the value, and the names are iterated as they were spelt."""
    headers = Headers({"Retry-After": "7", "x-REQUEST-id": "a"})

    assert headers["retry-after"] == headers["RETRY-AFTER"] == headers.get("Retry-After") == "7"
    assert "X-Request-Id" in headers
    assert "X-Other" not in headers
    assert headers.get("X-Other", "none") == "none"
    assert (list(headers), len(headers)) == (["Retry-After", "x-REQUEST-id"], 2)
    assert (list(Headers()), len(Headers(None))) == ([], 0)


def test_the_last_of_two_spellings_counts():
    """A mapping that holds a name in two spellings is one header: the later one."""
    headers = Headers({"X-A": "1", "x-a": "2"})

    assert dict(headers) == {"x-a": "2"}


def test_headers_are_compared_as_http_does():
    """Names without regard to case or order, values with regard to it; equal headers hash alike."""
    headers = Headers({"A": "1", "B": "2"})

    assert headers == Headers({"b": "2", "a": "1"}) == {"a": "1", "B": "2"}
    assert hash(headers) == hash(Headers({"b": "2", "a": "1"})) != hash(Headers({"A": "1"}))
    assert headers != Headers({"A": "1", "B": "two"})
    assert headers != Headers({"A": "1"})
    assert headers != [("A", "1"), ("B", "2")]
    assert headers != {1: "1", "B": "2"}


def test_headers_do_not_change():
    """Neither a request nor a change to the mapping it was made of alters headers."""
    given_ones = {"A": "1"}
    headers = HttpRequest("GET", URL, given_ones).headers
    given_ones["A"] = "2"

    assert headers["A"] == "1"
    with pytest.raises(TypeError):
        headers["A"] = "2"


def test_a_request_and_a_response_are_values():
    """They compare and hash by what they hold, pickle, and cannot be changed."""
    for make in (
        lambda: HttpRequest("POST", URL, {"A": "1"}, b"{}"),
        lambda: HttpResponse(202, {"A": "1"}, b"{}", 0.5),
    ):
        assert make() == make() == pickle.loads(pickle.dumps(make()))
        assert len({make(), make()}) == 1
        with pytest.raises(AttributeError):
            make().body = b"other"


def test_a_response_needs_only_a_status():
    """No headers, no body, no time, and complete."""
    response = HttpResponse(599)

    assert (response.headers, response.body, response.elapsed, response.complete) == (Headers(), b"", 0.0, True)


def test_no_repr_shows_a_secret():
    """Neither path, query, credentials, a header's value nor a body is seen; the rest is, since it helps."""
    url = f"https://{SECRET}:{SECRET}@hooks.example.com:8443/{SECRET}?key={SECRET}#{SECRET}"
    request = HttpRequest("POST", url, {"Authorization": SECRET, "Cookie": SECRET}, SECRET.encode())
    response = HttpResponse(403, {"Set-Cookie": SECRET}, SECRET.encode(), 0.5, complete=False)

    assert repr(request) == (
        "HttpRequest(method='POST', url=https://hooks.example.com:8443, headers=Headers(Authorization, Cookie), "
        "body=<6 bytes>)"
    )
    assert repr(response) == (
        "HttpResponse(status=403, headers=Headers(Set-Cookie), body=<6 bytes>, elapsed=0.5, complete=False)"
    )


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("https://hooks.example.com", "https://hooks.example.com"),
        ("HTTPS://Hooks.Example.com/in?a=b#c", "https://hooks.example.com"),
        ("http://127.0.0.1:8080/in", "http://127.0.0.1:8080"),
        ("https://user:password@h:8443/in", "https://h:8443"),
        ("https://[2001:DB8::1]:8443/in", "https://[2001:db8::1]:8443"),
        ("https://[::1]/in", "https://[::1]"),
        ("https://[::1/in", "an unreadable URL"),
        ("https://h:port/in", "an unreadable URL"),
        ("https://h:99999/in", "an unreadable URL"),
        ("https://h\u2100/in", "an unreadable URL"),  # a character that becomes a slash when it is normalized
    ],
)
def test_the_origin_of_a_url(url, expected):
    """Scheme, host and port are left of a URL, and nothing else; what cannot be read is not repeated."""
    assert origin(url) == expected


@given(WORDS, WORDS, WORDS, WORDS)
def test_no_secret_is_in_an_origin(user, password, path, query):
    """Whatever credentials, path and query a URL has, its origin is the same."""
    assert origin(f"https://{user}:{password}@h:8443/{path}?{query}") == "https://h:8443"
