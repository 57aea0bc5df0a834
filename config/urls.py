from django.conf import settings
from django.conf.urls.static import static
from django.contrib import admin
from django.urls import URLPattern, URLResolver, include, path, re_path

from apps.api.views import not_found

# apps/health/middleware.py answers /health/, /health/live/ and /api/health/.
urlpatterns: list[URLPattern | URLResolver] = [
    path("api/", include("apps.api.urls")),
    path("", include("apps.pages.urls")),
    path("", include("apps.accounts.page_urls")),
    path("", include("apps.notifications.pages")),
    path("account/", include("allauth.urls")),
    path(f"{settings.ADMIN_PATH}/", admin.site.urls),
    # Chat
    path("", include("apps.chat.pages")),
    # Yours
]

# Django serves uploaded files in development only; in production a proxy or a storage service does.
if settings.DEBUG:
    urlpatterns += static(settings.MEDIA_URL, document_root=settings.MEDIA_ROOT)

# Errors below /api/ are JSON. Keep this pattern the last one.
urlpatterns += [re_path("^api/", not_found)]

handler400 = "apps.pages.errors.bad_request"
handler403 = "apps.pages.errors.forbidden"
handler404 = "apps.pages.errors.not_found"
handler500 = "apps.pages.errors.server_error"
