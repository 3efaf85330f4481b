"""From ticked profiles to a run: choose a vacancy, look at what will be sent, confirm."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, cast

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.core.paginator import Paginator
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from sync.admin.push.forms import QuestionsForm
from sync.exceptions import ConfigurationError, SyncError
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

ROWS_A_PAGE = 25
VACANCIES_OFFERED = 20
# A recruiter works on a few vacancies at a time: these come first.
LATELY_USED, RUNS_LOOKED_AT = 3, 50
MOST_SEARCHED = 5000
CONFIRMED = "confirmed_drafts"
VIEWS = {"": "rows", "sent": "sent", "out": "left_out"}


class PushFlow:
    """The views of a draft; mixed into the profiles' admin, whose addresses they share."""

    admin_site: Any
    opts: Any

    def has_push_permission(self, request: HttpRequest) -> bool:
        raise NotImplementedError

    def push_urls(self) -> list[URLPattern]:
        view = self.admin_site.admin_view
        base = "push/<int:run_id>/"
        return [
            path(base, view(self.draft_view), name="sync_push_draft"),
            path(base + "vacancies/", view(self.vacancies_view), name="sync_push_vacancies"),
            path(base + "vacancy/", view(self.choose_view), name="sync_push_choose"),
            path(base + "take/", view(self.take_view), name="sync_push_take"),
            path(base + "exact/<int:pk>/", view(self.exact_view), name="sync_push_exact"),
            path(base + "confirm/", view(self.confirm_view), name="sync_push_confirm"),
            path(base + "discard/", view(self.discard_view), name="sync_push_discard"),
        ]

    # --- the page -------------------------------------------------------------------------------

    def draft_view(self, request: HttpRequest, run_id: int) -> HttpResponse:
        run = self._draft(request, run_id)
        if run is None:
            return _elsewhere(request, run_id)
        return self._page(request, run, QuestionsForm(_questions(run)))

    def _page(self, request: HttpRequest, run: Run, form: QuestionsForm) -> HttpResponse:
        show = request.GET.get("show", "")
        page = _page_of(request, run, VIEWS.get(show, "rows"))
        context = {
            **self.admin_site.each_context(request),
            "title": _("Push to Flatchr"),
            "opts": self.opts,
            "run": run,
            "counts": drafts.counts(run),
            "page": page,
            "page_range": page.paginator.get_elided_page_range(page.number),
            "rows": _lines(request, run, page.object_list),
            "show": show,
            "form": form,
            **self._offer(request, run),
        }
        return TemplateResponse(request, "sync/push_draft.html", context)

    def vacancies_view(self, request: HttpRequest, run_id: int) -> HttpResponse:
        """What the search box finds while one types."""
        run = self._draft(request, run_id)
        if run is None:
            raise Http404
        context = {"run": run, **self._offer(request, run)}
        return TemplateResponse(request, "sync/push_vacancies.html", context)

    def _offer(self, request: HttpRequest, run: Run) -> dict[str, Any]:
        query = request.GET.get("q", "").strip()
        found = _search(drafts.offered_vacancies(run, request.user), query)
        lately = [] if query else _lately_used(request.user.pk)
        found.sort(key=lambda one: lately.index(one.pk) if one.pk in lately else LATELY_USED)
        return {
            "query": query,
            "lately": lately,
            "vacancies": found[:VACANCIES_OFFERED],
            "more_vacancies": len(found) > VACANCIES_OFFERED,
        }

    # --- what a click does ----------------------------------------------------------------------

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

    def take_view(self, request: HttpRequest, run_id: int) -> HttpResponse:
        run = self._draft(request, run_id)
        if run is None or request.method != "POST":
            return _elsewhere(request, run_id, run)
        drafts.take(run, shown=request.POST.getlist("shown"), taken=request.POST.getlist("take"))
        response = redirect("admin:sync_push_draft", run.pk)
        response["Location"] += f"?{request.GET.urlencode()}" if request.GET else ""
        return response

    def exact_view(self, request: HtmxRequest, run_id: int, pk: int) -> HttpResponse:
        run = self._draft(request, run_id)
        if run is None or run.vacancy is None:
            return _elsewhere(request, run_id, run)
        mine = Profile.objects.for_user(request.user).select_related("source")
        chosen = RunProfile.objects.filter(run=run, profile=pk).values("profile")
        profile = mine.filter(pk__in=chosen).first()
        if profile is None:
            raise Http404
        context = {"profile": profile, "exact": preview.exact(run, profile), "run": run}
        if request.htmx:
            return TemplateResponse(request, "sync/push_exact_body.html", context)
        context |= {**self.admin_site.each_context(request), "title": str(profile)}
        return TemplateResponse(request, "sync/push_exact.html", context)

    def confirm_view(self, request: HttpRequest, run_id: int) -> HttpResponse:
        run = self._draft(request, run_id)
        if run is None or request.method != "POST":
            return _elsewhere(request, run_id, run)
        if not self._is_still_offered(request, run):
            messages.error(request, _("This vacancy is no longer open. Choose another."))
            return redirect("admin:sync_push_draft", run.pk)
        form = QuestionsForm(_questions(run), request.POST)
        if not form.is_valid():
            form.focus_first_error()
            return self._page(request, run, form)
        return self._confirmed(request, run, form.answers())

    def _is_still_offered(self, request: HttpRequest, run: Run) -> bool:
        if run.vacancy_id is None:
            return False
        return drafts.offered_vacancies(run, request.user).filter(pk=run.vacancy_id).exists()

    def _confirmed(
        self, request: HttpRequest, run: Run, answers: list[dict[str, Any]]
    ) -> HttpResponse:
        if not drafts.sent(run).exists():
            messages.warning(request, _("Nothing is ticked, so there is nothing to push."))
            return redirect("admin:sync_push_draft", run.pk)
        draft = run.pk
        try:
            results = drafts.confirm(run, user=cast("User", request.user), answers=answers)
        except drafts.AlreadyConfirmedError:
            return _elsewhere(request, draft)
        _tell(request, results)
        runs = [result.run.pk for result in results]
        request.session[CONFIRMED] = {**request.session.get(CONFIRMED, {}), str(draft): runs[0]}
        if len(runs) > 1:
            return redirect("admin:sync_run_changelist")
        return redirect("admin:sync_run_change", runs[0])

    def discard_view(self, request: HttpRequest, run_id: int) -> HttpResponse:
        run = self._draft(request, run_id)
        if run is not None and request.method == "POST":
            drafts.discard(run)
            messages.info(request, _("The selection is discarded. Nothing was sent."))
        return redirect("admin:sync_profile_changelist")

    def _draft(self, request: HttpRequest, run_id: int) -> Run | None:
        """A draft is its maker's alone, and holds what they may still see. None where it was
        confirmed or discarded meanwhile."""
        if not self.has_push_permission(request):
            raise PermissionDenied
        drafts_of_mine = Run.objects.filter(status=RunStatus.DRAFT, requested_by=request.user.pk)
        run = drafts_of_mine.select_related("vacancy__company").filter(pk=run_id).first()
        if run is not None:
            drafts.drop_unseen(run, request.user)
        return run


