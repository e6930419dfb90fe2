"""WTForms of sign-in, set-up and profile; they check what a person typed, the statements are in ``accounts``."""

from __future__ import annotations

from typing import Any
from zoneinfo import available_timezones

from flask_wtf import FlaskForm
from wtforms import IntegerField, PasswordField, StringField
from wtforms.validators import AnyOf, DataRequired, EqualTo, Length, ValidationError

from formline.web.auth import passwords
from formline.web.i18n import LANGUAGES, gettext

THEMES = ("auto", "light", "dark")


class Translated:
    """A message that is translated when it is shown, since forms are built once."""

    def __init__(self, english: str) -> None:
        """Keep the English text."""
        self.english = english

    def __str__(self) -> str:
        """Return the text in the language of the request."""
        return gettext(self.english)

    def __mod__(self, values: Any) -> str:
        """Fill in values, as WTForms' validators do."""
        return str(str(self) % values)


def required(english: str) -> DataRequired:
    """Return the validator of a field that must be filled in."""
    return DataRequired(message=Translated(english))  # type: ignore[arg-type]


class SignInForm(FlaskForm):  # type: ignore[misc]
    """Name and password."""

    login = StringField(validators=[required("Enter your sign-in name."), Length(max=80)])
    password = PasswordField(validators=[required("Enter your password."), Length(max=passwords.MAX_LENGTH)])


class ForgottenForm(FlaskForm):  # type: ignore[misc]
    """Who wants a new password."""

    login = StringField(validators=[required("Enter your sign-in name or e-mail address."), Length(max=120)])


class CodeForm(FlaskForm):  # type: ignore[misc]
    """A one-time code, or a recovery code."""

    code = StringField(validators=[required("Enter the code."), Length(max=40)])


class MobileForm(FlaskForm):  # type: ignore[misc]
    """The number a code is sent to."""

    mobile = StringField(validators=[required("Enter your mobile number."), Length(max=40)])


class TokenForm(FlaskForm):  # type: ignore[misc]
    """A new API token: what it is for, what it may do, when it ends."""

    name = StringField(validators=[required("Say what the token is for."), Length(max=80)])
    access = StringField(validators=[AnyOf(("read", "write", "scim"))])
    days = IntegerField(validators=[AnyOf((1, 7, 30, 90, 365))])


class NewPasswordForm(FlaskForm):  # type: ignore[misc]
    """A new password, twice."""

    #: The sign-in name the password may not contain; set by the page.
    login_name = ""

    password = PasswordField(validators=[required("Enter a new password.")])
    again = PasswordField(validators=[EqualTo("password", message=Translated("The two passwords differ."))])  # type: ignore[arg-type]

    def validate_password(self, field: PasswordField) -> None:
        """Refuse weak passwords, saying why."""
        weakness = passwords.weakness(field.data or "", self.login_name)
        if weakness:
            raise ValidationError(gettext(weakness))


class ChangePasswordForm(NewPasswordForm):
    """The same with the present password, for the person's own account."""

    current = PasswordField(validators=[required("Enter your present password.")])


class SetupForm(NewPasswordForm):
    """The first administrator, by the one-time secret that ``formline init`` printed."""

    secret = StringField(validators=[required("Enter the set-up secret.")])
    name = StringField(validators=[required("Enter your name."), Length(max=80)])
    login = StringField(validators=[required("Choose a sign-in name."), Length(max=80)])


def zones() -> list[str]:
    """Return the time zones a person may choose, of places and not of offsets."""
    return sorted(zone for zone in available_timezones() if "/" in zone and not zone.startswith("Etc"))


class ProfileForm(FlaskForm):  # type: ignore[misc]
    """Language, theme and time zone of one person; an empty choice leaves it to the browser or the site."""

    language = StringField(validators=[AnyOf(["", *LANGUAGES])])
    theme = StringField(validators=[AnyOf(THEMES)])
    time_zone = StringField(validators=[AnyOf(["", *zones()])])
