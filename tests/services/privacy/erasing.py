"""A person with a profile, and rows that mention them."""

from __future__ import annotations

import json
from typing import Any

from django.contrib.admin.models import LogEntry
from django.contrib.contenttypes.models import ContentType
from django.contrib.sessions.backends.db import SessionStore
from django.utils import timezone
from django_q.models import OrmQ, Task
from django_q.signing import SignedPackage

from sync.models import HrFlowSource, Profile, Run, RunKind, RunProfile
from tests.conftest import World
from tests.desk import make_user
from tests.pushing import add_person

EMAIL = "zoe.quintrec@exemple.fr"
PHONE = "+33 6 91 82 73 64"
NAME = "Zoé Quintrec"
MARKS = (EMAIL, "Quintrec", "91 82 73 64")


def add_zoe(world: World, **info: Any) -> str:
    return add_person(world, "Zoé", "Quintrec", **{"email": EMAIL, "phone": PHONE, **info})


def spread(world: World, key: str) -> None:
    """Mentions of the person in places where nobody should be."""
    kind = ContentType.objects.get_for_model(Profile)
    user = make_user("colleague")
    LogEntry.objects.create(
        user=user, content_type=kind, object_id="1", object_repr=NAME, action_flag=2
    )
    now = timezone.now()
    Task.objects.create(
        id="a" * 32, name="x", func="f", started=now, stopped=now, result=f"no {EMAIL}"
    )
    OrmQ.objects.create(key="q", payload=SignedPackage.dumps({"id": "1", "args": (key,)}))
    session = SessionStore()
    session["_messages"] = json.dumps([["__json_message", 0, 20, f"{NAME} is on their way"]])
    session["_auth_user_id"] = str(user.pk)
    session.save()
    HrFlowSource.objects.filter(pk=world.source.pk).update(last_error=f"about {EMAIL}.")
    draft = Run.objects.create(kind=RunKind.BATCH, status="draft", requested_by=user)
    RunProfile.objects.create(run=draft, profile=Profile.objects.get(key=key))
