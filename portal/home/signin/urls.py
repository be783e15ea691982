"""Addresses of sign-in and of one's own account. What allauth offers beyond these does not exist here.

allauth looks its own pages up by name, so they keep its names.
"""

from allauth.mfa.recovery_codes.views import DownloadRecoveryCodesView
from allauth.mfa.webauthn.views import LoginWebAuthnView
from django.urls import path

from portal.home.signin import single_sign_on, views
from portal.home.views import account

SSO = "login/sso/<str:provider_id>/"
PASSKEY = "account/passkeys/<int:pk>/"
urlpatterns = [
    path("login/", views.SignIn.as_view(), name="login"),
    path("login/", views.SignIn.as_view(), name="account_login"),
    path("login/second/", views.SecondStep.as_view(), name="mfa_authenticate"),
    path("login/passkey/", LoginWebAuthnView.as_view(), name="mfa_login_webauthn"),
    path("login/closed/", views.Closed.as_view(), name="account_inactive"),
    path(SSO, single_sign_on.leave, name="openid_connect_login"),
    path(f"{SSO}back/", single_sign_on.come_back, name="openid_connect_callback"),
    path("logout/", views.SignOut.as_view(), name="logout"),
    path("password/", views.AskReset.as_view(), name="account_reset_password"),
    path("password/sent/", views.ResetSent.as_view(), name="account_reset_password_done"),
    path(
        "password/<str:uidb36>/<str:key>/",
        views.NewPassword.as_view(),
        name="account_reset_password_from_key",
    ),
    path("account/", account.account, name="account"),
    path("account/first/", account.first, name="second-factor-first"),
    path("account/sessions/end/", account.end_others, name="account-sessions-end"),
    path("account/sessions/<int:pk>/end/", account.end, name="account-session-end"),
    path("account/password/", views.ChangePassword.as_view(), name="account_change_password"),
    path("account/password/set/", views.SetPassword.as_view(), name="account_set_password"),
    path("account/confirm/", views.ConfirmByPassword.as_view(), name="account_reauthenticate"),
    path("account/confirm/code/", views.ConfirmByCode.as_view(), name="mfa_reauthenticate"),
    path("account/confirm/passkey/", views.ConfirmByPasskey.as_view(), name="mfa_reauthenticate_webauthn"),
    path("account/confirm/again/", account.again, name="sign-in-again"),
    path("account/app/", views.AddApp.as_view(), name="mfa_activate_totp"),
    path("account/app/remove/", views.RemoveApp.as_view(), name="mfa_deactivate_totp"),
    path("account/codes/", views.Codes.as_view(), name="mfa_view_recovery_codes"),
    path("account/codes/new/", views.NewCodes.as_view(), name="mfa_generate_recovery_codes"),
    path("account/codes/file/", DownloadRecoveryCodesView.as_view(), name="mfa_download_recovery_codes"),
    path("account/passkeys/new/", views.AddPasskey.as_view(), name="mfa_add_webauthn"),
    path(PASSKEY, views.RenamePasskey.as_view(), name="mfa_edit_webauthn"),
    path(f"{PASSKEY}remove/", views.RemovePasskey.as_view(), name="mfa_remove_webauthn"),
]
