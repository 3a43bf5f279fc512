"""Argon2id: hashes cost time and memory on purpose, and never more than the service has."""

from __future__ import annotations

import secrets
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

from argon2 import PasswordHasher, extract_parameters
from argon2.exceptions import InvalidHashError, VerificationError, VerifyMismatchError

from kit.errors import Exhausted, Invalid

#: Of the parameters that OWASP holds to be equally strong, the ones that fit: measured, the idle service takes 63 MB of
#: the 80 that it may, so that one hash of 12 MiB at a time has room, and one of 19 MiB or two at once have not.
MEMORY_KIB: Final = 12 * 1024
PASSES: Final = 3
LANES: Final = 1
#: How many hashes are computed at once; at 25 ms each that makes some forty sign-ins a second.
AT_ONCE: Final = 1
#: How long a sign-in waits for its turn, in seconds.
PATIENCE: Final = 4.0


class Passwords:
    """Makes and checks password hashes; threads share it."""

    def __init__(self, at_once: int = AT_ONCE, patience: float = PATIENCE) -> None:
        self._hasher = PasswordHasher(time_cost=PASSES, memory_cost=MEMORY_KIB, parallelism=LANES)
        self._parameters = extract_parameters(self._hasher.hash(""))
        self._turns = threading.BoundedSemaphore(at_once)
        self._patience = patience
        # Checked where there is no account, so that nobody can tell by the time that it takes.
        self._nobody = self._hasher.hash(secrets.token_urlsafe())

    def hash(self, password: str) -> str:
        """The hash in PHC form. Raises ``Exhausted`` (``sign_in_busy``)."""
        with self._turn():
            return self._hasher.hash(password)

    def proves(self, password: str, password_hash: str | None) -> bool:
        """Whether the password is the one; takes as long where there is no hash. Raises ``Exhausted``."""
        with self._turn():
            try:
                self._hasher.verify(password_hash or self._nobody, password)
            except VerifyMismatchError:
                return False
            except (VerificationError, InvalidHashError) as error:
                raise RuntimeError("a stored password hash is damaged") from error
        return password_hash is not None

    def check_hash(self, password_hash: str) -> None:
        """Raises ``Invalid`` (``password_hash_invalid``) unless it is an Argon2id hash of these parameters."""
        try:
            parameters = extract_parameters(password_hash)
        except InvalidHashError:
            parameters = None
        if parameters != self._parameters:
            raise Invalid(
                "password_hash_invalid",
                f"密码散列应为 Argon2id（m={MEMORY_KIB},t={PASSES},p={LANES}）的 PHC 格式，请重新生成。",
                field="password_hash",
            )

    @contextmanager
    def _turn(self) -> Iterator[None]:
        if not self._turns.acquire(timeout=self._patience):
            raise Exhausted("sign_in_busy", "当前登录人数过多，请稍后重试。")
        try:
            yield
        finally:
            self._turns.release()
