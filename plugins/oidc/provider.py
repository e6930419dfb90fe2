"""OpenID Connect: the code flow with PKCE against one provider, and the checks of what it says. No page, no account."""

from __future__ import annotations

import base64
import hashlib
import hmac
import secrets
import threading
import time
from collections.abc import Mapping
from typing import Any
from urllib.parse import quote, urlencode

import orjson
from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import KeySet

from formline.errors import FormlineError
from formline.plugins.sign_in import Beginning, Identity, SignInRefusedError
from formline.runtime.outbound import Outbound

ALGORITHMS = ["RS256", "PS256", "ES256"]
SCOPES = "openid email profile"
#: Discovery and keys are read again after this many seconds.
FRESH = 600.0
#: How far the provider's clock may be off, in seconds.
LEEWAY = 60
#: Methods (RFC 8176) that mean more than a password.
SECOND_FACTORS = frozenset({"mfa", "otp", "hwk", "swk", "sms", "fpt", "face"})


class Provider:
    """One provider; thread-safe."""

    def __init__(self, issuer: str, client_id: str, client_secret: str, outbound: Outbound) -> None:
        """Keep who we are there; nothing is fetched before somebody signs in."""
        self._issuer = issuer.rstrip("/")
        self._client_id = client_id
        self._client_secret = client_secret
        self._outbound = outbound
        self._lock = threading.Lock()
        self._known: dict[str, tuple[float, dict[str, Any]]] = {}

    def begin(self, back: str) -> Beginning:
        """Return where to send the person; state, nonce and the proof key stay with their browser."""
        kept = {name: secrets.token_urlsafe(32) for name in ("state", "nonce", "verifier")}
        challenge = base64.urlsafe_b64encode(hashlib.sha256(kept["verifier"].encode()).digest()).rstrip(b"=").decode()
        query = {
            "response_type": "code",
            "client_id": self._client_id,
            "redirect_uri": back,
            "scope": SCOPES,
            "state": kept["state"],
            "nonce": kept["nonce"],
            "code_challenge": challenge,
            "code_challenge_method": "S256",
        }
        address = str(self._described()["authorization_endpoint"])
        return Beginning(f"{address}{'&' if '?' in address else '?'}{urlencode(query)}", kept)

    def finish(self, arguments: Mapping[str, str], kept: Mapping[str, str], back: str) -> Identity:
        """Exchange the code for the signed answer and check it.

        Raises:
            SignInRefusedError: anything is not as it must be.
        """
        if not hmac.compare_digest(arguments.get("state", "").encode(), kept.get("state", "").encode() or b"\0"):
            raise SignInRefusedError("the state is not the one this browser was sent with")
        # Some providers name themselves in the answer (RFC 9207): another name is a mix-up.
        if arguments.get("iss", self._issuer).rstrip("/") != self._issuer:
            raise SignInRefusedError("the answer is of another provider")
        if "code" not in arguments:
            raise SignInRefusedError(f"the provider refused: {arguments.get('error', '')[:80]}")
        claims = self._checked(self._exchanged(arguments["code"], kept.get("verifier", ""), back))
        if not hmac.compare_digest(str(claims.get("nonce", "")).encode(), kept.get("nonce", "").encode() or b"\0"):
            raise SignInRefusedError("the answer is for another attempt")
        email = str(claims.get("email") or "") if claims.get("email_verified") is True else ""
        methods = claims.get("amr") or ()
        second = isinstance(methods, list) and not SECOND_FACTORS.isdisjoint(map(str, methods))
        return Identity(f"{self._issuer} {claims['sub']}", email, second)

    def _exchanged(self, code: str, verifier: str, back: str) -> str:
        """Return the signed answer for a code."""
        form = {"grant_type": "authorization_code", "code": code, "redirect_uri": back, "code_verifier": verifier}
        headers = {"Content-Type": "application/x-www-form-urlencoded", "Accept": "application/json"}
        if self._client_secret:
            both = f"{quote(self._client_id, safe='')}:{quote(self._client_secret, safe='')}"
            headers["Authorization"] = f"Basic {base64.b64encode(both.encode()).decode()}"
        else:
            form["client_id"] = self._client_id
        address = str(self._described()["token_endpoint"])
        answer = self._outbound.request("POST", address, headers=headers, body=urlencode(form).encode())
        found = _json(answer.body)
        if answer.status != 200 or not isinstance(found.get("id_token"), str):
            raise SignInRefusedError(f"the provider did not take the code: {answer.status}")
        return str(found["id_token"])

    def _checked(self, signed: str) -> dict[str, Any]:
        """Return the claims of an answer whose signature, issuer, audience and times are right."""
        claims: dict[str, Any] = dict(self._decoded(signed))
        now = time.time()
        audience = claims.get("aud")
        several = audience if isinstance(audience, list) else [audience]
        if str(claims.get("iss", "")).rstrip("/") != self._issuer:
            raise SignInRefusedError("the answer is of another issuer")
        if self._client_id not in several or (len(several) > 1 and claims.get("azp") != self._client_id):
            raise SignInRefusedError("the answer is for another application")
        if not _number(claims, "exp", 0) > now - LEEWAY or not _number(claims, "iat", now) < now + LEEWAY:
            raise SignInRefusedError("the answer is too old or of the future")
        if not isinstance(claims.get("sub"), str) or not claims["sub"]:
            raise SignInRefusedError("the answer names nobody")
        return claims

    def _decoded(self, signed: str) -> dict[str, Any]:
        """Return the claims of a well-signed answer; keys are fetched anew once, for providers that change them."""
        address = str(self._described()["jwks_uri"])
        for fresh in (False, True):
            try:
                keys = KeySet.import_key_set(self._fetched(address, fresh=fresh))  # type: ignore[arg-type]
                return dict(jwt.decode(signed, keys, algorithms=ALGORITHMS).claims)
            except (JoseError, ValueError) as error:
                if fresh:
                    raise SignInRefusedError(f"the signature is not right: {error}") from error
        raise AssertionError("the loop ends with a value or an error")

    def _described(self) -> dict[str, Any]:
        """Return the provider's description of itself."""
        found = self._fetched(f"{self._issuer}/.well-known/openid-configuration")
        wanted = ("authorization_endpoint", "token_endpoint", "jwks_uri")
        if str(found.get("issuer", "")).rstrip("/") != self._issuer or not all(name in found for name in wanted):
            raise SignInRefusedError("the provider describes another one")
        return found

    def _fetched(self, address: str, *, fresh: bool = False) -> dict[str, Any]:
        with self._lock:
            kept = self._known.get(address)
        if kept is not None and not fresh and time.monotonic() - kept[0] < FRESH:
            return kept[1]
        try:
            answer = self._outbound.get(address, {"Accept": "application/json"})
        except FormlineError as error:
            raise SignInRefusedError(error.message) from error
        if answer.status != 200:
            raise SignInRefusedError(f"{address} answers {answer.status}")
        found = _json(answer.body)
        with self._lock:
            self._known[address] = (time.monotonic(), found)
        return found


def _json(body: bytes) -> dict[str, Any]:
    try:
        found = orjson.loads(body)
    except orjson.JSONDecodeError as error:
        raise SignInRefusedError("the provider answers no JSON") from error
    return found if isinstance(found, dict) else {}


def _number(claims: Mapping[str, Any], name: str, otherwise: float) -> float:
    value = claims.get(name, otherwise)
    return float(value) if isinstance(value, int | float) and not isinstance(value, bool) else float("nan")
