"""The accounts that operators set up: Flatchr companies and HrFlow sources."""

from __future__ import annotations

import secrets
from datetime import timedelta

from django.conf import settings
from django.core.validators import MinValueValidator
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from sync.fields import EncryptedTextField
from sync.models.circuit_breaker import CircuitBreaker
from sync.models.scope import ScopedQuerySet

EXPIRY_WARNING = timedelta(days=15)
IMPORT_DIES_AFTER = timedelta(minutes=5)


def new_token() -> str:
    """What makes the address of a webhook unguessable: 32 characters of base64url."""
    return secrets.token_urlsafe(24)


class ResumePolicy(models.TextChoices):
    """What to do with a profile that has no CV: Flatchr's create call requires one."""

    REQUIRE = "require", _("do not push without a CV")
    GENERATE = "generate", _("send a page made from the profile")


class ResumeTransport(models.TextChoices):
    DOCUMENT = "document", _("the file itself")
    LINK = "link", _("a link to the file")


class Account(CircuitBreaker):
    """What the accounts of both peers have in common."""

    name = models.CharField(_("name"), max_length=200, unique=True)
    is_active = models.BooleanField(_("active"), default=True)
    # The secret part of the address to which the peer sends its events.
    webhook_token = models.CharField(max_length=64, default=new_token, unique=True, editable=False)
    tested_at = models.DateTimeField(_("last tested"), null=True, blank=True, editable=False)
    last_error = models.CharField(_("last problem"), max_length=500, blank=True, editable=False)

    class Meta:
        abstract = True

    def __str__(self) -> str:
        return self.name


class CompanyQuerySet(ScopedQuerySet["FlatchrCompany"]):
    company_path = "pk"


class FlatchrCompany(Account):
    """A Flatchr account. https://developers.flatchr.io/docs/QuickStart/Authentification"""

    company = models.CharField(
        _("company key"),
        max_length=64,
        unique=True,
        help_text=_("16 characters; in Flatchr under Configuration > Clés."),
    )
    slug = models.SlugField(
        _("careers site"),
        max_length=120,
        blank=True,
        help_text=_("The sub-domain of the careers site, such as “avivacuisines”."),
    )
    auth = EncryptedTextField(
        _("API key"), help_text=_("In Flatchr under Configuration > Clés. Stored encrypted.")
    )
    auth_expires_on = models.DateField(
        _("API key expires on"),
        null=True,
        blank=True,
        help_text=_("An API key is valid for 365 days."),
    )
    enrich = models.BooleanField(
        _("enrich candidates"),
        default=False,
        help_text=_("Only for companies with the option “CVthèque Premium”."),
    )
    resume_policy = models.CharField(
        _("profiles without a CV"),
        max_length=10,
        choices=ResumePolicy.choices,
        default=ResumePolicy.REQUIRE,
    )
    resume_transport = models.CharField(
        _("send the CV as"),
        max_length=10,
        choices=ResumeTransport.choices,
        default=ResumeTransport.DOCUMENT,
    )
    requests_per_minute = models.PositiveIntegerField(
        _("requests a minute"),
        null=True,
        blank=True,
        validators=[MinValueValidator(1)],
        help_text=_("Shared by all workers. Empty: no limit of ours."),
    )
    contact_within_days = models.PositiveIntegerField(
        _("last contact within (days)"),
        null=True,
        blank=True,
        validators=[MinValueValidator(1)],
        help_text=_(
            "Push nobody whose consent has ended, or whose last contact is longer ago. Empty: no "
            "such rule."
        ),
    )
    members = models.ManyToManyField(
        settings.AUTH_USER_MODEL,
        verbose_name=_("members"),
        related_name="flatchr_companies",
        blank=True,
        help_text=_("They see this company, its vacancies and pushes, and nothing else."),
    )
    vacancies_synced_at = models.DateTimeField(
        _("vacancies fetched"), null=True, blank=True, editable=False
    )

    objects = CompanyQuerySet.as_manager()

    class Meta:
        verbose_name = _("Flatchr company")
        verbose_name_plural = _("Flatchr companies")
        ordering = ["name"]
        permissions = [
            ("see_all_companies", _("Can see every company")),
            ("manage_credentials", _("Can enter and change API keys")),
        ]

    @property
    def expires_in_days(self) -> int | None:
        """By the date here; negative once it has expired, None where nobody entered a date."""
        if self.auth_expires_on is None:
            return None
        return (self.auth_expires_on - timezone.localdate()).days

    @property
    def expires_soon(self) -> bool:
        """Within `EXPIRY_WARNING`, or expired already."""
        days = self.expires_in_days
        return days is not None and days <= EXPIRY_WARNING.days


class SourceQuerySet(ScopedQuerySet["HrFlowSource"]):
    source_path = "pk"


class HrFlowSource(Account):
    """A source of profiles in HrFlow.ai. https://developers.hrflow.ai/docs/sources"""

    api_user = models.EmailField(_("user e-mail"), help_text=_("Sent as X-USER-EMAIL."))
    api_secret = EncryptedTextField(
        _("API key"), help_text=_("Sent as X-API-KEY. Stored encrypted.")
    )
    source_key = models.CharField(_("source key"), max_length=64, unique=True)
    webhook_secret = EncryptedTextField(
        _("webhook secret"), blank=True, help_text=_("Verifies HrFlow's events. Stored encrypted.")
    )
    companies = models.ManyToManyField(
        FlatchrCompany,
        verbose_name=_("opened to"),
        related_name="sources",
        blank=True,
        help_text=_("The companies whose members may see and push these profiles."),
    )
    import_every_minutes = models.PositiveIntegerField(
        _("import every (minutes)"), null=True, blank=True, validators=[MinValueValidator(1)]
    )
    # Progress of the import that runs now; `import_beat_at` is null when none does.
    import_beat_at = models.DateTimeField(null=True, blank=True, editable=False)
    import_done = models.PositiveIntegerField(default=0, editable=False)
    import_total = models.PositiveIntegerField(null=True, blank=True, editable=False)
    import_cursor = models.DateTimeField(null=True, blank=True, editable=False)
    imported_at = models.DateTimeField(_("last import"), null=True, blank=True, editable=False)
    swept_at = models.DateTimeField(_("last full import"), null=True, blank=True, editable=False)
    # Of the last full import: odd profiles that it left out, and whether HrFlow has more than it
    # shows.
    import_left_out = models.PositiveIntegerField(default=0, editable=False)
    import_is_cut = models.BooleanField(default=False, editable=False)
    # In a row; and until when the schedule waits after the last of them.
    import_failures = models.PositiveSmallIntegerField(default=0, editable=False)
    import_retry_at = models.DateTimeField(null=True, blank=True, editable=False)

    objects = SourceQuerySet.as_manager()

    class Meta:
        verbose_name = _("HrFlow source")
        verbose_name_plural = _("HrFlow sources")
        ordering = ["name"]

    @property
    def is_importing(self) -> bool:
        """Whether an import has shown within `IMPORT_DIES_AFTER` that it goes on; one that has not
        is dead."""
        beat = self.import_beat_at
        return beat is not None and timezone.now() - beat < IMPORT_DIES_AFTER
