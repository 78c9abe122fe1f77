"""
The install form in Flask: two routes.

    python examples/flask_app.py --port 8000 --secret SECRET
"""

from __future__ import annotations

from cloudflare_demo import arguments, installer, principal_of
from flask import Flask, Response, request
from flask.typing import ResponseReturnValue

from alertkit.cloudflare import account_metadata

options = arguments()
install_form = installer(options.secret)
app = Flask(__name__)
app.config["MAX_CONTENT_LENGTH"] = 1024 * 1024  # more is a 413 before any of it is kept


@app.post("/cloudflare/webhook")
def webhook() -> ResponseReturnValue:
    """Answer a hook."""
    reply = install_form.handle(body=request.get_data(), headers=request.headers)
    return Response(reply.body, reply.status, dict(reply.headers))


@app.get("/cloudflare/metadata")
def metadata() -> ResponseReturnValue:
    """Say whose account it is."""
    principal = principal_of(request.headers.get("Authorization"))
    return account_metadata(principal) if principal else ("", 401)


if __name__ == "__main__":
    app.run(host="127.0.0.1", port=options.port)
