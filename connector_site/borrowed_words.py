"""Strings of django-q2, django-axes and Django's admin that our French catalogue translates.

django-q2 and django-axes are translated in part only. Some of Django's French sentences do not fit
a name that begins with a vowel or is feminine ("Affichage de %s"). Nothing imports this module:
`make messages` reads it, and so keeps these strings in the catalogue.
"""

from __future__ import annotations

from django.utils.translation import gettext_noop as _

ADMIN = (
    _("Add %s"),
    _("Change %s"),
    _("View %s"),
    _("Select %s to change"),
    _("Select %s to view"),
    _("Cannot delete %(name)s"),
    _("Delete selected %(verbose_name_plural)s"),
)
LOCKOUTS = (
    _("access attempt expiration"),
    _("access attempt expirations"),
    _("Access Attempt"),
    _("Expires At"),
    _("User Agent"),
)
QUEUE = (
    _("Task"),
    _("Successful task"),
    _("Successful tasks"),
    _("Failed task"),
    _("Failed tasks"),
    _("Scheduled task"),
    _("Scheduled tasks"),
    _("Queued task"),
    _("Queued tasks"),
    _("Task id"),
    _("Function"),
    _("Arguments"),
    _("Keyword arguments"),
    _("Result"),
    _("Group"),
    _("Cluster"),
    _("Cluster key"),
    _("Started at"),
    _("Stopped at"),
    _("Attempt count"),
    _("Schedule Type"),
    _("Minutes"),
    _("Next Run"),
    _("Lock until"),
    _("Payload"),
    _("Biweekly"),
    _("32-character task identifier."),
    _("Optional human-readable name for lookup and display."),
    _("Dotted import path to the callable, e.g. myapp.tasks.job."),
    _("Name of the cluster that executed this task."),
    _("When the worker started executing the task."),
    _("When the worker finished (success or failure)."),
    _("False if the task raised an exception or timed out."),
    _("How many times execution was attempted."),
    _("Optional label to identify this schedule in the admin."),
    _("e.g. module.tasks.function"),
    _("How often this task should be enqueued."),
    _("Number of minutes for the Minutes type"),
    _("When this schedule runs next (stored in UTC)."),
    _("Name of the target cluster"),
    _("Prevent any cluster from pulling until"),
)
