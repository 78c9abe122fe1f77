"""
The install form in Django: two views, in one file for this once.

    python examples/django_app.py --port 8000 --secret SECRET
"""

from __future__ import annotations

from wsgiref.simple_server import make_server

from cloudflare_demo import arguments, installer, principal_of
from django.conf import settings
from django.core.wsgi import get_wsgi_application
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.urls import path
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_GET, require_POST

from alertkit.cloudflare import account_metadata

options = arguments()
install_form = installer(options.secret)


@csrf_exempt  # the signature is what guards it
@require_POST
def webhook(request: HttpRequest) -> HttpResponse:
    """Answer a hook."""
    reply = install_form.handle(body=request.body, headers=request.headers)
    return HttpResponse(reply.body, status=reply.status, headers=dict(reply.headers))


@require_GET
def metadata(request: HttpRequest) -> HttpResponse:
    """Say whose account it is."""
    principal = principal_of(request.headers.get("Authorization"))
    return JsonResponse(account_metadata(principal)) if principal else HttpResponse(status=401)


urlpatterns = [path("cloudflare/webhook", webhook), path("cloudflare/metadata", metadata)]

if __name__ == "__main__":
    settings.configure(
        ROOT_URLCONF=__name__,
        ALLOWED_HOSTS=["127.0.0.1"],
        SECRET_KEY="of this example",  # noqa: S106
        DATA_UPLOAD_MAX_MEMORY_SIZE=1024 * 1024,  # more is a 400 before any of it is kept
        MIDDLEWARE=["django.middleware.csrf.CsrfViewMiddleware"],
    )
    make_server("127.0.0.1", options.port, get_wsgi_application()).serve_forever()
