"""
The install form in FastAPI: two routes. The installer waits for your database, so it runs in a thread.

    python examples/fastapi_app.py --port 8000 --secret SECRET
"""

from __future__ import annotations

import uvicorn
from cloudflare_demo import arguments, installer, principal_of
from fastapi import FastAPI, Request, Response
from fastapi.concurrency import run_in_threadpool
from fastapi.responses import JSONResponse

from alertkit.cloudflare import account_metadata

options = arguments()
install_form = installer(options.secret)
app = FastAPI()
MAX_BODY = 1024 * 1024


@app.post("/cloudflare/webhook")
async def webhook(request: Request) -> Response:
    """Answer a hook."""
    body = b""
    async for piece in request.stream():
        body += piece
        if len(body) > MAX_BODY:
            break  # enough to be refused
    reply = await run_in_threadpool(install_form.handle, body=body, headers=request.headers)
    return Response(reply.body, reply.status, dict(reply.headers))


@app.get("/cloudflare/metadata")
def metadata(request: Request) -> Response:
    """Say whose account it is."""
    principal = principal_of(request.headers.get("Authorization"))
    return JSONResponse(account_metadata(principal)) if principal else Response(status_code=401)


if __name__ == "__main__":
    uvicorn.run(app, host="127.0.0.1", port=options.port, log_level="warning")