def _refresh_questions(request: HttpRequest, vacancy: FlatchrVacancy) -> None:
    """Lists of vacancies come without their questions, so they are asked for when one is chosen."""
    if not vacancy.remote_id:
        return
    try:
        fetch_questions(vacancy)
    except (SyncError, ConfigurationError) as error:
        words = _("The vacancy's screening questions could not be fetched: %(problem)s")
        messages.warning(request, words % {"problem": error})


def _elsewhere(request: HttpRequest, run_id: int, run: Run | None = None) -> HttpResponse:
    """Where to go from an address that only takes a form: back to the draft `run`; and from a
    draft that is no more: to what became of it."""
    if run is not None:
        return redirect("admin:sync_push_draft", run.pk)
    confirmed = request.session.get(CONFIRMED, {}).get(str(run_id))
    if confirmed:
        return redirect("admin:sync_run_change", confirmed)
    messages.info(request, _("This selection was pushed or discarded already."))
    return redirect("admin:sync_profile_changelist")


def _lately_used(user: int | None) -> list[int]:
    """The vacancies one pushed to last, newest first."""
    runs = Run.objects.filter(requested_by=user, kind=RunKind.BATCH).exclude(vacancy=None)
    past = runs.exclude(status=RunStatus.DRAFT).order_by("-pk").values_list("vacancy_id", flat=True)
    return list(dict.fromkeys(past[:RUNS_LOOKED_AT]))[:LATELY_USED]


def _search(vacancies: QuerySet[FlatchrVacancy], query: str) -> list[FlatchrVacancy]:
    """Every word somewhere, whatever its accents and capitals: databases differ over those, and
    the open vacancies of a person are few."""
    words = search_form(query).split()
    ordered = vacancies.defer("questions").order_by("title", "company__name")
    return [one for one in ordered[:MOST_SEARCHED] if all(word in _text(one) for word in words)]


def _text(vacancy: FlatchrVacancy) -> str:
    parts = (vacancy.title, vacancy.reference, vacancy.company.name, vacancy.location)
    return search_form(" ".join(parts))


def _questions(run: Run) -> list[dict[str, Any]]:
    return run.vacancy.questions if run.vacancy else []


def _page_of(request: HttpRequest, run: Run, view: str) -> Any:
    found: QuerySet[RunProfile] = getattr(drafts, view)(run)
    return Paginator(found, ROWS_A_PAGE).get_page(request.GET.get("p"))


def _lines(request: HttpRequest, run: Run, rows: Any) -> list[dict[str, Any]]:
    shown = list(rows)
    earlier = drafts.earlier_pushes(run, shown, request.user) if run.vacancy_id else {}
    return [_line(row, earlier.get(row.profile_id, [])) for row in shown]


def _line(row: Any, earlier: list[Any]) -> dict[str, Any]:
    is_final = row.blocker in drafts.FINAL
    return {
        "row": row,
        "profile": row.profile,
        "blocker": Blocker(row.blocker) if row.blocker else None,
        "is_final": is_final,
        "is_sent": not row.excluded and not is_final,
        "earlier": earlier[0] if earlier else None,
    }


def _tell(request: HttpRequest, results: list[Dispatched]) -> None:
    created = sum(result.created for result in results)
    blocked = sum(len(result.blocked) for result in results)
    words = ngettext(
        "The push of %(n)d candidate has begun.", "The push of %(n)d candidates has begun.", created
    )
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
