"""From ticked profiles to a run: choose a vacancy, look at what will be sent, confirm."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import wraps
from typing import TYPE_CHECKING, Any, TypeVar, cast

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.core.paginator import Paginator
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from sync.admin.push.forms import QuestionsForm
from sync.admin.scoped import ScopedAdmin, page
from sync.exceptions import ConfigurationError, SyncError
from sync.mapping.contact import is_email_dropped
from sync.mapping.text import search_form
from sync.models import FlatchrVacancy, Profile, Run, RunKind, RunProfile, RunStatus
from sync.numbers import whole_number
from sync.services.intake.vacancies import fetch_questions
from sync.services.pushing.blocking import Blocker
from sync.services.pushing.dispatch import Dispatched
from sync.services.selection import drafts, preview
from sync.web.htmx import HtmxRequest

if TYPE_CHECKING:
    from django.contrib.auth.models import User

PUSH_PERMISSION = "sync.push_profiles"
ROWS_A_PAGE = 25
VACANCIES_OFFERED = 20
# A recruiter works on a few vacancies at a time: these are offered first.
RECENT_VACANCIES, RUNS_LOOKED_AT = 3, 50
MOST_SEARCHED = 5000
# In the session: the run that became of each draft this person confirmed.
CONFIRMED = "confirmed_drafts"
VIEWS = {"": drafts.rows, "sent": drafts.sent, "out": drafts.left_out}


V = TypeVar("V", bound=Callable[..., HttpResponse])


def of_draft(view: V) -> V:
    """The view of a draft's address; a sentence where another tab has just confirmed or discarded
    the draft."""

    @wraps(view)
    def told_where_it_is_gone(
        admin: Any, request: HttpRequest, run_id: int, **more: Any
    ) -> HttpResponse:
        try:
            return view(admin, request, run_id, **more)
        except drafts.AlreadyConfirmedError:
            return _elsewhere(request, run_id)

    return cast(V, told_where_it_is_gone)


class PushFlow(ScopedAdmin[Profile]):
    """The pages of a draft, at addresses below the profiles' list."""

    def has_push_permission(self, request: HttpRequest) -> bool:
        return request.user.has_perm(PUSH_PERMISSION)

    def _draft(self, request: HttpRequest, run_id: int) -> Run | None:
        """The draft, without the profiles its maker may no longer see; only its maker gets it.

        None where it was confirmed or discarded meanwhile. Raises PermissionDenied.
        """
        if not self.has_push_permission(request):
            raise PermissionDenied
        drafts_of_mine = Run.objects.filter(status=RunStatus.DRAFT, requested_by=request.user.pk)
        run = drafts_of_mine.select_related("vacancy__company").filter(pk=run_id).first()
        if run is not None:
            drafts.drop_unseen(run, request.user)
        return run

    # --- pages ----------------------------------------------------------------------------------

    @page("push/<int:run_id>/", name="sync_push_draft")
    @of_draft
    def draft_view(self, request: HttpRequest, run_id: int) -> HttpResponse:
        run = self._draft(request, run_id)
        if run is None:
            return _elsewhere(request, run_id)
        questions = run.vacancy.questions if run.vacancy else []
        return self._page(request, run, QuestionsForm(questions))

    def _page(self, request: HttpRequest, run: Run, form: QuestionsForm) -> HttpResponse:
        show = request.GET.get("show", "")
        rows = VIEWS.get(show, drafts.rows)(run)
        page = Paginator(rows, ROWS_A_PAGE).get_page(request.GET.get("p"))
        context = {
            **self.admin_site.each_context(request),
            "title": _("Push to Flatchr"),
            "opts": self.opts,
            "run": run,
            "counts": drafts.counts(run),
            "page": page,
            "page_range": page.paginator.get_elided_page_range(page.number),
            "rows": _lines(request, run, list(page.object_list)),
            "show": show,
            "form": form,
            **_offered_vacancies(request, run),
        }
        return TemplateResponse(request, "sync/push_draft.html", context)

    @page("push/<int:run_id>/vacancies/", name="sync_push_vacancies")
    @of_draft
    def vacancies_view(self, request: HttpRequest, run_id: int) -> HttpResponse:
        """The part of the page that lists vacancies, asked for while a person types a search."""
        run = self._draft(request, run_id)
        if run is None:
            return _elsewhere(request, run_id)
        context = {"run": run, **_offered_vacancies(request, run)}
        return TemplateResponse(request, "sync/push_vacancies.html", context)

    @page("push/<int:run_id>/exact/<int:pk>/", name="sync_push_exact")
    @of_draft
    def exact_view(self, request: HtmxRequest, run_id: int, pk: int) -> HttpResponse:
        """The exact candidate of one profile: in the drawer where htmx asks, else as a page."""
        run = self._draft(request, run_id)
        if run is None or run.vacancy is None:
            return _elsewhere(request, run_id, run)
        mine = Profile.objects.for_user(request.user).select_related("source")
        chosen = RunProfile.objects.filter(run=run, profile=pk).values("profile")
        profile = mine.filter(pk__in=chosen).first()
        if profile is None:
            if not Run.objects.filter(pk=run.pk).exists():
                return _elsewhere(request, run_id)
            raise Http404
        # The page posts the answers that are given by now; an address that is opened has none.
        form = QuestionsForm(run.vacancy.questions, request.POST or None)
        answers = form.answers() if form.is_valid() or form.is_bound else []
        context = {
            "profile": profile,
            "exact": preview.exact(run, profile, answers),
            "run": run,
            "is_unanswered": len(answers) < len(form.questions),
        }
        if request.htmx:
            return TemplateResponse(request, "sync/push_exact_body.html", context)
        context |= {**self.admin_site.each_context(request), "title": str(profile)}
        return TemplateResponse(request, "sync/push_exact.html", context)

    # --- what a click does ----------------------------------------------------------------------

    @page("push/<int:run_id>/vacancy/", name="sync_push_choose")
    @of_draft
    def choose_view(self, request: HttpRequest, run_id: int) -> HttpResponse:
        run = self._draft(request, run_id)
        if run is None or request.method != "POST":
            return _elsewhere(request, run_id, run)
        key = whole_number(request.POST.get("vacancy", "")) or 0
        vacancy = drafts.offered_vacancies(run, request.user).filter(pk=key).first()
        if vacancy is None:
            messages.error(request, _("This vacancy is no longer open. Choose another."))
        else:
            _refresh_questions(request, vacancy)
            drafts.choose_vacancy(run, vacancy)
        return redirect("admin:sync_push_draft", run.pk)

    @page("push/<int:run_id>/take/", name="sync_push_take")
    @of_draft
    def take_view(self, request: HttpRequest, run_id: int) -> HttpResponse:
        run = self._draft(request, run_id)
        if run is None or request.method != "POST":
            return _elsewhere(request, run_id, run)
        drafts.take(run, shown=request.POST.getlist("shown"), taken=request.POST.getlist("take"))
        response = redirect("admin:sync_push_draft", run.pk)
        response["Location"] += f"?{request.GET.urlencode()}" if request.GET else ""
        return response

    @page("push/<int:run_id>/confirm/", name="sync_push_confirm")
    @of_draft
    def confirm_view(self, request: HttpRequest, run_id: int) -> HttpResponse:
        run = self._draft(request, run_id)
        if run is None or request.method != "POST":
            return _elsewhere(request, run_id, run)
        offered = drafts.offered_vacancies(run, request.user)
        vacancy = offered.filter(pk=run.vacancy_id or 0).first()
        if vacancy is None:
            messages.error(request, _("This vacancy is no longer open. Choose another."))
            return redirect("admin:sync_push_draft", run.pk)
        form = QuestionsForm(vacancy.questions, request.POST)
        if not form.is_valid():
            form.focus_first_error()
            return self._page(request, run, form)
        return _push(request, run, form.answers())

    @page("push/<int:run_id>/discard/", name="sync_push_discard")
    @of_draft
    def discard_view(self, request: HttpRequest, run_id: int) -> HttpResponse:
        run = self._draft(request, run_id)
        if run is None or request.method != "POST":
            return _elsewhere(request, run_id, run)
        drafts.discard(run)
        messages.info(request, _("The selection is discarded. Nothing was sent."))
        return redirect("admin:sync_profile_changelist")


