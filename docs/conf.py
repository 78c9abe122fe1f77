"""How the documentation is built: Markdown pages, and the reference from the docstrings."""

from alertkit import __version__

project = "alertkit"
author = "The alertkit maintainers"
release = version = __version__
extensions = ["myst_parser", "sphinx.ext.autodoc"]
source_suffix = {".md": "markdown"}
exclude_patterns = ["_build"]
html_theme = "furo"
html_title = f"alertkit {__version__}"
myst_heading_anchors = 3
default_role = "code"
autodoc_member_order = "bysource"
autodoc_typehints = "signature"
