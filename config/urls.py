from django.conf import settings
from django.conf.urls.static import static
from django.contrib import admin
from django.urls import URLPattern, URLResolver, include, path

# /health/, /health/live/ and /api/health/ are answered before they get here, see apps/health/middleware.py.
urlpatterns: list[URLPattern | URLResolver] = [
    path("api/", include("apps.api.urls")),
    path("", include("apps.pages.urls")),
    path("", include("apps.accounts.urls")),
    path(f"{settings.ADMIN_PATH}/", admin.site.urls),
    # Yours
]

# Celery, Channels
# Before the other addresses of the API, of which the last takes all that is left.
urlpatterns = [path("api/v1/", include("apps.preflight.urls")), *urlpatterns]

# Uploads are served by this process on your own machine only; elsewhere by a proxy or a store.
if settings.DEBUG:
    urlpatterns += static(settings.MEDIA_URL, document_root=settings.MEDIA_ROOT)

handler400 = "apps.pages.errors.bad_request"
handler403 = "apps.pages.errors.forbidden"
handler404 = "apps.pages.errors.not_found"
handler500 = "apps.pages.errors.server_error"