def _elsewhere(request: HttpRequest, run_id: int, run: Run | None = None) -> HttpResponse:
    """The answer of an address that cannot serve this request: it takes a form only, or the draft
    is gone. Leads to the draft `run`, or else to the run that became of it."""
    if run is not None:
        return redirect("admin:sync_push_draft", run.pk)
    confirmed = request.session.get(CONFIRMED, {}).get(str(run_id))
    if confirmed:
        there = redirect("admin:sync_run_change", confirmed)
    else:
        messages.info(request, _("This selection was pushed or discarded already."))
        there = redirect("admin:sync_profile_changelist")
    # A part of a page cannot take the place of another page: the browser has to go there.
    is_part = getattr(request, "htmx", False)
    return HttpResponse(headers={"HX-Redirect": there["Location"]}) if is_part else there


def _offered_vacancies(request: HttpRequest, run: Run) -> dict[str, Any]:
    """The context of the list of vacancies: those that fit the search, or all; first those of
    this person's latest runs."""
    query = request.GET.get("q", "").strip()
    recent: list[int] = []
    if not query:
        runs = Run.objects.filter(requested_by=request.user.pk, kind=RunKind.BATCH)
        past = runs.exclude(vacancy=None).exclude(status=RunStatus.DRAFT).order_by("-pk")
        keys = past.values_list("vacancy_id", flat=True)[:RUNS_LOOKED_AT]
        recent = list(dict.fromkeys(keys))[:RECENT_VACANCIES]
    found = _search(drafts.offered_vacancies(run, request.user), query)
    found.sort(key=lambda one: recent.index(one.pk) if one.pk in recent else RECENT_VACANCIES)
    return {
        "query": query,
        "lately": recent,
        "vacancies": found[:VACANCIES_OFFERED],
        "more_vacancies": len(found) > VACANCIES_OFFERED,
    }


