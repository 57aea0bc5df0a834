import struct
import zlib
from io import BytesIO

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from PIL import Image

PATH = "/api/v1/users/me/avatar/"
SCRIPT = b'<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>'


@pytest.fixture(autouse=True)
def media(settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path
    return tmp_path


@pytest.fixture
def commit(django_capture_on_commit_callbacks):
    """Runs what is given, and what waits for the commit."""

    def committed(action):
        with django_capture_on_commit_callbacks(execute=True):
            return action()

    return committed


def picture(kind="PNG", size=(40, 30), mode="RGB", **options):
    drawn = BytesIO()
    Image.new(mode, size, "red").save(drawn, kind, **options)
    return drawn.getvalue()


def with_place():
    """A picture that tells where it was taken."""
    exif = Image.Exif()
    exif[0x010F] = "Secret Camera"
    return picture("JPEG", exif=exif)


def bomb():
    """The head of a PNG of 60,000 x 60,000 pixels, and a few bytes of them."""

    def chunk(kind, body):
        return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))

    head = chunk(b"IHDR", struct.pack(">IIBBBBB", 60_000, 60_000, 8, 2, 0, 0, 0))
    return b"\x89PNG\r\n\x1a\n" + head + chunk(b"IDAT", zlib.compress(b"\0" * 100_000)) + chunk(b"IEND", b"")


def send(api, content, name="me.png", method="put"):
    return getattr(api, method)(PATH, {"avatar": SimpleUploadedFile(name, content)}, format="multipart")


def files(folder):
    return [path for path in folder.rglob("*") if path.is_file()]


def kept(folder):
    (path,) = files(folder)
    return Image.open(BytesIO(path.read_bytes()))


@pytest.mark.parametrize("method", ["put", "post"])
@pytest.mark.parametrize(
    ("kind", "mode"), [("PNG", "RGB"), ("PNG", "RGBA"), ("PNG", "P"), ("JPEG", "RGB"), ("WEBP", "RGBA"), ("GIF", "P")]
)
def test_a_picture_becomes_a_webp(method, kind, mode, signed_in, media):
    answer = send(signed_in, picture(kind, mode=mode), method=method)

    assert answer.status_code == 200
    assert answer.json()["avatar"].startswith("http://testserver/media/avatars/")
    assert kept(media).format == "WEBP"


@pytest.mark.parametrize("kind", ["PNG", "JPEG"])
def test_a_large_picture_becomes_small_and_keeps_its_shape(kind, signed_in, media):
    send(signed_in, picture(kind, (3000, 1500)))

    assert kept(media).size == (512, 256)


def test_what_the_file_says_about_its_owner_is_gone(signed_in, media):
    assert b"Secret Camera" in with_place()
    send(signed_in, with_place(), "me.jpg")

    assert b"Secret" not in files(media)[0].read_bytes()
    assert not kept(media).getexif()


def test_a_picture_that_lies_on_its_side_is_put_upright(signed_in, media):
    exif = Image.Exif()
    exif[0x0112] = 6
    send(signed_in, picture("JPEG", (40, 20), exif=exif), "me.jpg")

    assert kept(media).size == (20, 40)


@pytest.mark.parametrize(
    ("name", "content"),
    [
        pytest.param("me.png", b"only text", id="text"),
        pytest.param("me.png", b"", id="nothing"),
        pytest.param("me.png", picture()[:60], id="half a PNG"),
        pytest.param("me.jpg", picture("JPEG", (400, 400))[:400], id="half a JPEG"),
        pytest.param("me.png", SCRIPT, id="a script that claims to be a PNG"),
        pytest.param("me.svg", SCRIPT, id="a script"),
        pytest.param("me.html", picture(), id="a picture that claims to be a page"),
        pytest.param("me.png", picture("BMP"), id="BMP"),
        pytest.param("me.png", bomb(), id="60,000 x 60,000"),
        pytest.param("me.png", picture(size=(6000, 5000), mode="1"), id="30 megapixels"),
    ],
)
def test_anything_else_is_refused_and_not_kept(name, content, signed_in, media):
    answer = send(signed_in, content, name)

    assert answer.status_code == 400
    assert list(answer.json()["error"]["fields"]) == ["avatar"]
    assert files(media) == []


def test_a_text_instead_of_a_file_is_refused(signed_in):
    answer = signed_in.put(PATH, {"avatar": "text"}, format="multipart")

    assert answer.status_code == 400


def test_json_is_not_taken(signed_in):
    answer = signed_in.put(PATH, {"avatar": "text"})

    assert answer.status_code == 415


def test_more_than_the_site_takes_is_refused(signed_in, settings, media):
    settings.MAX_BODY_SIZE = 1000
    answer = send(signed_in, b"x" * 1001)

    assert answer.status_code == 413
    assert answer.json()["error"]["code"] == "too_large"


def test_the_old_picture_goes_with_the_new_one(signed_in, media, commit):
    commit(lambda: send(signed_in, picture()))
    old = files(media)
    commit(lambda: send(signed_in, picture()))

    assert len(files(media)) == 1
    assert files(media) != old


def test_the_old_picture_stays_until_the_new_one_is_stored(signed_in, media, django_capture_on_commit_callbacks):
    send(signed_in, picture())
    old = files(media)[0]
    with django_capture_on_commit_callbacks():
        send(signed_in, picture())

    assert old.exists()


def test_a_refused_picture_leaves_the_old_one(signed_in, media, commit):
    commit(lambda: send(signed_in, picture()))
    commit(lambda: send(signed_in, b"only text"))

    assert len(files(media)) == 1
    assert signed_in.get("/api/v1/users/me/").json()["avatar"]


def test_removing_the_picture_deletes_the_file(signed_in, media, commit):
    commit(lambda: send(signed_in, picture()))
    answer = commit(lambda: signed_in.delete(PATH))

    assert answer.status_code == 204
    assert signed_in.get("/api/v1/users/me/").json()["avatar"] is None
    assert files(media) == []


def test_removing_no_picture_does_no_harm(signed_in):
    assert signed_in.delete(PATH).status_code == 204


def test_the_picture_goes_with_the_account(signed_in, media, commit):
    commit(lambda: send(signed_in, picture()))
    commit(lambda: signed_in.delete("/api/v1/users/me/"))

    assert files(media) == []


def test_the_picture_goes_with_an_account_deleted_in_the_admin(signed_in, user, admin_client, media, commit):
    commit(lambda: send(signed_in, picture()))
    commit(lambda: admin_client.post(f"/admin/accounts/user/{user.pk}/delete/", {"post": "yes"}))

    assert files(media) == []
