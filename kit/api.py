"""The building blocks of the JSON API: commands done once, and bodies that say what is wrong with them.

Views stay as thin as pages are:

    class Requests(IdempotentCommand, ListAPIView):
        serializer_class = RequestRow
        filterset_class = RequestFilters
        sorts = REQUEST_LIST.sorts
        default_sort = "-filed_at"

        def get_queryset(self):
            return visible_requests(self.request.actor)

        def post(self, request):
            body = self.read(NewRequest)
            done = self.perform(lambda: submit_request(actor=request.actor, at=now(), **body))
            return self.done(RequestRow(get_request(request.actor, done.subject)).data, status=201)
"""

from collections.abc import Callable
from typing import Any

from django.utils.translation import gettext_lazy as _
from rest_framework.exceptions import ValidationError
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.serializers import IntegerField, Serializer
from rest_framework.views import APIView

from kit import idempotency
from kit.commands import NoKey, actor_key, checked_key, fingerprint_of
from kit.forms import MAX_QUANTITY

SAFE_METHODS = {"GET", "HEAD", "OPTIONS"}


class NoCommandKey(NoKey):
    """The same as for pages, said for programs."""

    message = _("The header Idempotency-Key is missing, or is not 8 to 80 printable ASCII signs.")
    remedy = _("Send a new key, such as a UUID, with every new command, and the same key when you repeat one.")


class Body(Serializer[Any]):
    """Base of what commands read: a field it does not know is refused, so a slip of spelling shows."""

    def to_internal_value(self, data: Any) -> Any:
        """The validated values; raises `ValidationError`."""
        if isinstance(data, dict) and (unknown := [name for name in data if name not in self.fields]):
            known = ", ".join(self.fields)
            message = _("There is no such field here. Fields are: %(known)s.") % {"known": known}
            raise ValidationError({name[:80]: [message] for name in unknown})
        return super().to_internal_value(data)


class WholeNumber(IntegerField):
    """A JSON integer, 1 to 10**12 unless told otherwise; a text or a fraction is refused, not bent."""

    def __init__(self, *, min_value: int = 1, max_value: int = MAX_QUANTITY, **options: Any) -> None:
        super().__init__(min_value=min_value, max_value=max_value, **options)

    def to_internal_value(self, data: Any) -> int:
        """The number; raises `ValidationError`."""
        if isinstance(data, bool) or not isinstance(data, int):
            self.fail("invalid")
        return data


class IdempotentCommand(APIView):
    """Base of views that change something: every mutating call needs an `Idempotency-Key` header.

    The call runs once; repeated with the same key and body it answers again without acting.
    """

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        """Authenticates, then demands the key; raises `NoCommandKey`."""
        super().initial(request, *args, **kwargs)
        if request.method not in SAFE_METHODS:
            try:
                self.command_key = checked_key(request.headers.get("Idempotency-Key", ""))
            except NoKey as error:
                raise NoCommandKey() from error

    def read(self, body: type[Body]) -> dict[str, Any]:
        """The validated body; raises DRF's `ValidationError`."""
        reader = body(data=self.request.data, context={"request": self.request, "view": self})
        reader.is_valid(raise_exception=True)
        return dict(reader.validated_data)

    def perform(self, act: Callable[[], Any]) -> idempotency.Performed:
        """Run `act` once under the call's key; raises what `act` raises, and `KeyReused`."""
        self.performed = idempotency.once(
            actor_key=actor_key(self.request),
            key=self.command_key,
            fingerprint=fingerprint_of(self.request.method, self.request.path, self.request.data),
            act=act,
        )
        return self.performed

    def done(self, data: Any = None, *, status: int = 200) -> Response:
        """The answer to a command; a header tells a repeated one."""
        return Response(data, status=status, headers={"Idempotency-Replayed": str(self.performed.replayed).lower()})