def _search(vacancies: QuerySet[FlatchrVacancy], query: str) -> list[FlatchrVacancy]:
    """Vacancies that hold every word of the query, by title.

    Compared here, not by the database: databases differ over accents and capitals, and the open
    vacancies of a person are few.
    """
    words, found = search_form(query).split(), []
    if query.strip() and not words:
        return []  # Such as an emoji: nothing to search for.
    ordered = vacancies.defer("questions").order_by("title", "company__name")
    for one in ordered[:MOST_SEARCHED]:
        text = search_form(" ".join((one.title, one.reference, one.company.name, one.location)))
        if all(word in text for word in words):
            found.append(one)
    return found


def _lines(request: HttpRequest, run: Run, rows: Sequence[Any]) -> list[dict[str, Any]]:
    """The rows of the draft's table; `rows`: of `drafts.rows`, each with its `blocker`."""
    earlier = drafts.earlier_pushes(run, rows, request.user) if run.vacancy_id else {}
    lines = []
    for row in rows:
        pushes = earlier.get(row.profile_id, [])
        is_final = row.blocker in drafts.FINAL
        line = {
            "row": row,
            "profile": row.profile,
            "blocker": Blocker(row.blocker) if row.blocker else None,
            "is_final": is_final,
            "is_email_dropped": is_email_dropped(row.profile.email),
            "is_sent": not row.excluded and not is_final,
            "earlier": pushes[0] if pushes else None,
        }
        lines.append(line)
    return lines


def _refresh_questions(request: HttpRequest, vacancy: FlatchrVacancy) -> None:
    """Flatchr lists vacancies without their questions, so they are fetched for the chosen one."""
    if not vacancy.remote_id:
        return
    try:
        fetch_questions(vacancy)
    except (SyncError, ConfigurationError) as error:
        words = _("The vacancy's screening questions could not be fetched: %(problem)s")
        messages.warning(request, words % {"problem": error})


def _push(request: HttpRequest, run: Run, answers: list[dict[str, Any]]) -> HttpResponse:
    """Queue the draft's pushes, and remember what became of it for a second click.

    Raises AlreadyConfirmedError.
    """
    drafts.check_is_there(run)
    if not drafts.sent(run).exists():
        messages.warning(request, _("Nothing is ticked, so there is nothing to push."))
        return redirect("admin:sync_push_draft", run.pk)
    draft = run.pk
    results = drafts.confirm(run, user=cast("User", request.user), answers=answers)
    _tell(request, results)
    runs = [result.run.pk for result in results]
    request.session[CONFIRMED] = {**request.session.get(CONFIRMED, {}), str(draft): runs[0]}
    if len(runs) > 1:
        return redirect("admin:sync_run_changelist")
    return redirect("admin:sync_run_change", runs[0])


def _tell(request: HttpRequest, results: list[Dispatched]) -> None:
    created = sum(result.created for result in results)
    blocked = sum(len(result.blocked) for result in results)
    words = ngettext(
        "The push of %(n)d candidate has begun.", "The push of %(n)d candidates has begun.", created
    )
    if created:
        messages.success(request, words % {"n": created})
    if blocked:
        words = ngettext(
            "%(n)d was left out: somebody else pushed it meanwhile.",
            "%(n)d were left out: somebody else pushed them meanwhile.",
            blocked,
        )
        messages.warning(request, words % {"n": blocked})
    if erased := sum(len(result.erased) for result in results):
        words = ngettext(
            "%(n)d was left out: this person asked to be erased.",
            "%(n)d were left out: these people asked to be erased.",
            erased,
        )
        messages.warning(request, words % {"n": erased})
