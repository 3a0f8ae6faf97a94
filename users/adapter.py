"""How sign-in behaves for staff: nobody signs up by themself, invitations are the only way in."""

from allauth.account.adapter import DefaultAccountAdapter


class StaffAccountAdapter(DefaultAccountAdapter):
    """Closes sign-up; everything else is the library's."""

    def is_open_for_signup(self, request):
        return False
