from email import message_from_bytes, policy

import pytest
import time_machine

from apps.accounts.adapter import AccountAdapter
from config.mail import send_mail
from slipway.tests.site.pages.reading import Page

MAILS = [
    "already_registered",
    "choose_password",
    "email_confirmation",
    "email_confirmation_signup",
    "login_code",
    "notification",
    "reset_password",
]
# An ampersand is what escaping would break.
LINK = "https://www.example.com/reset-password/?uid=MQ&token=abc-def"
NEWS = "Grace & <b>Ada answered you."


@pytest.fixture(params=MAILS)
def mail(request, db, outbox):
    return outbox(lambda: send_mail(to="ada@example.com", template=request.param, link=LINK, text=NEWS))[0]


@pytest.fixture
def text(mail):
    return body(mail, "plain")


@pytest.fixture
def html(mail):
    return body(mail, "html")


def test_a_mail_comes_as_text_and_as_html(mail):
    assert mail.message().get_content_type() == "multipart/alternative"


def test_the_link_can_be_followed_in_both(text, html):
    assert f"\n{LINK}\n" in text
    assert set(Page(html).links) == {LINK}


def test_both_say_the_same(text, html):
    said = Page(html).text
    paragraphs = [" ".join(paragraph.split()) for paragraph in text.split("\n\n")]

    assert len(paragraphs) == 5
    for paragraph in paragraphs:
        assert paragraph in said


def test_the_subject_names_the_site(mail, text, settings):
    assert settings.SITE_NAME in mail.subject
    assert mail.subject not in text


def test_a_mail_says_why_it_comes_or_what_to_do_when_it_was_not_you(text):
    reasons = ["If you did not make", "If you did not register", "If it was not you", "because you have an account"]

    assert any(reason in text for reason in reasons)


def test_nothing_in_a_mail_comes_from_elsewhere(html):
    assert "src=" not in html
    assert "url(" not in html


def test_a_name_with_signs_is_plain_in_text_and_safe_in_html(db, outbox, settings):
    settings.SITE_NAME = "Tom & <b>Jerry"
    mail = outbox(lambda: send_mail(to="ada@example.com", template="already_registered", link=LINK))[0]

    assert mail.subject == "You have an account at Tom & <b>Jerry already"
    assert mail.body.endswith("Tom & <b>Jerry\n")
    assert "Tom &amp; &lt;b&gt;Jerry" in mail.alternatives[0].content


@pytest.mark.parametrize("mail", ["notification"], indirect=True)
def test_news_are_plain_in_text_and_safe_in_html(text, html):
    assert NEWS in text
    assert "Grace &amp; &lt;b&gt;Ada" in html


def test_one_address_gets_five_mails_of_each_kind_from_allauth(db, outbox):
    adapter, given = AccountAdapter(), {"code": "123", "activate_url": LINK}
    kinds = ["login_code", "email_confirmation"] * 7
    with time_machine.travel(1_800_000_000):
        mails = outbox(lambda: [adapter.send_mail(f"account/email/{kind}", "ada@example.com", given) for kind in kinds])

    assert len(mails) == 10


def body(mail, kind):
    """As a mail program would show it."""
    part = message_from_bytes(mail.message().as_bytes(), policy=policy.default).get_body([kind])
    assert part
    return part.get_content()
