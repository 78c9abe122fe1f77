"""URLs as they may be shown and kept."""

import pytest
from hypothesis import given, strategies as st

from alertkit.webhooks._urls import masked_url, url_credentials, url_values

WORDS = st.text("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789%+-._~!$", min_size=12)


@pytest.mark.parametrize(
    ("url", "masked"),
    [
        ("https://h.example/in", "https://h.example/in"),
        ("https://h.example", "https://h.example"),
        ("HTTPS://H.example:8443/a//b;c", "HTTPS://H.example:8443/a//b;c"),
        ("https://u:p@h.example/in", "https://[hidden]@h.example/in"),
        ("https://u@h.example/in", "https://[hidden]@h.example/in"),
        ("https://@h.example/in", "https://[hidden]@h.example/in"),
        ("https://u:p@h.example/to/https://x", "https://[hidden]@h.example/to/https://x"),
        ("https://u:p@[::1]:8443/in", "https://[hidden]@[::1]:8443/in"),
        ("https://h.example/a@b/c", "https://h.example/a@b/c"),
        ("https://h.example?k=X", "https://h.example?k=[hidden]"),
        ("https://u:p@h.example?k=v@w/x", "https://[hidden]@h.example?k=[hidden]"),
        ("https://h.example/in?k=v&t=&u=w&k=x", "https://h.example/in?k=[hidden]&[hidden]&u=[hidden]&k=[hidden]"),
        ("https://h.example/in?c2VjcmV0dG9rZW4=", "https://h.example/in?[hidden]"),
        ("https://h.example/in?c2VjcmV0dG9rZW==&k==", "https://h.example/in?[hidden]&[hidden]"),
        ("https://h.example/in?=v", "https://h.example/in?=[hidden]"),
        ("https://h.example/in?k=a=b?c", "https://h.example/in?k=[hidden]"),
        ("https://h.example/in?s3cr3t", "https://h.example/in?[hidden]"),
        ("https://h.example/in?s3cr3t&k=v", "https://h.example/in?[hidden]&k=[hidden]"),
        ("https://h.example/in?", "https://h.example/in?"),
        ("https://h.example/in?&", "https://h.example/in?&"),
        ("https://h.example/in#s3cr3t", "https://h.example/in#[hidden]"),
        ("https://h.example/in#?k=v", "https://h.example/in#[hidden]"),
        ("https://h.example/in?k=v#", "https://h.example/in?k=[hidden]#"),
    ],
)
def test_what_is_hidden(url, masked):
    """Credentials, the value of every parameter and the fragment; names, the path and the host stay."""
    assert masked_url(url) == masked


@given(WORDS, WORDS, WORDS, WORDS)
def test_no_secret_is_left(user, password, value, fragment):
    """Whatever they are, they are gone, and what was hidden is known, to be looked for elsewhere."""
    url = f"https://{user}:{password}@h.example/in?key={value}#{fragment}"
    masked = masked_url(url)

    assert masked == "https://[hidden]@h.example/in?key=[hidden]#[hidden]"
    assert password in set(url_credentials(url))
    assert {value, fragment} <= set(url_values(url))


def test_the_spellings_in_which_a_secret_comes_back():
    """As it stands in the URL, decoded, and as the header that credentials become."""
    assert {"ann%2D1", "ann-1", "x"} < set(url_credentials("https://ann%2D1:x@h.example/"))
    assert set(url_credentials("https://ann:pa:55@h.example/a@b/c")) == {"pa:55", "ann:pa:55", "YW5uOnBhOjU1"}
    url = "https://ann:s%40lt@h.example/in?k=a%2Fb+c&lone%21&dG9rZW4tMTIz==&k=X#x%20y"

    assert set(url_credentials(url)) == {"s%40lt", "s@lt", "ann:s%40lt", "YW5uOnNAbHQ="}
    assert set(url_values(url)) == {
        *("a%2Fb+c", "a/b c", "lone%21", "lone!", "dG9rZW4tMTIz==", "dG9rZW4tMTIz", "X", "x%20y", "x y")
    }


@pytest.mark.parametrize("url", ["https://h.example/in", "https://[1]/in", "https://[::1]:80/a@b", "x"])
def test_a_url_without_secrets_has_none(url):
    """Nothing is looked for elsewhere; that goes for what is hardly a URL too."""
    assert set(url_credentials(url)) == set(url_values(url)) == {""}


@pytest.mark.parametrize("url", ["https://h.example#a@b", "https://h.example?a@b", "https://h.example/x://u:p@y"])
def test_what_looks_like_credentials_behind_the_host(url):
    """It is none: a fragment, a query and a path are hidden, or shown, as such."""
    assert [text for text in url_credentials(url) if text] == []


def test_credentials_before_a_path_that_looks_like_a_url():
    """They are found all the same."""
    assert "s3cr3t" in list(url_credentials("https://u:s3cr3t@h.example/://x"))
