from django.urls import URLPattern, URLResolver, path

from portal.documents import views

urlpatterns: list[URLPattern | URLResolver] = [
    path("<uuid:document_id>/", views.download, name="document_download"),
]
